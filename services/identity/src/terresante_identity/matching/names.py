"""Birth names and first names, made comparable: the words, the parts that say something, the sound."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from terresante_identity.matching.arrays import Hashes, Ints, hashes_of
from terresante_identity.matching.phonetics import code
from terresante_identity.matching.text import POWERS, hashed, joined_hash, plain
from terresante_identity.matching.variants import variant_of

# Words of a name that come and go between two writings of it, and words that clerks add to it.
PARTICLES = frozenset(
    [
        "D",
        "DE",
        "DU",
        "DES",
        "L",
        "LA",
        "LE",
        "LES",
        "DELA",
        "DEL",
        "DELLA",
        "DI",
        "DA",
        "DO",
        "DOS",
        "DAS",
        "VAN",
        "VON",
        "DER",
        "DEN",
        "TER",
        "ZU",
        "Y",
        "E",
        "EL",
        "AL",
        "BEN",
        "IBN",
        "BIN",
        "BEL",
        "OULD",
        "O",
        "AIT",
        "MC",
        "MAC",
    ]
)
ADDED = frozenset(
    ["EPOUSE", "EPSE", "EP", "NEE", "NE", "VEUVE", "VVE", "VE", "MME", "MLLE", "MR", "MONSIEUR", "MADAME", "DR"]
)
SHORTENED = {"SAINT": "ST", "SAINTE": "STE"}
MAX_PARTS = 3
NO_PARTS = (0,) * MAX_PARTS
PREFIX = 3
MAX_FIRST_NAMES = 4


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a name, and what is asked of it over and over: computed once per word, not per person."""

    text: str
    hash: int
    variant: int
    sound: int


@lru_cache(maxsize=500_000)
def word(text: str) -> Word:
    head = variant_of(text)
    return Word(text, hashed(text), hashed(head), hashed(code(head)))


def words_hash(words: Sequence[Word]) -> int:
    """The hash of words joined without a space."""
    number = 0
    for one in words:
        number = joined_hash(number, one.hash, len(one.text))
    return number


def name_words(text: str) -> list[Word]:
    """The words of a birth name, without those that clerks add to it."""
    written = [SHORTENED.get(one, one) for one in plain(text).split()]
    return [word(one) for one in written if one not in ADDED] or [word(one) for one in written]


class NameForm(NamedTuple):
    """One birth name, comparable. `core`: without particles; `parts`: hashes of its first MAX_PARTS words.

    `first_code`, `last_code`: the sound of its first and last part. Hash 0 stands for "none".
    """

    joined: str
    whole: int
    core: int
    parts: tuple[int, ...]
    first_code: int
    last_code: int
    prefix: int
    initial: int


def name_form(text: str) -> NameForm:
    """A birth name as received, made comparable."""
    words = name_words(text)
    said = [one for one in words if one.text not in PARTICLES] or words
    joined = "".join([one.text for one in words])
    whole = words_hash(words)
    return NameForm(
        joined=joined,
        whole=whole,
        core=whole if said is words else words_hash(said),
        parts=tuple([one.hash for one in said[:MAX_PARTS]]),
        first_code=said[0].sound if said else 0,
        last_code=said[-1].sound if said else 0,
        prefix=hashed(joined[:PREFIX]),
        initial=hashed(joined[:1]),
    )


@dataclass(frozen=True, slots=True)
class BirthNames:
    """Distinct birth names, one row each: the columns of `NameForm`. `parts`: shape (rows, MAX_PARTS), 0 where none."""

    joined: list[str]
    whole: Hashes
    core: Hashes
    parts: Hashes
    first_code: Hashes
    last_code: Hashes
    prefix: Hashes
    initial: Hashes
    length: Ints


def birth_names(texts: Sequence[str]) -> BirthNames:
    forms = [name_form(text) for text in texts]
    return BirthNames(
        joined=[form.joined for form in forms],
        whole=hashes_of([form.whole for form in forms]),
        core=hashes_of([form.core for form in forms]),
        parts=np.array([form.parts + NO_PARTS[len(form.parts) :] for form in forms], dtype=np.uint64).reshape(
            -1, MAX_PARTS
        ),
        first_code=hashes_of([form.first_code for form in forms]),
        last_code=hashes_of([form.last_code for form in forms]),
        prefix=hashes_of([form.prefix for form in forms]),
        initial=hashes_of([form.initial for form in forms]),
        length=np.array([len(form.joined) for form in forms], dtype=np.int64),
    )


