"""Finding words in what was written: beginnings of words, without case, accents or ligatures. Words and rules only."""

import re
import unicodedata
from dataclasses import dataclass

from terresante_platform.refusals import Invalid

from terresante_messaging.domain.items import Appointment, Form, Item, Task

SHORTEST = 2
LONGEST = 100
_LIGATURES = str.maketrans(
    {"œ": "oe", "æ": "ae", "ø": "o", "đ": "d", "ł": "l", "\u00ad": "", "\u200d": "", "\u200c": ""}
)
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one call looks at."""

    most: int = 20_000
    """Messages."""
    seconds: float = 1.5
    at_once: int = 1_000
    """Messages fetched together, and opened in one turn."""


class SearchInvalid(Invalid):
    """Nothing that can be looked for."""

    reason = "SEARCH_INVALID"


def folded(text: str) -> str:
    """The words of a text in their plainest form, each after a space: `" oeuf a 38 5"`."""
    if not text.isascii():
        text = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
        text = text.casefold().translate(_LIGATURES)
    else:
        text = text.lower()
    return "".join(f" {word}" for word in _WORD.findall(text))


def words(query: str) -> tuple[str, ...]:
    """What to look for: the query's words, each as it begins. Refuses with SEARCH_INVALID."""
    found = tuple(dict.fromkeys(f" {word}" for word in folded(query).split()))
    if not SHORTEST <= len(query) <= LONGEST or not found or sum(map(len, found)) - len(found) < SHORTEST:
        raise SearchInvalid(
            "Une recherche compte de 2 à 100 caractères, dont un mot.", "Précisez ce que vous cherchez."
        )
    return found


def matches(text: str, item: Item | None, wanted: tuple[str, ...]) -> bool:
    """Whether all the words stand in what a message says, or asks for."""
    said = folded(" ".join((text, *_of_item(item))) if item else text)
    return all(word in said for word in wanted)


def _of_item(item: Item | None) -> tuple[str, ...]:
    match item:
        case Task():
            return (item.what,)
        case Appointment():
            return (item.what, item.where)
        case Form():
            return (item.what, *(one.question for one in item.questions))
        case _:
            return ()
