"""/notifications: what the caller is told."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from msgspec import Meta, Struct
from pydantic import Field
from terresante.messaging.v1 import messaging_service_pb2 as pb

from terresante_gateway import words
from terresante_gateway.codes import codes_of
from terresante_gateway.operation import CARE, Authz, To, on
from terresante_gateway.pages import ListQuery, Pages
from terresante_gateway.words import Input, OpaqueId

router = APIRouter(prefix="/v1/notifications", tags=["Notifications"])

NotificationKind = Literal[
    "member_invited",
    "member_removed",
    "document_published",
    "note_written",
    "observation_recorded",
    "emergency_opened",
    "consent_withdrawn",
    "consent_recorded",
    "activation_issued",
    "records_joined",
    "records_parted",
    "patient_admitted",
    "patient_discharged",
    "threshold_crossed",
    "mentioned",
    "urgent_unread",
    "emergency_closed",
]
KINDS = codes_of(pb.NotificationKind, "NOTIFICATION_KIND_")


class Notification(Struct):
    """Une ligne : des identifiants seulement. Ce dont elle parle se lit à sa place, et se décide là."""

    id: str
    kind: NotificationKind
    patient_id: Annotated[str | None, Meta(description="null pour un message qui ne parle d’aucun patient")]
    about_id: Annotated[
        str | None,
        Meta(
            description="Document, note, mesure, membre, accès, consentement, compte, autre identité, séjour, message"
        ),
    ]
    actor_id: Annotated[str | None, Meta(description="De qui vient l’acte")]
    at: datetime
    read_at: Annotated[datetime | None, Meta(description="null tant qu’elle n’est pas lue")]
    thread_id: Annotated[str | None, Meta(description="Où lire le message dont elle parle")]
    instead_of_id: Annotated[
        str | None, Meta(description="À la place de qui l’appelant est prévenu, pendant une absence")
    ]

    @classmethod
    def of(cls, one: pb.Notification) -> "Notification":
        """From the service's message."""
        return cls(
            one.notification_id,
            KINDS.word[one.kind],
            one.patient_id or None,
            one.about_id or None,
            one.actor_id or None,
            words.read(one.at),
            words.read(one.read_at) if one.HasField("read_at") else None,
            one.thread_id or None,
            one.instead_of_id or None,
        )


class Notifications(Struct):
    """Une page de notifications, la plus récente d’abord."""

    items: list[Notification]
    next_cursor: str | None
    unread: Annotated[int, Meta(description="Non lues en tout")]


class NotificationsQuery(ListQuery):
    """Quelles notifications."""

    unread_only: bool = Field(False, description="Seulement celles qui ne sont pas lues")


class ReadMarks(Input):
    """Ce qui a été lu."""

    ids: list[OpaqueId] = Field(min_length=1, max_length=100)


class Unread(Struct):
    """Ce qui reste."""

    unread: int


@on(router, "GET", "", "Mes notifications", Authz("notification", "list", CARE), "CURSOR_INVALID",
    "CONSENT_UNAVAILABLE")  # fmt: skip
async def list_notifications(query: Annotated[NotificationsQuery, Query()], pages: Pages, peers: To) -> Notifications:
    """Les notifications de l’appelant ; celles qui parlent d’un dossier sont décidées à nouveau maintenant."""
    reply = await peers.messaging.ListNotifications(
        pb.ListNotificationsRequest(unread_only=query.unread_only, cursor=pages.open(query), limit=query.limit)
    )
    items = [Notification.of(one) for one in reply.notifications]
    return Notifications(items, pages.seal(query, reply.next_cursor), reply.unread)


@on(router, "POST", "/read", "Marquer comme lues", Authz("notification", "mark", CARE), "NOTIFICATION_UNKNOWN")
async def mark_notifications_read(marks: ReadMarks, peers: To) -> Unread:
    """Celles qui sont déjà lues le restent."""
    reply = await peers.messaging.MarkRead(pb.MarkReadRequest(notification_ids=marks.ids))
    return Unread(reply.unread)
