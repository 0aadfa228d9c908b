"""What happens, as portals read it: ids only. The same in the stream, in the feed, and in webhooks."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct
from terresante.messaging.v1 import feed_service_pb2 as pb

from terresante_gateway import words
from terresante_gateway.codes import codes_of

HappeningKind = Literal[
    "thread_opened",
    "thread_changed",
    "message_posted",
    "message_edited",
    "message_deleted",
    "item_answered",
    "thread_marked",
    "thumbnail_made",
    "notified",
    "standing_changed",
]
KINDS = codes_of(pb.EventKind, "EVENT_KIND_")


class Happening(Struct):
    """Ce qui s’est passé : des identifiants seulement. Ce dont il s’agit se lit à sa place, et se décide là."""

    kind: Annotated[
        HappeningKind,
        Meta(
            description="thread_marked : quelqu’un a reçu ou lu jusqu’à `place` ; notified : une notification de plus ;"
            " standing_changed : ce que l’appelant peut voir de ce patient a pu changer, tout relire"
        ),
    ]
    cursor: Annotated[str, Meta(description="Pour reprendre après ceci")]
    at: datetime
    patient_id: str | None
    thread_id: str | None
    message_id: str | None
    place: Annotated[int | None, Meta(description="Celle du message dans le fil, ou jusqu’où il a été lu")]
    actor_id: Annotated[str | None, Meta(description="De qui vient l’acte")]
    notification_id: str | None
    attachment_id: Annotated[str | None, Meta(description="Le fichier dont la vignette est prête")]
    urgent: bool
    recipient_professional_id: Annotated[str | None, Meta(description="Pour un portail : le professionnel concerné")]
    recipient_person_id: Annotated[str | None, Meta(description="Pour un portail : la personne concernée")]

    @classmethod
    def of(cls, event: pb.Event, cursor: str) -> "Happening":
        """From the service's message."""
        return cls(
            KINDS.word[event.kind],
            cursor,
            words.read(event.at),
            event.patient_id or None,
            event.thread_id or None,
            event.message_id or None,
            event.place or None,
            event.actor_id or None,
            event.notification_id or None,
            event.attachment_id or None,
            event.urgent,
            event.recipient_professional_id or None,
            event.recipient_person_id or None,
        )
