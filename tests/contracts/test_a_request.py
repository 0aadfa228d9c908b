"""docs/a-request.md names files and names in them: each of them exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROWS = re.findall(r"`([\w/.-]+\.py)` · `(\w+)`", (ROOT / "docs" / "a-request.md").read_text(encoding="utf-8"))


def test_the_page_names_its_twenty_one_places() -> None:
    assert len(ROWS) == 21


@pytest.mark.parametrize(("file", "name"), ROWS)
def test_what_the_page_names_is_there(file: str, name: str) -> None:
    code = (ROOT / file).read_text(encoding="utf-8")
    assert re.search(rf"^\s*(async def|def|class) {name}\b", code, re.MULTILINE), f"{name} is not in {file}"
