"""Our engine on the bench's sets: the shipped weights, the policy `auto`, as the command line runs them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
from terresante_identity.matching.batch import answers, registry
from terresante_identity.matching.dedupe import doubles
from terresante_identity.matching.index import SortedIndex
from terresante_identity.matching.people import TRAITS, people_of_columns
from terresante_identity.matching.places import are_french
from terresante_identity.matching.weights import shipped

from bench.identity.measures import Answered

Columns = Mapping[str, Sequence[str]]
ONE_BY_ONE = 400


def matched(registered: Columns, asked: Columns) -> tuple[Answered, dict[str, float]]:
    """Answers, and seconds: `registry` (features and keys of those registered), `look-ups` (all in one batch)."""
    year = datetime.now(UTC).year
    start = time.perf_counter()
    known = registry(people_of_columns(registered, year))
    weights = shipped(are_french(known.people.places))
    prepared = time.perf_counter()
    found = answers(known, people_of_columns(asked, year), weights, weights.policies["auto"])
    done = time.perf_counter()
    return (
        Answered(found.asked, found.registered, found.score, found.decisions.astype(np.int64)),
        {"registry": prepared - start, "look-ups": done - prepared},
    )


def one_by_one(registered: Columns, asked: Columns) -> list[float]:
    """Milliseconds of single look-ups against a registry held in memory, the first ones left out."""
    year, weights = datetime.now(UTC).year, shipped()
    known = registry(people_of_columns(registered, year), SortedIndex)
    times = []
    for row in range(min(ONE_BY_ONE, len(asked["sex"]))):
        start = time.perf_counter()
        one = people_of_columns({trait: [asked[trait][row]] for trait in TRAITS}, year)
        answers(known, one, weights, weights.policies["auto"])
        times.append(1000 * (time.perf_counter() - start))
    return times[ONE_BY_ONE // 10 :]


def deduplicated(registered: Columns) -> tuple[Answered, float, float]:
    """Pairs of rows above the review threshold; seconds, and processor seconds, features included."""
    start, used = time.perf_counter(), time.process_time()
    who = people_of_columns(registered, datetime.now(UTC).year)
    weights = shipped(are_french(who.places))
    found = doubles(who, weights, weights.policies["auto"])
    seconds, processor = time.perf_counter() - start, time.process_time() - used
    return Answered(found.one, found.other, found.score, found.decisions.astype(np.int64)), seconds, processor
