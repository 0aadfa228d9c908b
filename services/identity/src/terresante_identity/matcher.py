"""Finds who is meant: candidates from the store, compared and decided upon, with the reasons (docs/identity.md)."""

import asyncio
import ctypes
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Self
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform.database import Database, database_unavailable

from terresante_identity.domain.evidence import Asked, Candidates, Evidence, Kept
from terresante_identity.domain.identity import Person
from terresante_identity.matching.frequencies import Frequencies
from terresante_identity.matching.keys import KEYS
from terresante_identity.matching.lookup import Model
from terresante_identity.matching.people import RawTraits
from terresante_identity.matching.ranking import PersonStanding, Ranking, Registered, rated_alone
from terresante_identity.matching.single import Someone, keys_of, known_names_remembered, someone
from terresante_identity.matching.weights import Weights, shipped
from terresante_identity.store import features, rarity
from terresante_identity.store.direct import Direct, under
from terresante_identity.store.features import Wanted

NOW = partial(datetime.now, UTC)
AT_ONCE = 50
"""Look-ups in one statement."""
MOST_SECONDS = 0.005
"""Of comparing, before others on the event loop get their turn."""


class Matcher:
    """Ready to be asked. Holds the weights and how frequent names are; nothing of anybody."""

    def __init__(self, weights: Weights, now: Callable[[], datetime] = NOW) -> None:
        """Answers as soon as it knows how frequent names are (`know`); until then refuses with DATABASE_UNAVAILABLE."""
        self._weights = weights
        self._now = now
        self._model: Model | None = None

    @classmethod
    async def loaded(cls, database: Database, now: Callable[[], datetime] = NOW) -> Self:
        """With the weights shipped, and the frequencies counted last (`rarity`)."""
        made = cls(shipped(), now)
        await made.know(await rarity.known(database))
        return made

    async def know(self, known: Frequencies) -> None:
        """From now on names are as frequent as that."""
        self._model = await asyncio.to_thread(self._made, known)
        await asyncio.to_thread(_give_back)

    def _made(self, known: Frequencies) -> Model:
        known_names_remembered()
        return Model(self._weights, known, self._now().year)

    @property
    def ready(self) -> bool:
        """Whether it knows how frequent names are."""
        return self._model is not None

    def _needed(self) -> Model:
        if self._model is None:
            raise database_unavailable()
        return self._model

    async def candidates(
        self, connection: AsyncConnection, asked: Sequence[Asked], policy: str = "auto"
    ) -> list[Candidates]:
        """Who each of those asked for may be: one answer each, in order. `policy`: strict, suggest or auto."""
        answered: list[Candidates] = []
        direct = await under(connection)
        for some in _in_turns(asked):
            ranked = await self._ranked(direct, some, policy)
            # Only a source that was found has been asked so far; the person's others may forbid the link.
            standings = await features.standings(direct, {id for ranking, _ in ranked for id in ranking.linked()})
            answered += [_heeding(standings, *one) for one in ranked]
        return answered

    async def known(self, direct: Direct, asked: Sequence[Asked]) -> list[tuple[Candidates, dict[UUID, Person]]]:
        """The same with everybody who is in an answer, as the region shows them."""
        answered: list[tuple[Candidates, dict[UUID, Person]]] = []
        for some in _in_turns(asked):
            ranked = await self._ranked(direct, some, "auto")
            met = {one.registered.person for ranking, _ in ranked for one in ranking.rated}
            shown = await features.shown(direct, met)
            standings = {id: standing for id, (_, standing) in shown.items()}
            for ranking, capped in ranked:
                found = _heeding(standings, ranking, capped)
                persons = {one.person: shown[one.person][0] for one in found.found if one.person in shown}
                answered.append((found, persons))
        return answered

    def explained(self, one: Kept, other: Kept, policy: str = "auto") -> Evidence:
        """What two sources say of each other, as if there were nobody else."""
        texts = other.asked
        theirs = Registered(
            other.source, other.person, texts.birth_name, texts.first_names, texts.birth_date, texts.sex,
            texts.birth_place, texts.ins, texts.qualified, texts.flagged,
        )  # fmt: skip
        return rated_alone(self._needed(), one.asked, self._someone(one.asked), theirs, policy)

    def alike(self, asked: Asked) -> list[str]:
        """What somebody has in common with whoever is found by the same keys: a name per key, for locks."""
        keys = keys_of(self._someone(asked), KEYS)
        return [f"alike {name} {value}" for name, value in keys.items() if value]

    async def keep(self, transaction: AsyncConnection, kept: Kept) -> None:
        """The source is found by these traits from now on, and by no others."""
        await features.keep(transaction, kept, self._someone(kept.asked))

    async def move(self, transaction: AsyncConnection, sources: Sequence[UUID], person: UUID) -> None:
        """These sources are that person's from now on."""
        await features.move(transaction, sources, person)

    async def _ranked(
        self, direct: Direct, some: Sequence[Asked], policy: str
    ) -> list[tuple[Ranking, tuple[str, ...]]]:
        """Of each the candidates in order, and the keys that too many share."""
        model = self._needed()
        wanted = [Wanted(self._someone(one), one.ins) for one in some]
        found = await features.candidates(direct, wanted)
        ranked = []
        since = time.perf_counter()
        for one, (who, _), near in zip(some, wanted, found, strict=True):
            ranking = Ranking(model, one, who, policy)
            ranking.among(near.registered)
            ranked.append((ranking, tuple(near.capped)))
            if time.perf_counter() - since > MOST_SECONDS:
                await asyncio.sleep(0)
                since = time.perf_counter()
        return ranked

    def _someone(self, asked: Asked) -> Someone:
        texts = asked.birth_name, asked.first_names, asked.birth_date, asked.sex, asked.birth_place
        return someone(RawTraits(*texts), self._now().year)


def _give_back() -> None:
    """Has the C library give the system what making a model needed, some fifty megabytes; glibc keeps it otherwise."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _in_turns(asked: Sequence[Asked]) -> Iterator[Sequence[Asked]]:
    for first in range(0, len(asked), AT_ONCE):
        yield asked[first : first + AT_ONCE]


def _heeding(standings: Mapping[UUID, PersonStanding], ranking: Ranking, capped: tuple[str, ...]) -> Candidates:
    for person in ranking.linked():
        if person in standings:
            ranking.heed(person, standings[person])
    return Candidates(ranking.candidates(), capped)