NO_WORD = Word("", 0, 0, 0)
HYPHENS = re.compile(r"[-\u2010-\u2015'’]")


class FirstForm(NamedTuple):
    """One list of first names, comparable: an ordered set of at most MAX_FIRST_NAMES words.

    `compound`: how many words the first of the first names has. JEAN-PIERRE is one of two words; without its hyphen
    nobody can tell it from two names. `unit`: the hash of that first name whole. `rest`: hashes of the words after the
    first. `joined`: all letters.
    """

    words: tuple[Word, ...]
    compound: int
    unit: int
    rest: frozenset[int]
    joined: str


def beginning(words: Sequence[Word], count: int = MAX_FIRST_NAMES) -> str:
    """The letters of the first so many words."""
    return "".join([one.text for one in words[:count]])


def first_form(text: str) -> FirstForm:
    """A list of first names as received, made comparable."""
    words = tuple([word(one) for one in dict.fromkeys(plain(text).split())][:MAX_FIRST_NAMES])
    if not words:
        return FirstForm((), 1, 0, frozenset(), "")
    compound = max(min(_compound(text), len(words)), 1) if HYPHENS.search(text) else 1
    unit = words[0].hash if compound == 1 else words_hash(words[:compound])
    return FirstForm(words, compound, unit, frozenset([one.hash for one in words[1:]]), beginning(words))


def _compound(text: str) -> int:
    return len(plain(re.split(r"[\s,;/]+", text.strip(), maxsplit=1)[0]).split())


@dataclass(frozen=True, slots=True)
class FirstNames:
    """Distinct lists of first names, one row each: `FirstForm` for all rows at once.

    `second_sound`, `prefix`, …: of the second word, of the beginning of the first.
    """

    words: list[tuple[Word, ...]]
    whole: Hashes
    names: Hashes
    variants: Hashes
    starts: Hashes
    compound: Ints
    unit: Hashes
    sound: Hashes
    second_sound: Hashes
    prefix: Hashes
    second_prefix: Hashes
    initial: Hashes


def first_names(texts: Sequence[str]) -> FirstNames:
    rows = [tuple([word(one) for one in dict.fromkeys(plain(text).split())][:MAX_FIRST_NAMES]) for text in texts]
    padded = [(*row, *(NO_WORD,) * (MAX_FIRST_NAMES - len(row))) for row in rows]
    names = _table([[one.hash for one in row] for row in padded])
    lengths = np.array([[len(one.text) for one in row] for row in padded], dtype=np.int64).reshape(names.shape)
    starts = _starts(names, lengths)
    compound = np.array([_compound(text) if HYPHENS.search(text) else 1 for text in texts], dtype=np.int64)
    here = np.arange(len(rows))
    counts = np.array([len(row) for row in rows], dtype=np.int64)
    compound = np.clip(np.minimum(compound, counts), 1, MAX_FIRST_NAMES)
    return FirstNames(
        words=rows,
        whole=np.where(counts > 0, starts[here, np.maximum(counts - 1, 0)], np.uint64(0)),
        names=names,
        variants=_table([[one.variant for one in row] for row in padded]),
        starts=starts,
        compound=compound,
        unit=starts[here, compound - 1],
        sound=hashes_of([row[0].sound for row in padded]),
        second_sound=hashes_of([row[1].sound for row in padded]),
        prefix=hashes_of([hashed(row[0].text[:PREFIX]) for row in padded]),
        second_prefix=hashes_of([hashed(row[1].text[:PREFIX]) for row in padded]),
        initial=hashes_of([hashed(row[0].text[:1]) for row in padded]),
    )


def _table(rows: list[list[int]]) -> Hashes:
    return np.array(rows, dtype=np.uint64).reshape(-1, MAX_FIRST_NAMES)


def _starts(names: Hashes, lengths: Ints) -> Hashes:
    """`text.joined_hash` word after word, for all rows at once."""
    powers = hashes_of(POWERS)
    starts = names.copy()
    for column in range(1, names.shape[1]):
        joined = starts[:, column - 1] * powers[lengths[:, column]] + names[:, column]
        starts[:, column] = np.where(names[:, column] != 0, joined, np.uint64(0))
    return starts
