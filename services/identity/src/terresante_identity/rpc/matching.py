"""Who somebody may be, and as what they are known elsewhere: nothing is kept."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.consent.v1 import decision_service_pb2 as consent
from terresante.identity.v1 import linkage_service_pb2 as pb
from terresante_platform.refusals import Invalid, Refusal
from terresante_platform.rpc.allow import allow

from terresante_identity.domain.asking import asked_of, kept_of
from terresante_identity.domain.evidence import Asked, Candidates, Evidence
from terresante_identity.domain.identity import Person, PersonId
from terresante_identity.domain.ins import Environment, Ins, received_ins, typed_ins
from terresante_identity.domain.linkage import require_two
from terresante_identity.domain.received import claimed_by_asker
from terresante_identity.domain.sources import Source, SourceId, require_issuer, require_local_id, unknown_source
from terresante_identity.rpc.desk import Desk, caller, is_feeder
from terresante_identity.store import persons, sources
from terresante_identity.wire import linkage as wire
from terresante_identity.wire.persons import person_id
from terresante_identity.wire.sources import page_size, received, source_to_proto

MOST_CANDIDATES = 10
MOST_LOOKUPS = 1_000
AT_ONCE = 50
"""Look-ups of a batch that are answered together."""


class MatchTooMany(Invalid):
    reason = "MATCH_TOO_MANY"


class ReferenceInvalid(Invalid):
    reason = "REFERENCE_INVALID"


class Matching:
    """For feeders and identity officers."""

    _desk: Desk

    @allow("system", "professional")
    async def Match(self, request: pb.MatchRequest, _: Any) -> pb.MatchResponse:
        asked, limit = self._asked(request)
        if not is_feeder():
            await self._desk.spend_searches()
        await self._desk.access.matching()

        [(found, known)] = await self._desk.known([asked])

        return pb.MatchResponse(candidates=_shown(found, known, limit), capped_keys=found.capped)

    @allow("system", "professional")
    async def BatchMatch(self, request: pb.BatchMatchRequest, _: Any) -> AsyncIterator[pb.BatchMatchResponse]:
        lookups = request.lookups
        if not 1 <= len(lookups) <= MOST_LOOKUPS:
            raise MatchTooMany(
                f"De 1 à {MOST_LOOKUPS} recherches à la fois.", "Découpez la demande en plusieurs.", field="lookups"
            )
        if not is_feeder():
            await self._desk.spend_searches(len(lookups))
        await self._desk.access.matching()
        for first in range(0, len(lookups), AT_ONCE):
            for answer in await self._answered(first, lookups[first : first + AT_ONCE]):
                yield answer

    @allow("professional")
    async def Explain(self, request: pb.ExplainRequest, _: Any) -> pb.ExplainResponse:
        one, other = person_id(request.person_id), person_id(request.other_person_id, "other_person_id")
        require_two(one, other)
        concerned = await self._desk.concerned([one, other])
        await self._desk.access.require_of(consent.ACTION_REVIEW_IDENTITY, concerned)

        async with self._desk.database.reading() as connection:
            linked = await sources.of_persons(connection, [one, other])
        source, theirs, evidence = self._most_alike(linked[one], linked[other])

        return pb.ExplainResponse(
            evidence=wire.evidence_to_proto(evidence), source_id=str(source), other_source_id=str(theirs)
        )

    @allow("system", "professional")
    async def CrossReference(self, request: pb.CrossReferenceRequest, _: Any) -> pb.CrossReferenceResponse:
        _require_one_reference(request)
        await self._desk.access.matching()

        async with self._desk.database.reading() as connection:
            person = await self._referred(connection, request)
            linked = await sources.of_person(connection, person)
        open_to_caller = False
        if not is_feeder():
            open_to_caller = await self._desk.access.may_review((await self._desk.concerned([person]))[0])

        shown = [source_to_proto(one, open_to_caller or one.fed_by == caller()) for one in linked]
        return pb.CrossReferenceResponse(person_id=str(person), sources=shown)

    def _asked(self, request: pb.MatchRequest) -> tuple[Asked, int]:
        limit = page_size(request.limit, MOST_CANDIDATES, MOST_CANDIDATES)
        told = received(request.traits, request)
        if told.ins_matricule:
            ins = _asked_ins(told.ins_matricule, told.ins_oid, self._desk.settings.environment)
            told = replace(told, ins_matricule=f"{ins.matricule}{ins.key}")
        claim = claimed_by_asker(told, self._desk.places, self._desk.settings.environment, self._desk.today())
        return asked_of(claim), limit

    async def _answered(self, first: int, lookups: Sequence[pb.MatchRequest]) -> list[pb.BatchMatchResponse]:
        """One answer a look-up, in order: who it may be, or why it cannot be read."""
        answers = {}
        readable: dict[int, tuple[Asked, int]] = {}
        for index, request in enumerate(lookups, first):
            try:
                readable[index] = self._asked(request)
            except Refusal as refusal:
                answers[index] = pb.BatchMatchResponse(index=index, reason=refusal.reason, sentence=refusal.sentence)
        found = await self._desk.known([asked for asked, _ in readable.values()])
        for (index, (_, limit)), (who, known) in zip(readable.items(), found, strict=True):
            shown = _shown(who, known, limit)
            answers[index] = pb.BatchMatchResponse(index=index, candidates=shown, capped_keys=who.capped)
        return [answers[index] for index in sorted(answers)]

    def _most_alike(self, ours: Sequence[Source], theirs: Sequence[Source]) -> tuple[SourceId, SourceId, Evidence]:
        pairs = [(one, other) for one in ours for other in theirs]
        if not pairs:
            raise unknown_source()
        explained = self._desk.matcher.explained
        rated = [(one.id, other.id, explained(kept_of(one), kept_of(other))) for one, other in pairs]
        return max(rated, key=lambda one: (one[2].same_ins, one[2].score))

    async def _referred(self, connection: AsyncConnection, request: pb.CrossReferenceRequest) -> PersonId:
        """The person that is meant, as of now: after a merge, the survivor."""
        if request.person_id:
            asked = await persons.get(connection, person_id(request.person_id))
            while asked.merged_into is not None:
                asked = await persons.get(connection, asked.merged_into)
            return asked.id
        if request.local_id or request.issuer:
            issuer, local_id = require_issuer(request.issuer), require_local_id(request.local_id)
            source = await sources.by_number(connection, issuer, local_id)
            if source is None:
                raise unknown_source()
            return source.person
        ins = _asked_ins(request.ins_matricule, request.ins_oid, self._desk.settings.environment)
        holder = await persons.find_holder(connection, ins)
        if holder is None:
            raise persons.unknown_person()
        return holder


def _shown(found: Candidates, known: Mapping[UUID, Person], limit: int) -> list[pb.MatchCandidate]:
    """Candidates with what the region shows of them; one who was absorbed meanwhile is left out."""
    return [
        wire.candidate_to_proto(one, known[one.person])
        for one in found.found[:limit]
        if one.person in known and known[one.person].merged_into is None
    ]


def _asked_ins(matricule: str, oid: str, environment: Environment) -> Ins:
    """An INS that is looked for: a system's as received, a professional's as typed (R-ID4: a wrong key is refused)."""
    return (received_ins if is_feeder() else typed_ins)(matricule, oid, environment)


def _require_one_reference(request: pb.CrossReferenceRequest) -> None:
    ways = (request.person_id, request.issuer or request.local_id, request.ins_matricule or request.ins_oid)
    if sum(map(bool, ways)) != 1:
        raise ReferenceInvalid(
            "Il faut exactement une façon de désigner quelqu’un.",
            "La personne, ou l’émetteur et le numéro (IPP), ou le matricule INS et son OID.",
        )
