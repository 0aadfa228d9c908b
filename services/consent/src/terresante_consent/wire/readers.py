"""Whose readers are asked for, and who they are."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from terresante.consent.v1 import decision_service_pb2 as pb
from terresante_platform.ids import parsed

from terresante_consent.domain.reading import Conversation, Reader
from terresante_consent.domain.vocabulary import Who
from terresante_consent.wire import QuestionInvalid, optional_id, stamp

MOST_CONVERSATIONS = 100
MOST_PARTIES = 100
_FIELDS = {Who.PROFESSIONAL: "professional_id", Who.PATIENT: "person_id", Who.SYSTEM: "system_id"}


def conversations(asked: Sequence[pb.Conversation]) -> list[Conversation]:
    """Refuses with QUESTION_INVALID, ID_INVALID."""
    if not 1 <= len(asked) <= MOST_CONVERSATIONS:
        raise QuestionInvalid(
            "Le nombre de conversations ne convient pas.",
            f"Donnez 1 à {MOST_CONVERSATIONS} conversations à la fois.",
            field="conversations",
        )
    return [_conversation(one) for one in asked]


def to_proto(found: Sequence[Sequence[Reader]]) -> pb.ListReadersResponse:
    return pb.ListReadersResponse(conversations=[pb.Readers(readers=[_reader(one) for one in some]) for some in found])


def own_to_proto(patient: UUID, visible_from: datetime | None, may_write: bool) -> pb.PatientConversation:
    return pb.PatientConversation(patient_id=str(patient), visible_from=stamp(visible_from), may_write=may_write)


def _conversation(told: pb.Conversation) -> Conversation:
    if sum(map(bool, (told.patient_id, told.structure_id, told.party_ids))) != 1:
        raise QuestionInvalid(
            "Il faut dire de qui est la conversation : d'un patient, d'une équipe ou de personnes nommées.",
            "Indiquez l'un des trois, et lui seul.",
            field="conversations",
        )
    if len(told.party_ids) > MOST_PARTIES:
        raise QuestionInvalid(
            "Cette conversation a trop de participants.",
            f"Indiquez {MOST_PARTIES} participants au plus.",
            field="conversations",
        )
    return Conversation(
        optional_id(told.patient_id, "patient_id"),
        optional_id(told.structure_id, "structure_id"),
        tuple(parsed(id, "party_ids") for id in told.party_ids),
    )


def _reader(one: Reader) -> pb.Reader:
    return pb.Reader(**{_FIELDS[one.kind]: str(one.id)}, visible_from=stamp(one.visible_from))
