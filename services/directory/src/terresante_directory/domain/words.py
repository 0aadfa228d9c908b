"""Texts that people type: what is accepted, how it is kept, and how it is found again without accents."""

import re
import unicodedata

from terresante_platform.refusals import Invalid

SPACES = re.compile(r"\s+")
NOT_A_WORD = re.compile(r"[^0-9a-z]+")
LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "đ": "d", "ł": "l"})
NAME_MARKS = frozenset(" -'’.")
MAX_NAME = 100
MAX_SEARCH_WORDS = 8


class ProfessionalNameInvalid(Invalid):
    reason = "PROFESSIONAL_NAME_INVALID"


def tidy(text: str) -> str:
    """One way of writing it: composed characters (NFC), single spaces, none at the ends."""
    return SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip()


def is_readable(text: str) -> bool:
    """Whether no character is a control, invisible, turns the direction or is unassigned (Unicode C*)."""
    return not any(unicodedata.category(character).startswith("C") for character in text)


def person_name(text: str) -> str:
    """A family or given name as kept: letters with accents, spaces, hyphens, apostrophes and full stops.

    Raises `ProfessionalNameInvalid` for anything else, for a name without a letter or over 100 characters.
    """
    name = tidy(text)
    letters = [unicodedata.category(character)[0] in "LM" for character in name]
    allowed = all(letter or mark in NAME_MARKS for letter, mark in zip(letters, name, strict=True))
    if not any(letters) or not allowed or len(name) > MAX_NAME:
        raise ProfessionalNameInvalid(
            "Un nom a des lettres, espaces, traits d’union et apostrophes, 100 caractères au plus.",
            "Vérifiez le nom et le prénom, sans chiffre ni autre signe.",
        )
    return name


def search_words(text: str) -> list[str]:
    """The words of a text as they are compared: lower case, without accents, letters a-z and digits only."""
    folded = unicodedata.normalize("NFKD", text.casefold().translate(LIGATURES))
    bare = "".join(character for character in folded if not unicodedata.combining(character))
    return [word for word in NOT_A_WORD.split(bare) if word]


def search_column(*texts: str) -> str:
    """What is kept beside a name to find it: a space before each word, so that ' dup' begins a word."""
    return "".join(f" {word}" for text in texts for word in search_words(text))


def searched(text: str) -> list[str]:
    """The beginnings of words that a search asks for, all of which must be found; at most 8 are looked at."""
    return search_words(text)[:MAX_SEARCH_WORDS]
