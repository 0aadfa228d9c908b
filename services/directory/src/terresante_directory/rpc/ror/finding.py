"""Finding as one types, of every kind at once."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.directory.v1 import ror_service_pb2 as pb
from terresante_platform.database import Database
from terresante_platform.rpc.allow import allow

from terresante_directory import wire
from terresante_directory.domain.finding import KINDS, Hit, Match, Typed, best, meant, number
from terresante_directory.domain.professionals import Profession
from terresante_directory.domain.words import searched
from terresante_directory.gazetteer import Gazetteer
from terresante_directory.rpc.callers import administrator
from terresante_directory.store import finding, words

MOST_HITS = 50
HITS = 20


class FindCalls:
    """See the module."""

    _database: Database
    _professions: Mapping[str, Profession]
    _gazetteer: Gazetteer
    _now: Callable[[], datetime]

    @allow("administrator")
    async def Find(self, request: pb.FindRequest, _: Any) -> pb.FindResponse:
        size = wire.page_size(request.limit, MOST_HITS, HITS)
        text = wire.searched_text(request.text)
        kinds = frozenset(request.kinds) or frozenset(KINDS)
        if not kinds <= set(KINDS):
            raise wire.SearchInvalid("On ne cherche pas cela.", "Choisissez ce que vous cherchez dans la liste.")
        typed = Typed(searched(text), number(text), kinds, request.territory_code, size)
        async with self._database.reading() as connection:
            await administrator(connection)
            hits = await self._hits(connection, typed, text) if typed.words else []
            if typed.words and not hits and not typed.number:
                hits = await self._meant(connection, typed)
        told = [
            pb.Hit(kind=hit.kind, id=hit.id, label=hit.label, detail=hit.detail, territory_code=hit.territory)
            for hit in best(hits, size)
        ]
        return pb.FindResponse(hits=told)

    async def _hits(self, connection: AsyncConnection, typed: Typed, text: str) -> list[Hit]:
        hits: list[Hit] = []
        if "territory" in typed.kinds:
            hits += await finding.territories(connection, typed)
        if "commune" in typed.kinds:
            hits += await self._communes(connection, typed, text)
        return hits + await self._named(connection, typed)

    async def _named(self, connection: AsyncConnection, typed: Typed) -> list[Hit]:
        hits: list[Hit] = []
        if "structure" in typed.kinds:
            hits += await finding.structures(connection, typed)
        if "offer" in typed.kinds:
            hits += await finding.offers(connection, typed)
        if "professional" in typed.kinds:
            hits += await finding.professionals(connection, typed, self._professions)
        return hits

    async def _meant(self, connection: AsyncConnection, typed: Typed) -> list[Hit]:
        """With the words that one mistyped word may have been meant for."""
        wrong = await words.unknown(connection, typed.words)
        if len(wrong) != 1:
            return []
        hits: list[Hit] = []
        for right in meant(wrong[0], await words.alike(connection, wrong[0])):
            spelt = [right if word == wrong[0] else word for word in typed.words]
            hits += await self._named(connection, replace(typed, words=spelt, mistyped=True))
        return list({(hit.kind, hit.id): hit for hit in hits}.values())

    async def _communes(self, connection: AsyncConnection, typed: Typed, text: str) -> list[Hit]:
        found = self._gazetteer.find(text, typed.limit)
        covers = await finding.covers(connection, [one.code for one in found]) if found else {}
        return [
            Hit("commune", one.code, one.name, " ".join(one.postal_codes), covers.get(one.code, ""), Match.BEGINS)
            for one in found
            if not typed.territory or covers.get(one.code) == typed.territory
        ]
