"""/unread and /threads/{thread}/mark: what the caller has not read, and up to where they have."""

from typing import Annotated

from fastapi import APIRouter
from msgspec import Meta, Struct
from pydantic import Field
from terresante.messaging.v1 import conversation_service_pb2 as pb

from terresante_gateway.exchange import LARGEST_VERSION
from terresante_gateway.operation import CARE, Authz, Id, To, on
from terresante_gateway.routes.documents import RECORD
from terresante_gateway.routes.threads import CONVERSATION
from terresante_gateway.words import Input

router = APIRouter(prefix="/v1", tags=["Conversations"])


class PatientUnread(Struct):
    """Ce qui n’est pas lu autour d’un patient."""

    patient_id: str
    unread: int
    unread_urgent: int


class UnreadCounts(Struct):
    """Ce que l’appelant n’a pas lu, de ce qu’il peut lire maintenant."""

    unread: Annotated[int, Meta(description="En tout")]
    unread_urgent: int
    patients: Annotated[list[PatientUnread], Meta(description="Ceux autour de qui quelque chose n’est pas lu")]


class NewMark(Input):
    """Jusqu’où l’appelant a reçu et lu ; une place plus petite que la dernière dite ne change rien."""

    received_up_to: int = Field(0, ge=0, le=LARGEST_VERSION, description="Place ; 0 : comme avant")
    read_up_to: int = Field(0, ge=0, le=LARGEST_VERSION, description="Place ; 0 : comme avant", examples=[12])


class ThreadUnread(Struct):
    """Ce qui reste."""

    unread: Annotated[int, Meta(description="Dans ce fil")]


@on(router, "GET", "/unread", "Ce que je n’ai pas lu", Authz("thread", "list", CARE), *RECORD,
    "PATIENTS_TOO_MANY")  # fmt: skip
async def count_unread(peers: To) -> UnreadCounts:
    """Des nombres exacts, décidés maintenant."""
    reply = await peers.conversations.CountUnread(pb.CountUnreadRequest())
    patients = [PatientUnread(one.patient_id, one.unread, one.unread_urgent) for one in reply.patients]
    return UnreadCounts(reply.unread, reply.unread_urgent, patients)


@on(router, "PUT", "/threads/{thread}/mark", "Dire ce que j’ai lu", Authz("thread", "mark", CARE), *CONVERSATION,
    "PLACE_INVALID")  # fmt: skip
async def mark_thread(thread: Id, mark: NewMark, peers: To) -> ThreadUnread:
    """Jusqu’à quel message l’appelant a reçu et lu le fil. Les autres le voient ; on n’avance que vers la fin."""
    reply = await peers.conversations.MarkThread(
        pb.MarkThreadRequest(thread_id=thread, received_up_to=mark.received_up_to, read_up_to=mark.read_up_to)
    )
    return ThreadUnread(reply.unread)
