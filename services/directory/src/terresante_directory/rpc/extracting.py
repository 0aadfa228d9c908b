"""The directory as it stands, for who searches it from outside or copies it: a page of one kind of thing at a time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.directory.v1 import extract_service_pb2 as pb
from terresante.directory.v1.extract_service_pb2_grpc import ExtractServiceServicer
from terresante_platform.database import Database
from terresante_platform.rpc.allow import allow

from terresante_directory import wire
from terresante_directory.domain.disclosure import Disclosure, Reader
from terresante_directory.domain.extracts import Along, Filter, Kind, Person, Practice, Stated, must_fit
from terresante_directory.domain.professionals import Profession
from terresante_directory.gazetteer import Gazetteer
from terresante_directory.rpc.callers import reader
from terresante_directory.store import extracting
from terresante_directory.store.extract_filters import Seen
from terresante_directory.wire import extracts

MOST = 200
PAGE = 50
MOST_ALONG = 2_000


@dataclass(slots=True)
class Whole:
    """A page and what comes along with it, by id."""

    structures: dict[UUID, Stated] = field(default_factory=dict)
    offers: dict[UUID, Stated] = field(default_factory=dict)
    professionals: dict[UUID, Person] = field(default_factory=dict)
    places: dict[UUID, Practice] = field(default_factory=dict)
    truncated: bool = False

    def of(self, kind: Kind) -> dict[UUID, Any]:
        every: dict[Kind, dict[UUID, Any]] = {
            Kind.STRUCTURES: self.structures,
            Kind.OFFERS: self.offers,
            Kind.PROFESSIONALS: self.professionals,
            Kind.PLACES: self.places,
        }
        return every[kind]


class ExtractService(ExtractServiceServicer):
    """See the module."""

    def __init__(
        self,
        database: Database,
        professions: Mapping[str, Profession],
        gazetteer: Gazetteer,
        disclosure: Disclosure,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._professions = professions
        self._gazetteer = gazetteer
        self._disclosure = disclosure
        self._now = now

    @allow("professional", "administrator", "system")
    async def Extract(self, request: pb.ExtractRequest, _: Any) -> pb.ExtractResponse:
        now = self._now()
        kind, along = extracts.kind(request), extracts.along(request)
        asked = extracts.asked(request, self._gazetteer, now)
        must_fit(kind, asked, along)
        size, after = wire.page_size(request.limit, MOST, PAGE), wire.position(request.cursor)
        async with self._database.reading() as connection:
            by = await reader(connection)
            seen = Seen(now, self._disclosure.sees_sensitive(by))
            found = await extracting.page(connection, kind, asked, seen, after, size + 1)
            total = await extracting.count(connection, kind, asked, seen) if request.with_total else None
            whole = Whole()
            whole.of(kind).update((one.id, one) for one in found[:size])
            await _come_along(connection, whole, kind, along, seen)
        cursor = str(found[size - 1].id) if len(found) > size else ""
        return self._told(whole, by, now, pb.ExtractResponse(
            matched=min(len(found), size), next_cursor=cursor, total=total, truncated=whole.truncated
        ))  # fmt: skip

    def _told(self, whole: Whole, by: Reader, now: datetime, told: pb.ExtractResponse) -> pb.ExtractResponse:
        for structure in whole.structures.values():
            told.structures.append(extracts.structure_to_proto(structure, self._disclosure, by))
        for offer in whole.offers.values():
            told.offers.append(extracts.offer_to_proto(offer, self._disclosure, by))
        for person in whole.professionals.values():
            told.professionals.append(extracts.professional_to_proto(person, self._professions))
        for practice in whole.places.values():
            told.places.append(extracts.place_to_proto(practice, now))
        return told


async def _come_along(
    connection: AsyncConnection, whole: Whole, kind: Kind, along: frozenset[Along], seen: Seen
) -> None:
    """Adds what is asked to come along, at most `MOST_ALONG` of each kind. What is named by an id comes closed too."""

    async def add(of: Kind, asked: Filter) -> None:
        known = whole.of(of)
        found = await extracting.page(connection, of, asked, seen, None, MOST_ALONG + 1)
        whole.truncated |= len(found) > MOST_ALONG
        for one in found[:MOST_ALONG]:
            known.setdefault(one.id, one)

    async def named(of: Kind, ids: set[UUID]) -> None:
        closing = of is not Kind.PROFESSIONALS
        if missing := ids - whole.of(of).keys():
            await add(of, Filter(ids=sorted(missing), with_closed=closing))

    if Along.OFFERS in along and whole.structures:
        await add(Kind.OFFERS, Filter(structure_ids=sorted(whole.structures)))
    if Along.PLACES in along:
        at = {one.parent for one in whole.offers.values()} if kind is Kind.OFFERS else set(whole.structures)
        if kind is Kind.PROFESSIONALS and whole.professionals:
            await add(Kind.PLACES, Filter(professional_ids=sorted(whole.professionals)))
        elif at:
            await add(Kind.PLACES, Filter(structure_ids=sorted(one for one in at if one)))
    if Along.PROFESSIONALS in along:
        await named(Kind.PROFESSIONALS, {one.professional for one in whole.places.values()})
    if Along.STRUCTURES in along:
        await named(Kind.STRUCTURES, {one.parent for one in whole.offers.values() if one.parent})
        await named(Kind.STRUCTURES, {one.structure for one in whole.places.values()})
    if Along.ANCESTORS in along and whole.structures:
        await named(Kind.STRUCTURES, await extracting.ancestors(connection, sorted(whole.structures)))
    elif Along.PARENTS in along:
        await named(Kind.STRUCTURES, {one.parent for one in whole.structures.values() if one.parent})
