"""Finds who is meant: candidates from the store, compared and decided upon, with the reasons (docs/identity.md)."""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Self
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform.database import Database

from terresante_identity.domain.evidence import Asked, Candidates, Evidence, Kept
from terresante_identity.matching.frequencies import Frequencies
from terresante_identity.matching.lookup import Model
from terresante_identity.matching.people import RawTraits
from terresante_identity.matching.ranking import Ranking, rated_alone
from terresante_identity.matching.single import Someone, someone
from terresante_identity.matching.weights import Weights, shipped
from terresante_identity.store import features, rarity
from terresante_identity.store.features import Found, Wanted

NOW = partial(datetime.now, UTC)
AT_ONCE = 50
"""Look-ups in one statement."""
MOST_SECONDS = 0.005
"""Of comparing, before others on the event loop get their turn."""


class Matcher:
    """Ready to be asked. Holds the weights and how frequent names are; nothing of anybody."""

    def __init__(self, weights: Weights, known: Frequencies, now: Callable[[], datetime]) -> None:
        self._weights = weights
        self._now = now
        self._model = Model(weights, known, now().year)

    @classmethod
    async def loaded(cls, database: Database, now: Callable[[], datetime] = NOW) -> Self:
        """With the weights shipped, and the frequencies counted last (`rarity`)."""
        return await asyncio.to_thread(cls, shipped(), await rarity.known(database), now)

    async def know(self, known: Frequencies) -> None:
        """From now on names are as frequent as that."""
        self._model = await asyncio.to_thread(Model, self._weights, known, self._now().year)

    async def candidates(
        self, connection: AsyncConnection, asked: Sequence[Asked], policy: str = "auto"
    ) -> list[Candidates]:
        """Who each of those asked for may be: one answer each, in order. `policy`: strict, suggest or auto."""
        answered: list[Candidates] = []
        for first in range(0, len(asked), AT_ONCE):
            some = asked[first : first + AT_ONCE]
            wanted = [Wanted(self._someone(one), one.ins) for one in some]
            found = await features.candidates(connection, wanted)
            since = time.perf_counter()
            for one, (who, _), near in zip(some, wanted, found, strict=True):
                answered.append(await self._answered(connection, one, who, near, policy))
                if time.perf_counter() - since > MOST_SECONDS:
                    await asyncio.sleep(0)
                    since = time.perf_counter()
        return answered

    async def explained(self, connection: AsyncConnection, source: UUID, other: UUID, policy: str = "auto") -> Evidence:
        """What two sources say of each other, as if there were nobody else. KeyError if one was never kept."""
        known = await features.by_source(connection, (source, other))
        one, theirs = known[source], known[other]
        texts = one.traits
        asked = Asked(
            texts.birth_name, texts.first_names, texts.birth_date, texts.sex, texts.birth_place,
            one.ins, one.qualified, one.flagged, source,
        )  # fmt: skip
        return rated_alone(self._model, asked, self._someone(asked), theirs, policy)

    async def keep(self, transaction: AsyncConnection, kept: Kept) -> None:
        """The source is found by these traits from now on, and by no others."""
        await features.keep(transaction, kept, self._someone(kept.asked))

    async def move(self, transaction: AsyncConnection, sources: Sequence[UUID], person: UUID) -> None:
        """These sources are that person's from now on."""
        await features.move(transaction, sources, person)

    async def _answered(
        self, connection: AsyncConnection, asked: Asked, who: Someone, near: Found, policy: str
    ) -> Candidates:
        ranking = Ranking(self._model, asked, who, policy)
        ranking.among(near.registered)
        if linked := ranking.linked():
            # Only a source that was found has been asked so far; the person's others may forbid the link.
            for person, standing in (await features.standings(connection, linked)).items():
                ranking.heed(person, standing)
        return Candidates(ranking.candidates(), tuple(near.capped))

    def _someone(self, asked: Asked) -> Someone:
        texts = asked.birth_name, asked.first_names, asked.birth_date, asked.sex, asked.birth_place
        return someone(RawTraits(*texts), self._model.latest_year)
