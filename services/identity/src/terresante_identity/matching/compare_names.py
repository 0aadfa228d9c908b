"""Levels of birth names and of first names. Texts are compared once per distinct pair, however many bear them."""

from collections.abc import Sequence

import numpy as np
from rapidfuzz.distance import OSA, JaroWinkler, Postfix, Prefix
from rapidfuzz.process import cpdist
from terresante_identity.matching.arrays import Bools, Floats, Hashes, Ints, Levels, distinct_pairs
from terresante_identity.matching.levels import BirthName, FirstName, OtherFirstNames
from terresante_identity.matching.names import BirthNames, FirstNames, Word, beginning
from terresante_identity.matching.phonetics import code

# From how many pairs on two threads are worth their start.
WORTH_THREADS = 50_000
CLOSE, NEAR, FAR, UNHEARD = 0.90, 0.82, 0.72, 0.5


def birth_name_levels(ours: BirthNames, mine: Ints, theirs: BirthNames, yours: Ints) -> Levels:
    """`mine`, `yours`: rows of the two tables, pair by pair -> `levels.BirthName` of each pair."""
    whole = ours.whole[mine], theirs.whole[yours]
    levels = np.where(whole[0] == whole[1], BirthName.EQUAL, BirthName.DIFFERENT).astype(np.int8)
    levels[(whole[0] == 0) | (whole[1] == 0)] = BirthName.MISSING
    open_pairs = np.flatnonzero(levels == BirthName.DIFFERENT)
    if len(open_pairs):
        left, right, back = distinct_pairs(mine[open_pairs], yours[open_pairs])
        levels[open_pairs] = _unequal_birth_names(ours, left, theirs, right)[back]
    return levels


def _unequal_birth_names(ours: BirthNames, mine: Ints, theirs: BirthNames, yours: Ints) -> Levels:
    texts = [ours.joined[row] for row in mine.tolist()], [theirs.joined[row] for row in yours.tolist()]
    shorter = np.minimum(ours.length[mine], theirs.length[yours])
    edits, alike, same_start, same_end = _compared(texts[0], texts[1])
    parts = ours.parts[mine], theirs.parts[yours]
    common = _in_common(*parts)
    all_common = common == np.minimum(_filled(parts[0]), _filled(parts[1]))
    same_parts = (ours.core[mine] == theirs.core[yours]) | (all_common & (_filled(parts[0]) == _filled(parts[1])))
    contained = (shorter >= 4) & ((same_start == shorter) | (same_end == shorter))
    return np.select(
        [
            same_parts,
            (edits == 1) & (shorter >= 3),
            common > 0,
            _sound_alike(texts[0], texts[1], alike),
            contained,
            (alike >= CLOSE) | ((edits == 2) & (shorter >= 6)),
            alike >= NEAR,
            alike >= FAR,
        ],
        [
            BirthName.SAME_PARTS,
            BirthName.ONE_EDIT,
            BirthName.ONE_PART,
            BirthName.SAME_SOUND,
            BirthName.CONTAINED,
            BirthName.CLOSE,
            BirthName.NEAR,
            BirthName.FAR,
        ],
        BirthName.DIFFERENT,
    ).astype(np.int8)


def first_name_levels(ours: FirstNames, mine: Ints, theirs: FirstNames, yours: Ints) -> tuple[Levels, Levels]:
    """-> (`levels.FirstName`, `levels.OtherFirstNames`) of each pair."""
    left, right, back = distinct_pairs(mine, yours)
    first, others = _distinct_first_names(ours, left, theirs, right)
    return first[back], others[back]


def _distinct_first_names(ours: FirstNames, mine: Ints, theirs: FirstNames, yours: Ints) -> tuple[Levels, Levels]:
    names = ours.names[mine], theirs.names[yours]
    levels = np.full(len(mine), FirstName.DIFFERENT, dtype=np.int8)
    words = np.maximum(ours.compound[mine], theirs.compound[yours]) - 1
    starts = ours.starts[mine, words], theirs.starts[yours, words]
    levels[(names[0][:, 0] == names[1][:, 0]) & ((starts[0] == 0) | (starts[1] == 0))] = FirstName.HALF
    levels[(starts[0] == starts[1]) & (starts[0] != 0)] = FirstName.SAME_FIRST
    levels[ours.whole[mine] == theirs.whole[yours]] = FirstName.SAME
    levels[(names[0][:, 0] == 0) | (names[1][:, 0] == 0)] = FirstName.MISSING
    unequal = np.flatnonzero(levels == FirstName.DIFFERENT)
    levels[unequal] = _unequal_first_names(ours, mine[unequal], theirs, yours[unequal])
    rest = names[0][:, 1:], names[1][:, 1:]
    common, fewest = _in_common(*rest), np.minimum(_filled(rest[0]), _filled(rest[1]))
    others = np.select(
        [fewest == 0, common == fewest, common > 0],
        [OtherFirstNames.MISSING, OtherFirstNames.SAME, OtherFirstNames.SOME],
        OtherFirstNames.NONE,
    ).astype(np.int8)
    return levels, others


def whole_beginning(words: Sequence[Word], count: int) -> str:
    """The first so many words joined; the first alone where there are not as many."""
    return beginning(words, count if len(words) >= count else 1)


