"""What a page's request leaves in the spans and measures: its route, never what was looked for or at."""

import json
from uuid import uuid4

import pytest
from terresante_platform.testing.measured import points, reading
from terresante_platform.testing.traced import exporter

from .visitor import Visitor

LOOKED_FOR = "DUCHEMIN"
LOOKED_AT = str(uuid4())


@pytest.mark.parametrize(
    "path",
    [
        f"/structures?q={LOOKED_FOR}",
        f"/recherche?q={LOOKED_FOR}",
        f"/structures/{LOOKED_AT}",
        f"/nulle-part/{LOOKED_FOR}",
    ],
)
async def test_no_span_holds_what_was_looked_for_or_at(claire: Visitor, path: str) -> None:
    kept = exporter()
    kept.clear()

    await claire.get(path)

    told = "".join(one.to_json() for one in kept.get_finished_spans())
    assert '"workbench"' in told
    assert LOOKED_FOR not in told
    assert LOOKED_AT not in told


async def test_no_measure_holds_what_was_looked_for(claire: Visitor) -> None:
    reading()
    await claire.get(f"/structures?q={LOOKED_FOR}")
    await claire.get(f"/nulle-part/{LOOKED_FOR}")

    told = [dict(one.attributes) for one in points("http.server.request.duration")]

    assert "/structures" in {one.get("http.route") for one in told}
    assert LOOKED_FOR not in json.dumps(told)
