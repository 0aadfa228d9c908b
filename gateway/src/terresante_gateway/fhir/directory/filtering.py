"""`_filter` of FHIR R4 (search_filter.html), as far as the ROR's guide uses it: comparisons joined by `and` and `or`.

Read into the ways to fit: each a list of comparisons that must all hold. `and` and `or` beside each other need
parentheses, since readers disagree on which binds closer; `not` is not known.
"""

import re
from dataclasses import dataclass
from itertools import product

from terresante_gateway.fhir.directory.query import refused

MOST_WAYS = 16
MOST_COMPARISONS = 32
DEEPEST = 8
_WORDS = re.compile(r'\(|\)|"[^"]*"|[^\s()"]+')


@dataclass(frozen=True, slots=True)
class Comparison:
    """`name operator value`, without quotes."""

    name: str
    operator: str
    value: str


Ways = list[tuple[Comparison, ...]]


def ways(text: str) -> Ways:
    """Refuses with FIELDS_INVALID what cannot be read, or has more than 16 ways to fit."""
    words = _WORDS.findall(text)
    if _WORDS.sub("", text).strip():
        raise _unreadable()
    found, rest = _joined(words, 0)
    if rest:
        raise _unreadable()
    return found


def _joined(words: list[str], depth: int) -> tuple[Ways, list[str]]:
    """Terms with one word between them, up to the end or a closing parenthesis; and what comes after."""
    found, rest = _term(words, depth)
    joint = rest[0] if rest and rest[0] in ("and", "or") else ""
    while rest and rest[0] == joint:
        more, rest = _term(rest[1:], depth)
        found = found + more if joint == "or" else [(*one, *other) for one, other in product(found, more)]
        if len(found) > MOST_WAYS or any(len(one) > MOST_COMPARISONS for one in found):
            raise refused(
                "_filter", f"{MOST_WAYS} façons de convenir au plus, de {MOST_COMPARISONS} comparaisons au plus."
            )
    if rest and rest[0] != ")":
        raise _unreadable()
    return found, rest


def _term(words: list[str], depth: int) -> tuple[Ways, list[str]]:
    if words[:1] == ["("] and depth < DEEPEST:
        found, rest = _joined(words[1:], depth + 1)
        if rest[:1] != [")"]:
            raise _unreadable()
        return found, rest[1:]
    if len(words) < 3 or any(word in ("(", ")") for word in words[:3]):
        raise _unreadable()
    name, operator, value = words[:3]
    return [(Comparison(name, operator, value.strip('"')),)], words[3:]


def _unreadable() -> Exception:
    return refused(
        "_filter", "des comparaisons « nom opérateur valeur » jointes par and ou or, entre parenthèses, sont attendues."
    )