def _unequal_first_names(ours: FirstNames, mine: Ints, theirs: FirstNames, yours: Ints) -> Levels:
    words = np.maximum(ours.compound[mine], theirs.compound[yours])
    firsts = _beginnings(ours, mine, words), _beginnings(theirs, yours, words)
    joined = (
        [beginning(ours.words[row]) for row in mine.tolist()],
        [beginning(theirs.words[row]) for row in yours.tolist()],
    )
    edits, alike, same_start, _ = _compared(*firsts)
    joined_edits = _distances(*joined)
    lengths = np.array([min(len(one), len(other)) for one, other in zip(*firsts, strict=True)], dtype=np.int64)
    return np.select(
        [
            ((edits == 1) & (lengths >= 4)) | ((joined_edits <= 1) & (lengths >= 3)),
            _first_among(ours.names[mine], theirs.names[yours]) & (ours.names[mine, 0] != theirs.names[yours, 0]),
            _first_among(ours.variants[mine], theirs.variants[yours]) & (ours.names[mine, 0] != theirs.names[yours, 0]),
            ours.sound[mine] == theirs.sound[yours],
            (lengths == 1) & (same_start == 1),
            (same_start == lengths) & (lengths >= 2),
            (alike >= CLOSE) | ((edits == 2) & (lengths >= 6)),
            alike >= NEAR,
        ],
        [
            FirstName.ONE_EDIT,
            FirstName.ANOTHER,
            FirstName.VARIANT,
            FirstName.SAME_SOUND,
            FirstName.INITIAL,
            FirstName.SHORTENED,
            FirstName.CLOSE,
            FirstName.NEAR,
        ],
        FirstName.DIFFERENT,
    ).astype(np.int8)


def _beginnings(names: FirstNames, rows: Ints, words: Ints) -> list[str]:
    return [whole_beginning(names.words[row], count) for row, count in zip(rows.tolist(), words.tolist(), strict=True)]


def may_be_swapped(
    ours: tuple[BirthNames, Ints, FirstNames, Ints], theirs: tuple[BirthNames, Ints, FirstNames, Ints]
) -> Bools:
    """Whether the birth name of one is, or sounds like, a first name of the other: worth comparing crosswise."""
    return _stands_for(ours[0], ours[1], theirs[2], theirs[3]) | _stands_for(theirs[0], theirs[1], ours[2], ours[3])


def _stands_for(names: BirthNames, mine: Ints, firsts: FirstNames, yours: Ints) -> Bools:
    whole = names.whole[mine]
    alike = (firsts.names[yours] == whole[:, None]).any(axis=1)
    alike |= (firsts.whole[yours] == whole) | (firsts.sound[yours] == names.first_code[mine])
    return np.asarray(alike & (whole != 0), dtype=np.bool_)


def _compared(ours: list[str], theirs: list[str]) -> tuple[Ints, Floats, Ints, Ints]:
    """Edits (OSA, at most 4), Jaro-Winkler, letters in common at the start and at the end, pair by pair."""
    workers = _workers(ours)
    return (
        _distances(ours, theirs),
        cpdist(ours, theirs, scorer=JaroWinkler.similarity, workers=workers, dtype=np.float64),
        cpdist(ours, theirs, scorer=Prefix.similarity, workers=workers, dtype=np.int64),
        cpdist(ours, theirs, scorer=Postfix.similarity, workers=workers, dtype=np.int64),
    )


def _sound_alike(ours: list[str], theirs: list[str], alike: Floats) -> Bools:
    """Whether two names sound the same; those too unlike to read (Jaro-Winkler) are not listened to."""
    heard = np.zeros(len(ours), dtype=bool)
    for pair in np.flatnonzero(alike >= UNHEARD).tolist():
        heard[pair] = code(ours[pair]) == code(theirs[pair])
    return heard


def _distances(ours: list[str], theirs: list[str]) -> Ints:
    edits: Ints = cpdist(ours, theirs, scorer=OSA.distance, score_cutoff=3, workers=_workers(ours), dtype=np.int64)
    return edits


def _workers(pairs: list[str]) -> int:
    return 2 if len(pairs) >= WORTH_THREADS else 1


def _in_common(ours: Hashes, theirs: Hashes) -> Ints:
    """How many of our words are theirs too; 0 is no word. Shapes (pairs, words)."""
    count = np.zeros(len(ours), dtype=np.int64)
    for column in range(ours.shape[1]):
        mine = ours[:, column]
        found = np.zeros(len(ours), dtype=bool)
        for other in range(theirs.shape[1]):
            found |= mine == theirs[:, other]
        count += found & (mine != 0)
    return count


def _first_among(ours: Hashes, theirs: Hashes) -> Bools:
    """Whether the first of one is anywhere in the other. Shapes (pairs, words)."""
    mine, yours = ours[:, :1], theirs[:, :1]
    found = ((theirs == mine) & (mine != 0)).any(axis=1) | ((ours == yours) & (yours != 0)).any(axis=1)
    return np.asarray(found, dtype=np.bool_)


def _filled(words: Hashes) -> Ints:
    return np.asarray(np.count_nonzero(words, axis=1), dtype=np.int64)
