"""Text as received -> words in A-Z: what two spellings of one name are compared by.

Nothing is refused here (that is `domain.names`, for what people type): sources are kept as they came, and what can be
compared is compared. Case, accents (composed or not), ligatures, hyphens, apostrophes and doubled spaces make no
difference; digits and signs count as nothing; letters of other alphabets stay as they are.
"""

import unicodedata
from functools import lru_cache

MAX_LENGTH = 100
# Letters whose decomposition (NFKD) has no A-Z base, as machine-readable zones write them (ICAO 9303).
REWRITTEN = str.maketrans(
    {"Œ": "OE", "Æ": "AE", "Ø": "O", "Ł": "L", "Đ": "D", "Ð": "D", "Þ": "TH", "ẞ": "SS", "ß": "SS", "Ħ": "H", "Ŋ": "N"}
    | {"ı": "I", "Ə": "E", "ſ": "S", "İ": "I"}
)


# What stands between words, and what counts as nothing.
ASCII = {code: " " for code in range(128) if not chr(code).isalpha()} | {ord(digit): None for digit in "0123456789"}


def plain(text: str) -> str:
    """Words in capitals without accents, one space between; "" when nothing in it is a letter.

    Cut at `MAX_LENGTH` characters: a longer one is a field filled by mistake, and its beginning says as much.
    """
    upper = text[: 4 * MAX_LENGTH].upper()
    if not upper.isascii():
        decomposed = unicodedata.normalize("NFKD", upper.translate(REWRITTEN))
        kept = (character for character in decomposed if not unicodedata.combining(character))
        upper = "".join(character if character.isalpha() or character.isascii() else " " for character in kept)
    if upper.isalpha():
        return upper[:MAX_LENGTH]
    if upper.isascii() and upper.replace(" ", "").isalpha():
        return " ".join(upper.split())[:MAX_LENGTH].rstrip()
    return " ".join(upper.translate(ASCII).split())[:MAX_LENGTH].rstrip()


BASE = 0x100000001B3
MASK = (1 << 64) - 1
POWERS = tuple([pow(BASE, letters, 1 << 64) for letters in range(MAX_LENGTH + 1)])


@lru_cache(maxsize=400_000)
def hashed(text: str) -> int:
    """64 bits of a text, the same on every machine and day: what keys are made of. "" is 0: nothing to compare.

    A polynomial, so that the hash of two words joined follows from theirs: see `joined_hash`.
    """
    number = 0
    for character in text:
        number = (number * BASE + ord(character)) & MASK
    return number


def joined_hash(one: int, other: int, letters: int) -> int:
    """The hash of two texts joined; `letters`: the length of the second."""
    return (one * POWERS[letters] + other) & MASK
