"""docs/security/asvs.md is held to what there is: the tests that it names exist, and every requirement is either shown or
said not to be.
"""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security" / "asvs.md").read_text(encoding="utf-8")
AUTOMATABLE = {
    "Code and build": "1.2.4-5 1.2.9 1.3.2 1.3.12 1.5.1-2 11.3.1-2 11.4.1 11.5.1 11.6.1 12.3.2 13.2.3 13.4.1-2 15.1.2 15.2.1 15.2.3-4 15.3.2",
    "HTTP, TLS, headers": "3.2.1 3.3.1-5 3.4.1-8 3.5.1-3 3.5.6-8 3.7.2 4.1.1-4 4.2.1-5 4.4.1-4 12.1.1-4 12.2.1 12.3.1 12.3.3-5 13.4.3-6"
    " 14.2.1-2 14.2.5 14.3.1-3 15.3.4",
    "Input, files, errors": "1.1.1 1.2.1-3 1.2.10 1.3.3 1.3.6 1.3.11 1.5.3 2.2.1-3 2.3.1-4 2.4.1-2 5.2.1-6 5.3.1-3 5.4.1-3 15.2.2 15.3.1 15.3.3"
    " 15.3.5 15.3.7 15.4.2 16.4.1 16.5.1-4",
    "Login, authorisation, tokens": "6.2.1-5 6.2.8-12 6.3.1-8 6.4.1 6.4.3 6.4.6 6.5.1 6.5.4-6 6.5.8 6.6.2-3 6.7.1-2 6.8.1-2 6.8.4 7.2.1-4 7.3.1-2"
    " 7.4.1-3 7.4.5 7.5.1-3 7.6.1-2 8.2.1-3 8.3.1-3 8.4.1 9.1.1-3 9.2.1-4 10.1.1-2 10.2.1-3 10.3.1-5 10.4.1-6 10.4.8-14 10.4.16 10.5.1-5 10.6.1-2",
    "Data, logs, configuration": "11.3.3-4 13.2.1-2 13.2.4-6 14.2.4 14.2.6-8 16.2.1-5 16.3.1-4 16.4.2-3",
}
"""The requirements of ASVS 5.0.0 that a test can show on one machine, by subject."""
ROWS = re.findall(r"^\| (\d+\.\d+\.\d+) \| [^|]+ \| ([^|]+) \|$", PAGE, re.MULTILINE)


def ids(spans: str) -> list[str]:
    """`1.2.4-5 1.2.9` -> 1.2.4, 1.2.5, 1.2.9."""
    found = []
    for span in spans.split():
        section, _, numbers = span.rpartition(".")
        first, _, last = numbers.partition("-")
        found += [f"{section}.{number}" for number in range(int(first), int(last or first) + 1)]
    return found


def sections() -> dict[str, tuple[int, list[str], list[str]]]:
    """Of each subject: how many it says are shown, which, and which are not."""
    found = {}
    for title, shown, _, text in re.findall(
        r"^## ([^\n]+): (\d+) of (\d+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL
    ):
        missing = re.search(r"^Not shown: ([\d. ]+)\.$", text, re.MULTILINE)
        rows = re.findall(r"^\| (\d+\.\d+\.\d+) \|", text, re.MULTILINE)
        found[title] = (int(shown), rows, missing[1].split() if missing else [])
    return found


def test_every_requirement_is_either_shown_or_said_not_to_be() -> None:
    assert sections().keys() == AUTOMATABLE.keys()
    for title, (_, shown, missing) in sections().items():
        assert sorted(shown + missing) == sorted(ids(AUTOMATABLE[title])), title


def test_the_counts_are_those_of_the_rows() -> None:
    for title, (count, shown, _) in sections().items():
        assert count == len(shown), title
    total = sum(len(ids(spans)) for spans in AUTOMATABLE.values())
    assert total == 231
    assert f"Shown: {len(ROWS)} of {total}." in PAGE


@pytest.mark.parametrize(("requirement", "named"), ROWS)
def test_the_tests_that_a_requirement_names_exist(requirement: str, named: str) -> None:
    tests = re.findall(r"`([\w/]+\.py)::(\w+)`", named)
    assert tests and len(tests) == named.count("`") // 2, requirement
    for file, name in tests:
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        assert name in {
            node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }, name


def test_what_is_told_of_the_missing_is_of_the_missing() -> None:
    missing = {id for _, _, others in sections().values() for id in others}
    assert set(re.findall(r"^- (\d+\.\d+\.\d+): ", PAGE, re.MULTILINE)) <= missing
