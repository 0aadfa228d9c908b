"""Offers in time: enrolled, changed, closed from a moment on, and confirmed as they stand."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.directory.v1 import ror_service_pb2 as pb
from terresante_platform.database import Database
from terresante_platform.idempotency import once
from terresante_platform.ids import new_id, parsed
from terresante_platform.rpc.allow import allow

from terresante_directory import events, wire
from terresante_directory.domain.acts import ActKind, ActOf, why
from terresante_directory.domain.changing import changed, closing_kind, from_then_on, nothing_changed, shut
from terresante_directory.domain.disclosure import Disclosure, Reader
from terresante_directory.domain.facts import Fact, Moment, Span, Statement, Subject
from terresante_directory.domain.identifiers import StructureId
from terresante_directory.domain.offers import OfferContent, OfferId, closed_offer, unknown_offer
from terresante_directory.domain.subjects import of_offer, of_structure
from terresante_directory.domain.territories import Administrator
from terresante_directory.domain.typed_offers import typed_offer
from terresante_directory.domain.versions import must_be_current
from terresante_directory.rpc.callers import administrator
from terresante_directory.rpc.ror.fitting import must_be_open_and_theirs
from terresante_directory.rpc.ror.telling import sheets
from terresante_directory.store import acting, facts, offers
from terresante_directory.wire.moments import starting
from terresante_directory.wire.offers import typed_content


class OfferCalls:
    """See the module."""

    _database: Database
    _disclosure: Disclosure
    _now: Callable[[], datetime]

    @allow("administrator")
    async def EnrolOffer(self, request: pb.EnrolOfferRequest, _: Any) -> pb.EnrolOfferResponse:
        now = self._now()
        start = starting(request, now)
        async with (
            self._database.transaction() as transaction,
            once(transaction, request, pb.EnrolOfferResponse) as use,
        ):
            if use.reply:
                return use.reply
            by = await administrator(transaction)
            said = typed_offer(typed_content(request.content), now)
            _, said = await _held(transaction, [], said, by, (start, now))
            id = OfferId(new_id())
            act = ActOf(ActKind.ENROLLED, by.id, why(request.why), start)
            enrolled = Statement(of_offer(id), Span(start), said.content())
            await events.acted(transaction, await acting.act(transaction, act, [enrolled], now))
            return use.keep(pb.EnrolOfferResponse(sheet=await self._offer_sheet(transaction, id, start, by)))

    @allow("administrator")
    async def ChangeOffer(self, request: pb.ChangeOfferRequest, _: Any) -> pb.ChangeOfferResponse:
        now = self._now()
        start = starting(request, now)
        id = OfferId(parsed(request.offer_id, "offer_id"))
        async with self._database.transaction() as transaction:
            by = await administrator(transaction)
            said = typed_offer(typed_content(request.content), now)
            known, said = await _held(transaction, [id], said, by, (start, now))
            await self._offer_must_be_current(transaction, id, request.version)
            if said.says_as(OfferContent.of(from_then_on(known, start)[0].content)):
                raise nothing_changed()
            act = ActOf(ActKind.CHANGED, by.id, why(request.why), start)
            statements = changed(known, start, said.content())
            await events.acted(transaction, await acting.act(transaction, act, statements, now))
            return pb.ChangeOfferResponse(sheet=await self._offer_sheet(transaction, id, start, by))

    @allow("administrator")
    async def CloseOffer(self, request: pb.CloseOfferRequest, _: Any) -> pb.CloseOfferResponse:
        now = self._now()
        start = starting(request, now)
        id = OfferId(parsed(request.offer_id, "offer_id"))
        async with self._database.transaction() as transaction:
            by = await administrator(transaction)
            known, _said = await _held(transaction, [id], None, by, (start, now))
            await self._offer_must_be_current(transaction, id, request.version)
            act = ActOf(ActKind.CLOSED, by.id, why(request.why), start)
            statements = shut(known, start, closing_kind(request.closing_kind))
            await events.acted(transaction, await acting.act(transaction, act, statements, now))
            return pb.CloseOfferResponse(sheet=await self._offer_sheet(transaction, id, start, by))

    @allow("administrator")
    async def ConfirmOffers(self, request: pb.ConfirmOffersRequest, _: Any) -> pb.ConfirmOffersResponse:
        now = self._now()
        ids = [OfferId(id) for id in wire.ids(request.offer_ids, "offer_ids")]
        async with self._database.transaction() as transaction:
            by = await administrator(transaction)
            known, _said = await _held(transaction, ids, None, by, (now, now))
            if ids:
                act = ActOf(ActKind.CONFIRMED, by.id, starts=now)
                await events.acted(transaction, await acting.act(transaction, act, _confirmed(known, now), now))
            told = await self._offer_sheets(transaction, ids, now, by)
        return pb.ConfirmOffersResponse(offers=told)

    async def _offer_must_be_current(self, transaction: AsyncConnection, id: OfferId, version: int) -> None:
        must_be_current((await offers.versions(transaction, [id]))[id], version)

    async def _offer_sheet(
        self, connection: AsyncConnection, id: OfferId, at: datetime, by: Administrator
    ) -> pb.OfferSheet:
        (sheet,) = await self._offer_sheets(connection, [id], at, by)
        return sheet

    async def _offer_sheets(
        self, connection: AsyncConnection, ids: Sequence[OfferId], at: datetime, by: Administrator
    ) -> list[pb.OfferSheet]:
        who = Reader("administrator", by.territories)
        return await sheets(connection, ids, Moment(at), (self._disclosure, who), with_closed=True)


async def _held(
    transaction: AsyncConnection,
    ids: Sequence[OfferId],
    said: OfferContent | None,
    by: Administrator,
    times: tuple[datetime, datetime],
) -> tuple[list[Fact], OfferContent]:
    """All that is known of the offers, and what is to be said. They and their structures are the administrator's.

    `times`: from when, and now. Raises `OfferUnknown`, `OfferClosed`, `StructureUnknown`, `StructureClosed`.
    """
    start, now = times
    wanted = {of_offer(id) for id in ids}
    target = StructureId(parsed(said.structure_id, "structure_id")) if said else None

    async def offers_and_structures() -> set[Subject]:
        later = [one for one in await facts.known_of(transaction, wanted) if one.span.after(start)]
        given_at = {of_structure(StructureId(UUID(str(one.content["structure_id"])))) for one in later}
        return wanted | given_at | ({of_structure(target)} if target else set())

    held = await acting.hold_found(transaction, offers_and_structures, now)
    known = [fact for fact in held if fact.subject in wanted]
    by_offer: dict[Subject, list[Fact]] = {subject: [] for subject in wanted}
    for fact in known:
        by_offer[fact.subject].append(fact)
    if not all(any(fact.span.holds(start) for fact in of) for of in by_offer.values()):
        raise unknown_offer()
    later = [from_then_on(of, start) for of in by_offer.values()]
    at = {StructureId(UUID(str(fact.content["structure_id"]))) for of in later for fact in of}
    around = [fact for fact in held if fact.subject not in wanted]
    territories = {fact.subject.id: fact.content["territory_code"] for fact in around if fact.span.holds(start)}
    if any(territories.get(str(id)) not in by.territories for id in at):
        raise unknown_offer()
    if any(of[0].content["closed"] for of in later):
        raise closed_offer()
    if target is not None:
        must_be_open_and_theirs([fact for fact in around if fact.subject == of_structure(target)], by, start)
    return known, replace(said, structure_id=str(target)) if said else OfferContent("", "")


def _confirmed(known: Sequence[Fact], now: datetime) -> list[Statement]:
    """What is said now is still true, until what is already scheduled."""
    holding = [fact for fact in known if fact.span.holds(now)]
    return [
        Statement(fact.subject, fact.span.after(now) or fact.span, {**fact.content, "confirmed_at": now.isoformat()})
        for fact in holding
    ]
