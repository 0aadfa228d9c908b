"""Every instrument that the code makes, as JSON: name, unit and kind. Run in a process of its own, since OpenTelemetry
takes one provider per process: `python tests/charts/instruments.py`.

A module that names a meter, a Gauge or a Tally is imported; what it then makes is seen by a provider that keeps names only.
"""

import json
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from opentelemetry import metrics

ROOT = Path(__file__).resolve().parents[2]
MAKES = re.compile(r"get_meter\(|= (?:measures\.)?(?:Gauge|Tally)\(")


made: list[tuple[str, str, str]] = []


class Meter(metrics.NoOpMeter):
    """Keeps what is made."""

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if not name.startswith("create_"):
            return found

        def making(instrument: str, *arguments: Any, unit: str = "", **more: Any) -> Any:
            kind = name.removeprefix("create_")
            units = [*(one for one in arguments if isinstance(one, str)), unit]
            made.append((instrument, units[0], kind))
            return found(instrument, **{key: value for key, value in more.items() if key == "callbacks"})

        return making


class Provider(metrics.NoOpMeterProvider):
    """Gives such meters."""

    def get_meter(self, name: str, *_: Any, **__: Any) -> metrics.Meter:
        return Meter(name)


def modules() -> Iterator[str]:
    """Those that make instruments."""
    for source in sorted(ROOT.glob("*/src/terresante_*/**/*.py")) + sorted(ROOT.glob("*/*/src/terresante_*/**/*.py")):
        if ".venv" not in source.parts and MAKES.search(source.read_text(encoding="utf-8")):
            parts = source.with_suffix("").parts
            yield ".".join(parts[parts.index("src") + 1 :])


def main() -> None:
    """See the module."""
    metrics.set_meter_provider(Provider())
    for name in modules():
        module = import_module(name)
        if name == "terresante_gateway.measures":
            module.Measures()
    sys.stdout.write(json.dumps(sorted(set(made))))


if __name__ == "__main__":
    main()
