"""Questions to consent about conversations, and what it decided."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from google.protobuf.timestamp_pb2 import Timestamp
from terresante.consent.v1 import decision_service_pb2 as pb
from terresante_platform.refusals import Conflict, Unavailable

from terresante_messaging.domain.people import PatientId, Realm, Recipient
from terresante_messaging.domain.readers import Conversation, Reader
from terresante_messaging.domain.threads import Thread, ThreadKind, hiding

READ = pb.ACTION_READ_CONVERSATION
WRITE = pb.ACTION_WRITE_CONVERSATION
CATEGORY = "message"


class ConsentSilent(Unavailable):
    """Consent did not answer, or not what was asked."""

    reason = "CONSENT_UNAVAILABLE"

    def __init__(self) -> None:
        super().__init__(
            "Le service des consentements ne répond pas ; rien n’a été fait ni montré.",
            "Réessayez dans quelques instants.",
        )


class PatientsTooMany(Conflict):
    """The caller is around more patients than consent lists at once: what is of all of them is not told, rather than
    told of some."""

    reason = "PATIENTS_TOO_MANY"

    def __init__(self) -> None:
        super().__init__(
            "Vous êtes autour de plus de patients qu’une vue d’ensemble n’en peut réunir.",
            "Demandez les fils d’un patient à la fois, ou choisissez un autre lieu d’exercice.",
        )


def about(action: pb.Action.ValueType, thread: Thread, who: Recipient) -> pb.Question:
    """May `who`, the caller, do this in that thread?"""
    if thread.kind is ThreadKind.DIRECT:
        return using_direct_messages()
    if thread.kind is ThreadKind.TEAM:
        return pb.Question(action=pb.ACTION_USE_TEAM_MESSAGES, concerned_structure_ids=[str(thread.structure)])
    hides = hiding(thread, who)
    return pb.Question(
        patient_id=str(thread.patient),
        action=action,
        resource_kind=pb.RESOURCE_KIND_MESSAGE,
        category=CATEGORY,
        resource_id=str(thread.id),
        author_id=str(thread.opened_by.id),
        hidden_from_professionals=hides.from_professionals,
        hidden_from_patient=hides.from_patient,
        hidden_from_representatives=hides.from_representatives,
    )


def around(patient: PatientId) -> pb.Question:
    """May the caller read conversations around that patient at all?"""
    return pb.Question(patient_id=str(patient), action=READ, resource_kind=pb.RESOURCE_KIND_MESSAGE, category=CATEGORY)


def using_direct_messages() -> pb.Question:
    """May the caller write to other professionals? It is what asks whether their account is open."""
    return pb.Question(action=pb.ACTION_USE_DIRECT_MESSAGES)


def hearing_as_portal() -> pb.Question:
    """May the caller, a system, hear what happens?"""
    return pb.Question(action=pb.ACTION_HEAR_AS_PORTAL)


def visible_from(decision: pb.Decision) -> datetime | None:
    """From which moment on; None: from the beginning."""
    return _visible_from(decision.scope)


def tellable_request(patients: Iterable[PatientId]) -> pb.ListTellableRequest:
    """May the caller be told of these patients' messages?"""
    return pb.ListTellableRequest(
        topics=[pb.Topic(patient_id=str(one), resource_kind=pb.RESOURCE_KIND_MESSAGE) for one in patients]
    )


def readers_asked(conversations: Iterable[Conversation]) -> pb.ListReadersRequest:
    """Who reads these?"""
    return pb.ListReadersRequest(
        conversations=[
            pb.Conversation(
                patient_id=str(one.patient or ""),
                structure_id=str(one.structure or ""),
                party_ids=map(str, one.parties),
            )
            for one in conversations
        ]
    )


def readers(told: pb.Readers) -> list[Reader]:
    """The answer for one conversation."""
    return [Reader(_reader(one), _visible_from(one)) for one in told.readers]


def own_request(any_place: bool = False, without_patients: bool = False) -> pb.ListMyConversationsRequest:
    """What may the caller read? `any_place`: from whichever they act, as a live stream tells it."""
    return pb.ListMyConversationsRequest(any_place=any_place, without_patients=without_patients)


def own_patients(told: pb.ListMyConversationsResponse) -> dict[PatientId, datetime | None]:
    """The patients around whom the caller may read, each with the moment from which on (None: the beginning). Refuses
    with PATIENTS_TOO_MANY."""
    if told.more:
        raise PatientsTooMany
    return {PatientId(UUID(one.patient_id)): _visible_from(one) for one in told.patients}


def own_writable(told: pb.ListMyConversationsResponse) -> frozenset[PatientId]:
    """Those of the patients around whom the caller may write too."""
    return frozenset(PatientId(UUID(one.patient_id)) for one in told.patients if one.may_write)


def own_structures(told: pb.ListMyConversationsResponse) -> frozenset[UUID]:
    """Those of whose teams the caller is."""
    return frozenset(map(UUID, told.structure_ids))


def optional_moment(since: Timestamp) -> datetime | None:
    """One of a list of moments from which on; None, for the beginning, where it is blank."""
    return since.ToDatetime(UTC) if since.seconds else None


def _reader(one: pb.Reader) -> Recipient:
    if one.professional_id:
        return Recipient(Realm.PROFESSIONAL, UUID(one.professional_id))
    if one.person_id:
        return Recipient(Realm.PERSON, UUID(one.person_id))
    return Recipient(Realm.SYSTEM, UUID(one.system_id))


def _visible_from(message: Any) -> datetime | None:
    return message.visible_from.ToDatetime(UTC) if message.HasField("visible_from") else None
