"""An identity is taken in under its issuer's number, and linked at once; and what became of it later."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.identity.v1 import linkage_service_pb2 as pb
from terresante_platform.idempotency import once
from terresante_platform.ids import new_id
from terresante_platform.rpc.allow import allow

from terresante_identity.domain import arrival
from terresante_identity.domain.asking import asked_of
from terresante_identity.domain.evidence import Candidate, Evidence
from terresante_identity.domain.identity import Person, PersonId, ProfessionalId
from terresante_identity.domain.linkage import ActId, ActKind, LinkageAct, Move, ReviewId
from terresante_identity.domain.received import claimed
from terresante_identity.domain.reviews import Review, proposed
from terresante_identity.domain.sources import (
    Claim,
    Source,
    SourceId,
    SourceWarning,
    Version,
    require_issuer,
    require_local_id,
    require_newer,
)
from terresante_identity.rpc.access import Standpoint
from terresante_identity.rpc.desk import Desk, caller
from terresante_identity.rpc.performing import Held, find_by, hold, perform, show
from terresante_identity.rpc.proposing import propose, propose_again, propose_holder
from terresante_identity.store import acts, persons, sources
from terresante_identity.store.persons import Act
from terresante_identity.wire import linkage as wire
from terresante_identity.wire.sources import moment, page_size, received, source_to_proto

DEFAULT_CHANGES, MOST_CHANGES = 100, 500


@dataclass(frozen=True, slots=True)
class Arriving:
    """What came, from where, and when it holds from (None: the issuer does not say)."""

    issuer: str
    local_id: str
    claim: Claim
    valid_from: datetime | None
    standpoint: Standpoint
    by: UUID
    at: datetime

    def version(self, number: int, claim: Claim) -> Version:
        return Version(number, claim, self.valid_from or self.at, self.at, self.by)

    def names(self, alike: Sequence[str]) -> list[str]:
        """What nobody else may decide on meanwhile: this number, this birth date, this INS, and whoever is found by
        the same keys (`alike`).
        """
        ins = self.claim.ins
        born = persons.named_birth_date(self.claim.traits.birth_date)
        return [f"source {self.issuer} {self.local_id}", born, *alike, *([persons.named_ins(ins)] if ins else [])]


class Feeding:
    """For feeders: other systems that send identities."""

    _desk: Desk

    @allow("system")
    async def RegisterIdentity(self, request: pb.RegisterIdentityRequest, _: Any) -> pb.RegisterIdentityResponse:
        desk, now = self._desk, self._desk.now()
        issuer, local_id = require_issuer(request.issuer), require_local_id(request.local_id)
        claim = claimed(received(request.traits, request), desk.places, desk.settings.environment, desk.today())
        valid_from = moment(request, "valid_from", now)
        standpoint = await desk.access.feeding(issuer)
        arriving = Arriving(issuer, local_id, claim, valid_from, standpoint, caller(), now)

        async with (
            desk.database.transaction() as transaction,
            once(transaction, request, pb.RegisterIdentityResponse) as use,
        ):
            if use.reply is not None:
                return use.reply
            await persons.lock_names(transaction, arriving.names(desk.matcher.alike(asked_of(claim))))
            known = await sources.by_number(transaction, issuer, local_id)
            if known is None:
                return use.keep(await self._first(transaction, arriving))
            return use.keep(await self._newer(transaction, arriving, known))

    @allow("system")
    async def ListChanges(self, request: pb.ListChangesRequest, _: Any) -> pb.ListChangesResponse:
        after = wire.position(request.cursor)
        limit = page_size(request.limit, DEFAULT_CHANGES, MOST_CHANGES)
        await self._desk.access.matching()

        async with self._desk.database.transaction() as transaction:
            found = await acts.changes(transaction, caller(), after, limit)

        return wire.changes_page(found, request.cursor)

    async def _first(self, transaction: AsyncConnection, arriving: Arriving) -> pb.RegisterIdentityResponse:
        """A number that was never seen: linked to somebody known, or a new person."""
        found = await self._candidates(transaction, arriving, None)
        certain = arrival.linkable(found)
        held, joined = await self._joined(transaction, arriving, certain)
        person = joined.id if joined else PersonId(new_id())
        holder = await self._holder(transaction, arriving.claim)
        claim = arrival.warned(arriving.claim, found, holder, person)
        source = Source(
            id=SourceId(new_id()),
            issuer=arriving.issuer,
            local_id=arriving.local_id,
            person=person,
            structure=arriving.standpoint.structure,
            territory=arriving.standpoint.territory,
            fed_by=arriving.by,
            registered_at=arriving.at,
            version=arriving.version(1, claim),
        )
        evidence = certain.evidence if certain and joined else None
        await perform(transaction, self._desk.matcher, held, _arrival(source, joined, evidence, arriving), source)
        doubts = [] if joined else await propose(transaction, source, proposed(found, person), arriving.at)
        doubts += await propose_holder(transaction, self._desk.matcher, source, holder, arriving.at)
        outcome = (
            pb.REGISTRATION_OUTCOME_LINKED
            if joined
            else pb.REGISTRATION_OUTCOME_DOUBTFUL
            if doubts
            else pb.REGISTRATION_OUTCOME_CREATED
        )
        return _answer(outcome, source, doubts, evidence or (doubts[0].evidence if doubts else None))

    async def _newer(
        self, transaction: AsyncConnection, arriving: Arriving, known: Source
    ) -> pb.RegisterIdentityResponse:
        """A number that is known: nothing new, or a newer version of it. Its person stays."""
        held, known = await hold_source(transaction, known.id)
        before = known.version.claim
        if arriving.claim.received == before.received:
            return _answer(pb.REGISTRATION_OUTCOME_UNCHANGED, known)
        require_newer(known.version, arriving.valid_from)
        found = await self._candidates(transaction, arriving, known.id)
        holder = await self._holder(transaction, arriving.claim)
        claim = arrival.warned(arriving.claim, found, holder, known.person)
        others = [one for one in held.members[known.person] if one.id != known.id]
        own = next((one for one in found if one.person == known.person), None)
        if not arrival.still_fits(claim, others, own):
            claim = replace(claim, warnings=claim.warnings | {SourceWarning.TRAITS_NO_LONGER_FIT})
        source = replace(
            known,
            structure=arriving.standpoint.structure,
            territory=arriving.standpoint.territory,
            fed_by=arriving.by,
            version=arriving.version(known.version.number + 1, claim),
        )
        await sources.append(transaction, source)
        await find_by(transaction, self._desk.matcher, source)
        held.members[known.person] = [*others, source]
        why = Act("fed", ProfessionalId(arriving.by), arriving.at)
        await show(transaction, held, known.person, why)
        doubts = await propose_again(transaction, source, before, found, arriving.at)
        doubts += await propose_holder(transaction, self._desk.matcher, source, holder, arriving.at)
        return _answer(pb.REGISTRATION_OUTCOME_UPDATED, source, doubts, doubts[0].evidence if doubts else None)

    async def _candidates(
        self, transaction: AsyncConnection, arriving: Arriving, own: SourceId | None
    ) -> Sequence[Candidate]:
        asked = asked_of(arriving.claim, own)
        return (await self._desk.matcher.candidates(transaction, [asked], arriving.standpoint.policy))[0].found

    async def _joined(
        self, transaction: AsyncConnection, arriving: Arriving, certain: Candidate | None
    ) -> tuple[Held, Person | None]:
        """The person that it is linked to, held; nobody unless the matcher is certain and no number speaks against
        it.
        """
        if certain is None:
            return Held({}, {}), None
        held, of_candidate = await hold_source(transaction, SourceId(certain.source))
        person = held.persons[of_candidate.person]
        return held, person if arrival.may_join(arriving.claim, person) else None

    async def _holder(self, transaction: AsyncConnection, claim: Claim) -> PersonId | None:
        return await persons.find_holder(transaction, claim.ins) if claim.ins else None


async def hold_source(transaction: AsyncConnection, id: SourceId) -> tuple[Held, Source]:
    """Holds whoever a source is linked to: it may be moved until its person is locked."""
    while True:
        seen = await sources.by_id(transaction, id)
        held = await hold(transaction, [seen.person])
        for source in held.members[seen.person]:
            if source.id == id:
                return held, source


def _arrival(source: Source, joined: Person | None, evidence: Evidence | None, arriving: Arriving) -> LinkageAct:
    return LinkageAct(
        id=ActId(new_id()),
        kind=ActKind.LINKED if joined else ActKind.REGISTERED,
        at=arriving.at,
        by=arriving.by,
        moves=(Move(source.id, None, source.person),),
        evidence=evidence,
    )


def _answer(
    outcome: pb.RegistrationOutcome.ValueType,
    source: Source,
    doubts: Sequence[Review] = (),
    evidence: Evidence | None = None,
) -> pb.RegisterIdentityResponse:
    ids: list[ReviewId] = [one.id for one in doubts]
    return pb.RegisterIdentityResponse(
        outcome=outcome,
        person_id=str(source.person),
        source=source_to_proto(source),
        review_ids=map(str, ids),
        evidence=wire.evidence_to_proto(evidence) if evidence else None,
    )
