"""What fewer candidates would cost: recall and candidates a look-up with lower caps of keys, in a filled region.

Rows of `python -m bench.identity caps --size 12m --database-url URL`. Groups are read once, with the caps of today
(`matching.keys.cap`); lower ones are then tried on them.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg
import numpy as np
from terresante_identity.matching.keys import KEYS, cap
from terresante_identity.matching.people import TRAITS, RawTraits
from terresante_identity.matching.single import probes_of, signed, someone

from bench.identity import files
from bench.identity.loading import ISSUER, WITHOUT, Row

LOOKUPS, YEAR = 1_000, 2026
TRIED = (400, 200, 100, 64, 40)
PERSON = "select id from source where issuer = $1 and local_id = $2"


@dataclass
class Asked:
    """One look-up: the source that it means, and who shares each value of a key with it."""

    meant: UUID | None
    groups: list[tuple[str, list[UUID]]] = field(default_factory=list)

    def found(self, most: int) -> set[UUID]:
        """Candidates, if no key's cap were higher."""
        return {one for _, group in self.groups if len(group) <= most for one in group}


def trying(size: str, url: str) -> Iterator[Row]:
    """A row per cap, then one per key."""
    asked = asyncio.run(_asked(size, url))
    present = [one for one in asked if one.meant is not None]
    for most in TRIED:
        found = [one.found(most) for one in asked]
        many = np.array([len(some) for some in found])
        right = sum(one.meant in some for one, some in zip(asked, found, strict=True))
        spread = f"{np.median(many):.0f}, {many.mean():.0f}, {np.quantile(many, 0.99):.0f}"
        yield (
            f"{size}: caps of {most} at most, found of {len(present)} (candidates p50, mean, p99)",
            f"{right} ({spread})",
            WITHOUT,
        )
    for key in KEYS:
        groups = [group for one in asked for name, group in one.groups if name == key]
        finds = [{name for name, group in one.groups if one.meant in group} for one in present]
        times = Counter(key in some for some in finds)[True]
        alone = sum(some == {key} for some in finds)
        each = sum(map(len, groups)) / len(asked)
        yield f"{size}: {key}, candidates a look-up (finds, alone)", f"{each:.1f} ({times}, {alone})", WITHOUT


async def _asked(size: str, url: str) -> list[Asked]:
    lookups = files.lookups(size)
    persons, _ = files.truth(size)
    connection = await asyncpg.connect(url)
    asked = []
    for row in range(min(LOOKUPS, len(persons))):
        meant = await connection.fetchval(PERSON, ISSUER, persons[row]) if persons[row] else None
        one = Asked(meant)
        who = someone(RawTraits(*[lookups[trait][row] for trait in TRAITS]), YEAR)
        for key, values in probes_of(who, tuple(KEYS)).items():
            statement = f"select source_id from source_features where k_{key} = $1 limit {cap(key) + 1}"  # noqa: S608
            for value in values:
                group = [found["source_id"] for found in await connection.fetch(statement, signed(value))]
                if len(group) <= cap(key):
                    one.groups.append((key, group))
        asked.append(one)
    await connection.close()
    return asked
