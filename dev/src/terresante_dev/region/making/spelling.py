"""Names as a civil register writes them: A–Z, space, hyphen, apostrophe (domain: traits of the RNIV)."""

from __future__ import annotations

import re
import unicodedata

REGISTERED = re.compile(r"^[A-Z]+(?:(?:-{1,2}|[' ])[A-Z]+)*$")
_LETTERS = str.maketrans({"Œ": "OE", "Æ": "AE", "ß": "SS", "Đ": "D", "Ł": "L", "Ø": "O", "İ": "I", "’": "'", "Þ": "TH"})


def registered(name: str) -> str:
    """The name in capitals without accents or ligatures, or empty when it does not fit the alphabet then."""
    capitals = name.upper().translate(_LETTERS)
    plain = "".join(one for one in unicodedata.normalize("NFD", capitals) if not unicodedata.combining(one))
    return plain if REGISTERED.match(plain) else ""
