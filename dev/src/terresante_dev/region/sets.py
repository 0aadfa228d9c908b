"""The sets: look-ups with their truth, labelled pairs to fit on, deliveries to deduplicate."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import numpy as np

from terresante_dev.region.feeders import chosen, mistype
from terresante_dev.region.luck import luck as luck_of
from terresante_dev.region.making.spelling import registered
from terresante_dev.region.registry import Chunk, Registry
from terresante_dev.region.relatives import relatives, typed
from terresante_dev.region.typed import Typed
from terresante_dev.region.vocabulary import Ints

Row = tuple[str, ...]
# The table: 60 % with one to three errors, 15 % clean, 25 % absent, two thirds of these relatives.
DAMAGED, CLEAN, ABSENT, RELATED = 0.60, 0.15, 0.25, 2 / 3
ERRORS_OF_DAMAGED = (0, 0.55, 0.32, 0.13)
ERRORS_OF_ABSENT = (0.45, 0.33, 0.16, 0.06)
MANY_CHUNKS = 40  # look-ups in a larger registry are drawn from this many of its chunks
SENT_AGAIN = (0.88, 0.10, 0.02)  # once, twice, thrice in one delivery
ERRORS_OF_PAIRS = (0.2, 0.44, 0.26, 0.10)
ERRORS_OF_DELIVERED = (0.62, 0.25, 0.10, 0.03)
PAIRS_MATCHING = 0.4
HARD = {"twins": 0.1, "siblings": 0.2, "same_name": 0.1, "same_date": 0.15, "random": 0.05}  # the rest: relatives


def queries(registry: Registry, count: int, seed: int) -> Iterator[tuple[Row, Row]]:
    """Pairs (query row, truth row): query_id, birth_name, first_names, birth_date, sex, birth_place; and query_id,
    person_id, relation, relative_id, feeder, errors. Same arguments, same rows.
    """
    rng = np.random.default_rng([seed, 71])
    luck = luck_of("queries", seed)
    chunks = len(registry)
    picked = sorted(rng.permutation(chunks)[:MANY_CHUNKS].tolist())
    kinds = rng.permutation(np.array(_kinds(count), dtype=object))
    made: list[tuple[Row, Row]] = []
    for number, wanted in zip(picked, np.array_split(kinds, len(picked)), strict=True):
        made += _looked_up(rng, luck, registry.chunk(number), list(wanted), seed)
    order = rng.permutation(len(made))
    for at, place in enumerate(order):
        query, truth = made[place]
        name = f"Q{at:07d}"
        yield (name, *query), (name, *truth)


def _kinds(count: int) -> list[str]:
    damaged, clean = round(count * DAMAGED), round(count * CLEAN)
    absent = count - damaged - clean
    related = round(absent * RELATED)
    return ["damaged"] * damaged + ["clean"] * clean + ["relative"] * related + ["stranger"] * (absent - related)


def _looked_up(
    rng: np.random.Generator, luck: Random, chunk: Chunk, kinds: list[str], seed: int
) -> list[tuple[Row, Row]]:
    people = rng.permutation(len(chunk))
    related = kinds.count("relative")
    if len(kinds) + related > len(people):
        raise ValueError("more look-ups than persons to look up")
    known: set[Row] = {(name, first.split(" ")[0], date, sex) for _, name, first, date, sex, _ in chunk.rows()}
    relative = _unregistered(_relatives(rng, chunk, people[: 2 * related]), known)
    stranger = _unregistered(_strangers(rng, chunk), known)
    others = iter(people[2 * related :])
    found: list[tuple[Row, Row]] = []
    for kind in kinds:
        if kind in ("relative", "stranger"):
            who, truth = next(relative if kind == "relative" else stranger)
            errors = _some(ERRORS_OF_ABSENT, luck)
        else:
            row = next(others)
            who, truth = typed(chunk, row), (chunk.ids[row], "", "")
            errors = 0 if kind == "clean" else _some(ERRORS_OF_DAMAGED, luck)
        feeder = chosen(seed, luck)
        mistype(who, feeder, errors, luck)
        found.append((traits(who), (*truth, feeder.name, " ".join(who.errors))))
    return found


def _relatives(rng: np.random.Generator, chunk: Chunk, rows: Ints) -> Iterator[tuple[Typed, Row]]:
    for row, (relation, who) in zip(rows, relatives(rng, chunk, rows), strict=True):
        yield who, ("", relation, chunk.ids[row])


def _strangers(rng: np.random.Generator, chunk: Chunk) -> Iterator[tuple[Typed, Row]]:
    if chunk.spare is not None:
        for row in rng.permutation(len(chunk.spare)):
            yield typed(chunk.spare, row), ("", "", "")


def _unregistered(found: Iterator[tuple[Typed, Row]], known: set[Row]) -> Iterator[tuple[Typed, Row]]:
    """Those whose name, first name, date and sex nobody of the chunk has: nobody could tell the others apart."""
    for who, truth in found:
        if (who.birth_name, registered(who.given[0]), who.date(), who.sex) not in known:
            yield who, truth


def traits(who: Typed) -> Row:
    """birth_name, first_names, birth_date, sex, birth_place."""
    return who.birth_name, " ".join(who.given), who.date(), who.sex, who.place


def _some(shares: tuple[float, ...], luck: Random) -> int:
    return luck.choices(range(len(shares)), shares)[0]


def pairs(registry: Registry, count: int, seed: int) -> Iterator[Row]:
    """Labelled pairs to fit on: pair_id, same (1 or 0), kind, five traits as registered, five as typed. Those that are
    not the same person are hard on purpose: of one household, of one name, of one date.
    """
    rng = np.random.default_rng([seed, 72])
    luck = luck_of("pairs", seed)
    chunks = sorted(rng.permutation(len(registry))[:MANY_CHUNKS].tolist())
    at = 0
    for number, share in zip(chunks, np.array_split(np.arange(count), len(chunks)), strict=True):
        chunk = registry.chunk(number)
        rows = chunk.rows()
        for kind, left, who in _paired(rng, luck, chunk, len(share)):
            errors = _some(ERRORS_OF_PAIRS if kind == "same" else ERRORS_OF_ABSENT, luck)
            mistype(who, chosen(seed, luck), errors, luck)
            yield f"{at:07d}", str(int(kind == "same")), kind, *rows[left][1:], *traits(who)
            at += 1


def _paired(rng: np.random.Generator, luck: Random, chunk: Chunk, count: int) -> Iterator[tuple[str, int, Typed]]:
    matching = round(count * PAIRS_MATCHING)
    for row in rng.choice(len(chunk), matching, replace=matching > len(chunk)):
        yield "same", int(row), typed(chunk, row)
    missing = count - matching
    wanted = {kind: round(missing * share) for kind, share in HARD.items()}
    for kind, many in wanted.items():
        for one, other in _neighbours(rng, chunk, kind, many):
            missing -= 1
            yield kind, one, typed(chunk, other)
    # A chunk has few twins and homonyms: relatives that nobody registered make up the number.
    heads = rng.choice(len(chunk), missing, replace=missing > len(chunk))
    for row, (relation, who) in zip(heads.tolist(), relatives(rng, chunk, heads), strict=True):
        yield relation, row, who


def _neighbours(rng: np.random.Generator, chunk: Chunk, kind: str, wanted: int) -> Iterator[tuple[int, int]]:
    """Pairs of rows of different persons that agree in something."""
    count = len(chunk)
    if kind == "random":
        one, other = rng.integers(0, count, wanted), rng.integers(0, count, wanted)
    else:
        key = _key(chunk, kind)
        order = np.lexsort((rng.random(count), key))
        order = order[key[order] != ""]
        beside = np.flatnonzero(key[order[1:]] == key[order[:-1]])
        beside = rng.permutation(beside)[:wanted]
        one, other = order[beside], order[beside + 1]
        if kind == "siblings":
            apart = chunk.birth[one] != chunk.birth[other]
            one, other = one[apart], other[apart]
    yield from ((first, second) for first, second in zip(one.tolist(), other.tolist(), strict=True) if first != second)


def _key(chunk: Chunk, kind: str) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    dates = np.datetime_as_string(chunk.birth).astype(object)
    mother = np.where(chunk.household >= 0, chunk.household, -1).astype(str).astype(object)
    mother[chunk.household < 0] = ""
    if kind == "same_name":
        first = np.array([names.split(" ", 1)[0] for names in chunk.first_names], dtype=object)
        same: np.ndarray[tuple[int], np.dtype[np.object_]] = chunk.birth_name + "/" + first
        return same
    if kind == "twins":
        return np.where(mother == "", "", mother + "/" + dates).astype(object)
    return mother if kind == "siblings" else dates


def delivery(registry: Registry, seed: int) -> Iterator[tuple[Row, Row]]:
    """Every person of the registry as feeders send them, some twice or thrice: pairs of (record_id and five traits) and
    (record_id, person_id). Records of a chunk are shuffled.
    """
    luck = luck_of("delivery", seed)
    at = 0
    for chunk in registry.chunks():
        people = [row for row in range(len(chunk)) for _ in range(1 + _some(SENT_AGAIN, luck))]
        luck.shuffle(people)
        for row in people:
            who = typed(chunk, row)
            mistype(who, chosen(seed, luck), _some(ERRORS_OF_DELIVERED, luck), luck)
            name = f"R{at:09d}"
            at += 1
            yield (name, *traits(who)), (name, chunk.ids[row])
