"""Finding as one types: by beginnings of words, by numbers, and with one typing error borne."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

NUMBER = re.compile(r"[0-9]{4,14}|2[ab][0-9]{2,7}")
SHORTEST_MISTYPED = 4
"""A word of fewer letters is too near to too many others."""
MOST_MEANT = 3
"""Words that are looked for in place of a mistyped one."""
SHORTEST_INSIDE = 3
"""A word of fewer letters is looked for at the beginning of names only: no index finds it elsewhere."""
KINDS = ("territory", "commune", "structure", "offer", "professional")


class Match(IntEnum):
    """How well something matches, best first."""

    NUMBER = 0
    BEGINS = 1
    INSIDE = 2
    MISTYPED = 3


@dataclass(frozen=True, slots=True, repr=False)
class Hit:
    """Something found. `detail`: what tells it from others."""

    kind: str
    id: str
    label: str
    detail: str
    territory: str
    match: Match

    def __repr__(self) -> str:
        return f"Hit({self.kind}, {self.id})"


@dataclass(frozen=True, slots=True)
class Typed:
    """What is looked for: beginnings of words, a number that it may be, of which kinds, where, how many of each.

    `mistyped`: the words are others than were typed, which are not found.
    """

    words: Sequence[str]
    number: str
    kinds: frozenset[str]
    territory: str
    limit: int
    mistyped: bool = False

    @property
    def has_inside(self) -> bool:
        """Whether it can be looked for elsewhere than at the beginning."""
        return any(len(word) >= SHORTEST_INSIDE for word in self.words)


def number(text: str) -> str:
    """The beginning of a national number that was typed, if it looks like one; else blank."""
    compact = re.sub(r"[ \u00a0\u202f.]", "", text).lower()
    return compact.upper() if NUMBER.fullmatch(compact) else ""


def meant(typed: str, known: Iterable[str]) -> list[str]:
    """Those of the known words that begin as typed but for one letter wrong, missing, too many or two exchanged."""
    if len(typed) < SHORTEST_MISTYPED:
        return []
    one_wrong = re.compile("|".join(_variants(typed)))
    return [word for word in known if one_wrong.match(word)][:MOST_MEANT]


def best(hits: Iterable[Hit], limit: int) -> list[Hit]:
    """The best first; of the same quality, the first of each kind before the second ones."""
    seen: dict[str, int] = {}
    ranked = []
    for hit in hits:
        seen[hit.kind] = seen.get(hit.kind, 0) + 1
        ranked.append(((hit.match, seen[hit.kind], KINDS.index(hit.kind)), hit))
    return [hit for _, hit in sorted(ranked, key=lambda pair: pair[0])[:limit]]


def _variants(word: str) -> list[str]:
    """Patterns of its beginnings with one error."""
    places = range(len(word))
    wrong = [f"{word[:at]}.{word[at + 1 :]}" for at in places]
    too_many = [word[:at] + word[at + 1 :] for at in places]
    missing = [f"{word[:at]}.{word[at:]}" for at in places]
    exchanged = [word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :] for at in places if at > 0]
    return list(dict.fromkeys([*wrong, *too_many, *missing, *exchanged]))
