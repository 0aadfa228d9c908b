"""Questions to consent about conversations, and what it decided."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from terresante.consent.v1 import decision_service_pb2 as pb

from terresante_messaging.domain.people import PatientId, Realm, Recipient
from terresante_messaging.domain.threads import Thread, ThreadKind, hiding

READ = pb.ACTION_READ_CONVERSATION
WRITE = pb.ACTION_WRITE_CONVERSATION
CATEGORY = "message"


def about(action: pb.Action.ValueType, thread: Thread, who: Recipient) -> pb.Question:
    """May `who`, the caller, do this in that thread?"""
    if thread.kind is ThreadKind.DIRECT:
        return pb.Question(action=pb.ACTION_USE_DIRECT_MESSAGES)
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


def visible_from(decision: pb.Decision) -> datetime | None:
    """From which moment on; None: from the beginning."""
    if decision.HasField("scope") and decision.scope.HasField("visible_from"):
        return decision.scope.visible_from.ToDatetime(UTC)
    return None


def optional_moment(message: Any) -> datetime | None:
    """The moment from which on; None: from the beginning."""
    return message.visible_from.ToDatetime(UTC) if message.HasField("visible_from") else None


def tellable_request(patients: Iterable[PatientId]) -> pb.ListTellableRequest:
    """May the caller be told of these patients' messages?"""
    return pb.ListTellableRequest(
        topics=[pb.Topic(patient_id=str(one), resource_kind=pb.RESOURCE_KIND_MESSAGE) for one in patients]
    )


def conversation(thread: Thread) -> pb.Conversation:
    """A conversation, by who could be in it."""
    if thread.two is not None:
        return pb.Conversation(party_ids=map(str, thread.two))
    if thread.patient is not None:
        return pb.Conversation(patient_id=str(thread.patient))
    return pb.Conversation(structure_id=str(thread.structure))


def readers(message: pb.Readers) -> dict[Recipient, datetime | None]:
    """Who may read, and from which moment on. Portals are left out: they read for others."""
    found: dict[Recipient, datetime | None] = {}
    for one in message.readers:
        if one.professional_id:
            found[Recipient(Realm.PROFESSIONAL, UUID(one.professional_id))] = optional_moment(one)
        elif one.person_id:
            found[Recipient(Realm.PERSON, UUID(one.person_id))] = optional_moment(one)
    return found
