"""What PromQL texts name, and what OpenTelemetry's instruments are called once they are in Prometheus."""

import re
from collections.abc import Iterator
from typing import NamedTuple

UNITS = {"s": "seconds", "By": "bytes"}
WORDS = {"and", "or", "unless", "offset", "bool", "on", "ignoring", "group_left", "group_right", "by", "without"}
_SELECTOR = re.compile(r"([a-zA-Z_:][\w:]*)\s*\{([^}]*)\}")
_MATCHER = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)")


class Selector(NamedTuple):
    """A metric as it is asked for, and the labels it is chosen by."""

    metric: str
    labels: frozenset[str]


def selectors(expression: str) -> Iterator[Selector]:
    """Every metric of an expression, those without braces too."""
    for metric, matchers in _SELECTOR.findall(expression):
        yield Selector(metric, frozenset(_MATCHER.findall(re.sub(r'"[^"]*"', '""', matchers))))
    bare = _GROUPING.sub(" ", _SELECTOR.sub(" ", expression))
    bare = re.sub(r'"[^"]*"|\[[^]]*\]|\boffset\s+\w+', " ", bare)
    for word in re.findall(r"(?<![\w.])[a-zA-Z_:][\w:]*\b(?!\s*\()", bare):
        if word not in WORDS:
            yield Selector(word, frozenset())


def groupings(expression: str) -> set[str]:
    """Labels that are kept or matched by."""
    return {one.strip() for found in _GROUPING.findall(expression) for one in found.split(",") if one.strip()}


def exported(name: str, unit: str, kind: str) -> set[str]:
    """The series of an instrument in Prometheus (OpenTelemetry's compatibility page): dots are underscores, a unit in
    words is a suffix, one in braces none; a counter ends in `_total`.
    """
    whole = name.replace(".", "_") + (f"_{UNITS[unit]}" if unit in UNITS else "")
    if kind == "histogram":
        return {f"{whole}_{suffix}" for suffix in ("bucket", "count", "sum")}
    return {f"{whole}_total" if kind in ("counter", "observable_counter") else whole}
