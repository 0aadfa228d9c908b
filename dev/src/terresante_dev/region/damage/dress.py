"""How a name looks once typed: capitals, accents, ligatures, hyphens and apostrophes. Nothing here is an error."""

from __future__ import annotations

import re
from functools import cache
from random import Random

from terresante_dev.region.making.spelling import registered
from terresante_dev.region.vocabulary import vocabulary

# Where French surnames bear an accent, or a ligature, although registers keep none.
ACCENTS = (
    ("ieres?$", "ière"), ("evre$", "èvre"), ("^gueri", "guéri"), ("^le([gv])er$", r"lé\1er"), ("(?<=[a-z])ee$", "ée"),
    ("^be([nr])ard$", r"bé\1ard"), ("aitre", "aître"), ("ote$", "ôte"), ("^ches?n", "chên"), ("cois$", "çois"),
    ("oeu", "œu"), ("ere$", "ère"), ("^prev", "prév"), ("^me([nr])", r"mé\1"),
)  # fmt: skip


def dressed(name: str, letters: str, joints: str, luck: Random) -> str:
    """`letters`: upper, lower or accents (as a family writes it); `joints`: kept, space or glued."""
    if joints != "kept":
        between = " " if joints == "space" else ""
        name = name.replace("--", "-").replace("-", between).replace("'", between)
    if letters == "upper":
        return registered(name) or name.upper()
    if letters == "lower":
        return name.lower()
    if luck.random() < 0.2:
        name = name.replace("'", "’")
    return " ".join(_accented(part) for part in name.split(" ")) if name.isupper() else name


def _accented(part: str) -> str:
    if part in _first_names():
        return _first_names()[part]
    lower = part.lower()
    for plain, accented in ACCENTS:
        lower = re.sub(plain, accented, lower)
    return re.sub(r"\w+", lambda word: word[0].capitalize(), lower)


@cache
def _first_names() -> dict[str, str]:
    """Surnames that are first names are spelt as these: François, André, Rémy."""
    words = vocabulary()
    return {
        plain: name for plain, name in zip(words.given_registered, words.given, strict=True) if plain != name.upper()
    }
