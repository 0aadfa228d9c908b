"""Text as received -> words in A-Z: what two spellings of one name are compared by.

Nothing is refused here (that is `domain.names`, for what people type): sources are kept as they came, and what can be
compared is compared. Case, accents (composed or not), ligatures, hyphens, apostrophes and doubled spaces make no
difference; digits and signs count as nothing; letters of other alphabets stay as they are.
"""

import unicodedata
from functools import lru_cache
from hashlib import blake2b

MAX_LENGTH = 100
# Letters whose decomposition (NFKD) has no A-Z base, as machine-readable zones write them (ICAO 9303).
REWRITTEN = str.maketrans(
    {"Œ": "OE", "Æ": "AE", "Ø": "O", "Ł": "L", "Đ": "D", "Ð": "D", "Þ": "TH", "ẞ": "SS", "ß": "SS", "Ħ": "H", "Ŋ": "N"}
    | {"ı": "I", "Ə": "E", "ſ": "S", "İ": "I"}
)


def plain(text: str) -> str:
    """Words in capitals without accents, one space between; "" when nothing in it is a letter.

    Cut at `MAX_LENGTH` characters: a longer one is a field filled by mistake, and its beginning says as much.
    """
    upper = text[: 4 * MAX_LENGTH].upper()
    if not upper.isascii():
        decomposed = unicodedata.normalize("NFKD", upper.translate(REWRITTEN))
        upper = "".join(character for character in decomposed if not unicodedata.combining(character))
    if upper.isalpha():
        return upper[:MAX_LENGTH]
    spaced = "".join(character if character.isalpha() else _gap(character) for character in upper)
    return " ".join(spaced.split())[:MAX_LENGTH].rstrip()


def _gap(character: str) -> str:
    return "" if character.isdigit() else " "


@lru_cache(maxsize=400_000)
def hashed(text: str) -> int:
    """64 bits of a text, the same on every machine and day: what keys are made of. "" is 0: nothing to compare."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little") if text else 0
