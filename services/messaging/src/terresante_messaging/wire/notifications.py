"""Between protobuf and the domain: the contract's messages, others' events, and questions to consent."""

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any
from uuid import UUID

from terresante.consent.v1 import consent_service_pb2 as consents_pb
from terresante.consent.v1 import decision_service_pb2 as decisions_pb
from terresante.messaging.v1 import messaging_service_pb2 as pb
from terresante.records.v1 import records_events_pb2 as records_pb
from terresante_platform.ids import parsed
from terresante_platform.refusals import Invalid

from terresante_messaging.domain.notifications import (
    Audience,
    Concerned,
    Happening,
    Kind,
    Notification,
    Topic,
)
from terresante_messaging.domain.people import ActorId, NotificationId, PatientId
from terresante_messaging.wire.parts import stamp

MOST = 100
_KINDS: Mapping[Kind, Any] = {kind: pb.NotificationKind.Value(f"NOTIFICATION_KIND_{kind.value}") for kind in Kind}
_RESOURCES: Mapping[Kind, Any] = {
    Kind.DOCUMENT_PUBLISHED: decisions_pb.RESOURCE_KIND_DOCUMENT,
    Kind.NOTE_WRITTEN: decisions_pb.RESOURCE_KIND_NOTE,
    Kind.OBSERVATION_RECORDED: decisions_pb.RESOURCE_KIND_OBSERVATION,
    Kind.PATIENT_ADMITTED: decisions_pb.RESOURCE_KIND_NOTE,
    Kind.PATIENT_DISCHARGED: decisions_pb.RESOURCE_KIND_NOTE,
    Kind.THRESHOLD_CROSSED: decisions_pb.RESOURCE_KIND_OBSERVATION,
}
"""What consent is asked about: a stay is decided as a note is, a threshold as an observation (alert_service.proto)."""


class TooManyIds(Invalid):
    """More ids than one call takes."""

    reason = "TOO_MANY_IDS"


def notification_ids(texts: Sequence[str]) -> set[NotificationId]:
    """Refuses with TOO_MANY_IDS over 100, ID_INVALID."""
    if len(texts) > MOST:
        raise TooManyIds(f"Pas plus de {MOST} notifications à la fois.", "Marquez-les en plusieurs fois.")
    return {NotificationId(parsed(text, "notification_ids")) for text in texts}


def notification_to_proto(notification: Notification) -> pb.Notification:
    """A notification."""
    return pb.Notification(
        notification_id=str(notification.id),
        kind=_KINDS[notification.kind],
        patient_id=str(notification.patient or ""),
        about_id=str(notification.about),
        actor_id=str(notification.actor) if notification.actor else "",
        at=stamp(notification.at),
        read_at=stamp(notification.read_at),
        thread_id=str(notification.thread or ""),
        instead_of_id=str(notification.instead_of or ""),
    )


def topic_to_proto(topic: Topic) -> decisions_pb.Topic:
    """News of one kind from one patient's record."""
    return decisions_pb.Topic(patient_id=str(topic.patient), resource_kind=_RESOURCES[topic.kind])


def concerned(message: consents_pb.ListConcernedResponse) -> Concerned:
    """Who has a standing."""
    return Concerned(frozenset(map(UUID, message.professional_ids)), frozenset(map(UUID, message.representative_ids)))


def audience(message: records_pb.Audience) -> Audience:
    """Nobody when unset."""
    return Audience(message.professionals, message.patient, message.representatives)


def happening_to(kind: Kind, person: str, event: Any) -> Happening:
    """What happened to somebody's own account. Raises ValueError for an id that is none."""
    return Happening(kind, PatientId(UUID(person)), UUID(person), event.at.ToDatetime(UTC))


def happenings_to_two(kind: Kind, event: Any, other: str) -> tuple[Happening, Happening]:
    """What happened to two patients, told to each of the other. Raises ValueError for ids that are none."""
    first, second = UUID(event.patient_id), UUID(other)
    at = event.at.ToDatetime(UTC)
    return Happening(kind, PatientId(first), second, at), Happening(kind, PatientId(second), first, at)


def happening(kind: Kind, event: Any, about: str, actor: str = "", member: str = "") -> Happening:
    """What an event tells. Raises ValueError for ids that are none: such an event can never be applied."""
    return Happening(
        kind,
        PatientId(UUID(event.patient_id)),
        UUID(about),
        event.at.ToDatetime(UTC),
        ActorId(UUID(actor)) if actor else None,
        UUID(member) if member else None,
    )
