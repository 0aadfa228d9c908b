"""Which conversations the caller reads, and who reads a conversation: asked by messaging, nothing is written down."""

from typing import Any
from uuid import UUID

from terresante.consent.v1 import decision_service_pb2 as pb
from terresante_platform import calls
from terresante_platform.rpc.allow import allow

from terresante_consent import wire
from terresante_consent.domain.conversations import visible_from
from terresante_consent.domain.reading import DIRECT, READING, TEAM, Deciding
from terresante_consent.domain.vocabulary import Who
from terresante_consent.rpc.desk import Desk
from terresante_consent.rpc.readers import Readers
from terresante_consent.rpc.standings import Asked
from terresante_consent.store import mine
from terresante_consent.wire import readers

MOST_PATIENTS = 1000


class Conversing:
    """RPCs on conversations."""

    _desk: Desk
    _readers: Readers

    @allow("professional", "patient", services=("messaging",))
    async def ListMyConversations(self, _: pb.ListMyConversationsRequest, __: Any) -> pb.ListMyConversationsResponse:
        """The caller's own standing, which is no access (docs/decisions/0007); each patient is decided on as if asked
        about alone."""
        nowhere = await self._desk.standings.asked([None])
        patients = await self._around_caller(nowhere)
        asked = await self._desk.standings.asked(patients) if patients else nowhere
        deciding = Deciding(self._desk.policy)
        made = [(patient, deciding.decide(READING, asked.facts[patient])) for patient in patients]
        facts = nowhere.facts[None]
        in_team = deciding.decide(TEAM, facts._replace(in_team=True)).allowed
        return pb.ListMyConversationsResponse(
            patients=[
                pb.PatientConversation(
                    patient_id=str(patient), visible_from=wire.stamp(visible_from(one, asked.since_of(patient)))
                )
                for patient, one in made
                if one.allowed
            ],
            structure_ids=sorted(map(str, nowhere.ground.practices)) if in_team else (),
            direct=deciding.decide(DIRECT, facts).allowed,
        )

    @allow(services=("messaging",))
    async def ListReaders(self, request: pb.ListReadersRequest, _: Any) -> pb.ListReadersResponse:
        """Who may read now, by any place at which they practise. What a professional is, is read in the copy whatever
        its age, as a suspension is brought here before it is acknowledged; how strong a login is, the door of each open
        stream has checked. Who was never heard of is none."""
        return readers.to_proto(await self._readers.of(readers.conversations(request.conversations)))

    async def _around_caller(self, asked: Asked) -> list[UUID]:
        at = self._desk.now()
        if calls.person().kind == Who.PROFESSIONAL.value:
            place = asked.place.structure if asked.place else None
            return await self._desk.audiences.run(
                lambda driver: mine.of_professional(driver, asked.caller, place, at, MOST_PATIENTS)
            )
        return await self._desk.audiences.run(lambda driver: mine.of_person(driver, asked.caller, at, MOST_PATIENTS))
