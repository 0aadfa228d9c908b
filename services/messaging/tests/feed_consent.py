"""A consent service that knows who may read what, for the tests of the feed."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from terresante.consent.v1 import decision_service_pb2 as pb
from terresante.consent.v1.decision_service_pb2_grpc import (
    DecisionServiceServicer,
)
from terresante_platform import calls
from terresante_platform.refusals import Invalid
from terresante_platform.rpc.allow import allow


class PlaceRequired(Invalid):
    """A professional of several places chose none."""

    reason = "PLACE_REQUIRED"


@dataclass
class Consent:
    """Who may read what, as a test says."""

    circles: dict[UUID, dict[UUID, datetime | None]] = field(default_factory=dict)
    """By patient: the professionals, and from when on each sees."""
    persons: dict[UUID, list[UUID]] = field(default_factory=dict)
    """By patient: the patient and representatives."""
    teams: dict[UUID, list[UUID]] = field(default_factory=dict)
    by_place: dict[tuple[UUID, UUID], str] = field(default_factory=dict)
    """By patient and professional: the place of practice by which alone they are in the circle."""
    in_several_places: set[UUID] = field(default_factory=set)
    """Those who must choose one for whatever is decided from one."""
    too_many: bool = False
    """Everybody is around more patients than consent lists at once."""
    closed: set[UUID] = field(default_factory=set)
    """Accounts of professionals and portals that are suspended."""
    unheard: set[UUID] = field(default_factory=set)
    """Those whom consent has not heard of, until they ask."""
    silent: bool = False
    asked: int = 0
    """Calls that asked who may read."""


class Decisions(DecisionServiceServicer):
    """Answers from what the test says."""

    def __init__(self, consent: Consent) -> None:
        self._consent = consent

    @allow(services=("messaging",))
    async def ListReaders(
        self, request: pb.ListReadersRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.ListReadersResponse:
        """See the contract."""
        self._consent.asked += 1
        await self._hears(context)
        return pb.ListReadersResponse(
            conversations=[pb.Readers(readers=self._readers(one)) for one in request.conversations]
        )

    @allow("professional", "patient", services=("messaging",))
    async def ListMyConversations(
        self, request: pb.ListMyConversationsRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.ListMyConversationsResponse:
        """See the contract."""
        await self._hears(context)
        self._consent.unheard.discard(calls.person().id)
        consent, me, place = self._consent, calls.person().id, calls.current().place
        mine = {
            patient: circle[me]
            for patient, circle in consent.circles.items()
            if me in circle and (request.any_place or consent.by_place.get((patient, me), place) == place)
        }
        mine |= {patient: None for patient, persons in consent.persons.items() if me in persons}
        return pb.ListMyConversationsResponse(
            patients=[pb.PatientConversation(patient_id=str(id), visible_from=_stamp(at)) for id, at in mine.items()],
            structure_ids=[str(id) for id, team in consent.teams.items() if me in team],
            direct=me not in consent.closed,
            more=consent.too_many,
        )

    @allow("professional", "system", services=("messaging",))
    async def DecideMany(
        self, request: pb.DecideManyRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.DecideManyResponse:
        """See the contract."""
        await self._hears(context)
        me = calls.person()
        if me.id in self._consent.in_several_places and not calls.current().place:
            raise PlaceRequired("Il faut choisir un lieu.", "Choisissez-en un.")
        asked = pb.ACTION_HEAR_AS_PORTAL if me.kind == "system" else pb.ACTION_USE_DIRECT_MESSAGES
        assert [one.action for one in request.questions] == [asked]
        self._consent.unheard.discard(me.id)
        allowed = me.id not in self._consent.closed
        reasons = [] if allowed else ["ACCOUNT_SUSPENDED"]
        return pb.DecideManyResponse(decisions=[pb.Decision(allowed=allowed, reasons=reasons, entry_id=str(uuid4()))])

    def _readers(self, asked: pb.Conversation) -> list[pb.Reader]:
        consent = self._consent
        if asked.patient_id:
            circle = consent.circles.get(UUID(asked.patient_id), {})
            persons = consent.persons.get(UUID(asked.patient_id), [])
            return [
                *(
                    pb.Reader(professional_id=str(id), visible_from=_stamp(since))
                    for id, since in circle.items()
                    if id not in consent.closed
                ),
                *(pb.Reader(person_id=str(id)) for id in persons),
            ]
        team = consent.teams.get(UUID(asked.structure_id), []) if asked.structure_id else map(UUID, asked.party_ids)
        return [pb.Reader(professional_id=str(id)) for id in team if id not in consent.closed | consent.unheard]

    async def _hears(self, context: grpc.aio.ServicerContext[Any, Any]) -> None:
        if self._consent.silent:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "away")


Decisions.__abstractmethods__ = frozenset()  # the rest is not asked by the feed


def _stamp(at: datetime | None) -> Timestamp | None:
    if at is None:
        return None
    made = Timestamp()
    made.FromDatetime(at)
    return made
