"""Birth names and first names, made comparable: the words, the parts that say something, the sound."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from terresante_identity.matching.arrays import Hashes, Ints, hashes_of
from terresante_identity.matching.phonetics import code
from terresante_identity.matching.text import hashed, plain
from terresante_identity.matching.variants import variant_of

# Words of a name that come and go between two writings of it, and words that clerks add to it.
PARTICLES = frozenset(
    ["D", "DE", "DU", "DES", "L", "LA", "LE", "LES", "DELA", "DEL", "DELLA", "DI", "DA", "DO", "DOS", "DAS", "VAN", "VON", "DER", "DEN", "TER", "ZU", "Y", "E", "EL", "AL", "BEN", "IBN", "BIN", "BEL", "OULD", "O", "AIT", "MC", "MAC"]
)
ADDED = frozenset(["EPOUSE", "EPSE", "EP", "NEE", "NE", "VEUVE", "VVE", "VE", "MME", "MLLE", "MR", "MONSIEUR", "MADAME", "DR"])
SHORTENED = {"SAINT": "ST", "SAINTE": "STE"}
MAX_PARTS = 3
PREFIX = 3
MAX_FIRST_NAMES = 4


@dataclass(frozen=True, slots=True)
class NameForm:
    """One name, comparable. `joined`: its letters; `parts`: what remains without particles, hashed."""

    joined: str
    core: str
    parts: tuple[int, ...]
    first_code: int
    last_code: int


@lru_cache(maxsize=400_000)
def birth_name_form(text: str) -> NameForm:
    written = [SHORTENED.get(word, word) for word in plain(text).split()]
    words = [word for word in written if word not in ADDED] or written
    parts = [word for word in words if word not in PARTICLES] or words
    core = "".join(parts)
    return NameForm(
        "".join(words),
        core,
        tuple(hashed(part) for part in parts[:MAX_PARTS]),
        _sounding(parts[0]) if parts else 0,
        _sounding(parts[-1]) if parts else 0,
    )


@dataclass(frozen=True, slots=True)
class FirstNamesForm:
    """First names as an ordered set. `joined`: all their letters; `names`: each word; `compound`: words of the first.

    JEAN-PIERRE is one first name of two words; without its hyphen nobody can tell it from two.
    """

    joined: str
    names: tuple[str, ...]
    compound: int


@lru_cache(maxsize=400_000)
def first_names_form(text: str) -> FirstNamesForm:
    names = tuple(dict.fromkeys(plain(text).split()))[:MAX_FIRST_NAMES]
    compound = len(plain(re.split(r"[\s,;/]+", text.strip(), maxsplit=1)[0]).split())
    return FirstNamesForm("".join(names), names, min(max(compound, 1), MAX_FIRST_NAMES))


@dataclass(frozen=True, slots=True)
class BirthNames:
    """Distinct birth names, one row each. Hash 0 stands for "none". `parts`: shape (rows, MAX_PARTS)."""

    joined: list[str]
    whole: Hashes
    core: Hashes
    code: Hashes
    parts: Hashes
    first_code: Hashes
    last_code: Hashes
    prefix: Hashes
    initial: Hashes
    length: Ints


@dataclass(frozen=True, slots=True)
class FirstNames:
    """Distinct lists of first names, one row each. `names`, `variants`, `starts`: shape (rows, MAX_FIRST_NAMES).

    `starts`: the first word, the first two joined, and so on; "" when there are fewer. `compound`: see the form;
    `unit`: the first first name whole, both halves of it.
    """

    joined: list[str]
    starts: list[tuple[str, ...]]
    start_hashes: Hashes
    compound: Ints
    unit: Hashes
    whole: Hashes
    names: Hashes
    variants: Hashes
    code: Hashes
    second_code: Hashes
    prefix: Hashes
    second_prefix: Hashes
    initial: Hashes


def birth_names(texts: Sequence[str]) -> BirthNames:
    forms = [birth_name_form(text) for text in texts]
    parts = [(form.parts + (0,) * MAX_PARTS)[:MAX_PARTS] for form in forms]
    return BirthNames(
        joined=[form.joined for form in forms],
        whole=hashes_of([hashed(form.joined) for form in forms]),
        core=hashes_of([hashed(form.core) for form in forms]),
        code=hashes_of([_sounding(form.core) for form in forms]),
        parts=np.array(parts, dtype=np.uint64).reshape(-1, MAX_PARTS),
        first_code=hashes_of([form.first_code for form in forms]),
        last_code=hashes_of([form.last_code for form in forms]),
        prefix=hashes_of([hashed(form.joined[:PREFIX]) for form in forms]),
        initial=hashes_of([hashed(form.joined[:1]) for form in forms]),
        length=np.array([len(form.joined) for form in forms], dtype=np.int64),
    )


def first_names(texts: Sequence[str]) -> FirstNames:
    forms = [first_names_form(text) for text in texts]
    padded = [(form.names + ("",) * MAX_FIRST_NAMES)[:MAX_FIRST_NAMES] for form in forms]
    starts = [
        tuple("".join(names[: words + 1]) if names[words] else "" for words in range(MAX_FIRST_NAMES))
        for names in padded
    ]
    return FirstNames(
        joined=[form.joined for form in forms],
        starts=starts,
        start_hashes=np.array([[hashed(start) for start in some] for some in starts], dtype=np.uint64).reshape(
            -1, MAX_FIRST_NAMES
        ),
        compound=np.array([form.compound for form in forms], dtype=np.int64),
        unit=hashes_of([hashed("".join(form.names[: form.compound])) for form in forms]),
        whole=hashes_of([hashed(form.joined) for form in forms]),
        names=np.array([[hashed(name) for name in names] for names in padded], dtype=np.uint64).reshape(
            -1, MAX_FIRST_NAMES
        ),
        variants=np.array([[hashed(variant_of(name)) for name in names] for names in padded], dtype=np.uint64).reshape(
            -1, MAX_FIRST_NAMES
        ),
        code=hashes_of([_sounding(names[0]) for names in padded]),
        second_code=hashes_of([_sounding(names[1]) for names in padded]),
        prefix=hashes_of([hashed(names[0][:PREFIX]) for names in padded]),
        initial=hashes_of([hashed(names[0][:1]) for names in padded]),
        second_prefix=hashes_of([hashed(names[1][:PREFIX]) for names in padded]),
    )


def _sounding(name: str) -> int:
    """The sound of a name, or of the head of the group it belongs to: MATT and MATTHIEU have one code."""
    return hashed(code(variant_of(name))) if name else 0
