"""/threads: the conversations in which the caller takes part."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from msgspec import Meta, Struct, structs
from pydantic import Field, model_validator
from terresante.messaging.v1 import conversation_service_pb2 as pb

from terresante_gateway import words
from terresante_gateway.codes import codes_of
from terresante_gateway.names import Names, Who
from terresante_gateway.operation import CARE, Authz, Id, To, Unless, Version, on
from terresante_gateway.pages import ListQuery, Pages
from terresante_gateway.routes.documents import RECORD
from terresante_gateway.routes.parties import NamesQuery, names_of, shown
from terresante_gateway.words import Input, Line, OpaqueId

router = APIRouter(prefix="/v1/threads", tags=["Conversations"])
CONVERSATION = ("THREAD_UNKNOWN", *RECORD)
"""Why anything of a conversation may be refused."""

ThreadKind = Literal["circle", "with_patient", "side", "direct", "team"]
KINDS = codes_of(pb.ThreadKind, "THREAD_KIND_")


class Thread(Struct):
    """Un fil, tel que l’appelant peut le voir."""

    id: str
    kind: Annotated[
        ThreadKind,
        Meta(
            description="circle : les professionnels du cercle ; with_patient : le patient et son cercle ;"
            " side : des membres nommés ; direct : deux professionnels ; team : l’équipe d’une structure"
        ),
    ]
    patient_id: Annotated[str | None, Meta(description="null pour un fil direct ou d’équipe")]
    structure_id: Annotated[str | None, Meta(description="D’un fil d’équipe")]
    title: Annotated[str | None, Meta(description="D’un fil « side » que l’appelant peut lire ; null dans une liste")]
    members: Annotated[list[Who], Meta(description="Membres nommés en ce moment ; noms avec names=true")]
    with_patient: Annotated[bool, Meta(description="D’un fil « side » : le patient le lit")]
    hidden_from_patient: Annotated[bool, Meta(description="Le patient ne voit pas même qu’il existe")]
    hidden_from_representatives: Annotated[bool, Meta(description="Les représentants du patient ne le voient pas")]
    opened_by_id: str | None
    opened_at: datetime
    readable: Annotated[bool, Meta(description="false : l’appelant voit seulement qu’il existe")]
    writable: Annotated[
        bool,
        Meta(description="L’appelant peut y écrire en ce moment : pour le patient, si le cercle de soins le permet"),
    ]
    last_place: Annotated[int, Meta(description="Place du dernier message que l’appelant peut lire ; 0 : aucun", ge=0)]
    last_at: datetime | None
    unread: int
    unread_urgent: int
    read_up_to: Annotated[int, Meta(description="Place jusqu’à laquelle l’appelant a lu", ge=0)]
    visible_from: Annotated[int, Meta(description="Place du premier message que l’appelant peut lire", ge=0)]
    version: Annotated[int, Meta(description="À renvoyer dans If-Match", ge=1)]

    @classmethod
    def of(cls, thread: pb.Thread, names: Names | None = None) -> "Thread":
        """From the service's message."""
        return Thread(
            thread.thread_id,
            KINDS.word[thread.kind],
            thread.patient_id or None,
            thread.structure_id or None,
            thread.title or None,
            [shown(one, names or Names()) for one in thread.members],
            thread.with_patient,
            thread.hidden_from_patient,
            thread.hidden_from_representatives,
            thread.opened_by_id or None,
            words.read(thread.opened_at),
            thread.readable,
            thread.writable,
            thread.last_place,
            words.read(thread.last_at) if thread.HasField("last_at") else None,
            thread.unread,
            thread.unread_urgent,
            thread.read_up_to,
            thread.visible_from,
            thread.version,
        )


class OpenedThread(Thread):
    """Un fil que l’on a demandé d’ouvrir."""

    opened: Annotated[bool, Meta(description="false : il était déjà là")]


class Mark(Struct):
    """Jusqu’où quelqu’un a reçu et lu un fil."""

    who: Who
    received_up_to: Annotated[int, Meta(description="Place", ge=0)]
    received_at: datetime | None
    read_up_to: Annotated[int, Meta(description="Place", ge=0)]
    read_at: datetime | None

    @classmethod
    def of(cls, mark: pb.PartyMark, names: Names) -> "Mark":
        """From the service's message."""
        return cls(
            shown(mark.party, names),
            mark.received_up_to,
            words.read(mark.received_at) if mark.HasField("received_at") else None,
            mark.read_up_to,
            words.read(mark.read_at) if mark.HasField("read_at") else None,
        )


class MarkedThread(Thread):
    """Un fil, et jusqu’où chacun l’a lu."""

    marks: list[Mark]


class Threads(Struct):
    """Une page de fils, le dernier message d’abord."""

    items: list[Thread]
    next_cursor: str | None


class ThreadsQuery(ListQuery):
    """Quels fils."""

    patient_id: OpaqueId | None = Field(None, description="Ceux de ce patient seulement")
    without_patient: bool = Field(False, description="Ceux qui ne parlent d’aucun patient seulement")
    unread_only: bool = Field(False, description="Ceux où quelque chose n’est pas lu seulement")
    names: bool = Field(False, description="Ajouter les noms des membres")

    @model_validator(mode="after")
    def _not_both(self) -> "ThreadsQuery":
        if self.patient_id is not None and self.without_patient:
            raise ValueError("patient_id et without_patient ne vont pas ensemble.")
        return self


class NewThread(Input):
    """Le fil à ouvrir. Il n’y a qu’un fil du cercle, un avec le patient, un par équipe, un pour deux personnes."""

    kind: ThreadKind
    patient_id: OpaqueId | None = Field(None, description="Pour circle, with_patient et side")
    structure_id: OpaqueId | None = Field(None, description="Pour team")
    professional_ids: list[OpaqueId] = Field(
        default_factory=list, max_length=49, description="Pour side : les autres membres ; pour direct : l’autre"
    )
    title: Annotated[Line, Field(min_length=1, max_length=100, examples=["Sortie d’hôpital"])] | None = Field(
        None, description="Pour side"
    )
    with_patient: bool = Field(False, description="Pour side : le patient le lit")
    hidden_from_patient: bool = Field(False, description="Pour side : le patient ne voit pas même qu’il existe")
    hidden_from_representatives: bool = Field(False, description="Pour side : les représentants ne le voient pas")

    def told(self) -> pb.OpenThreadRequest:
        """As messaging reads it."""
        return pb.OpenThreadRequest(
            **self.model_dump(exclude={"kind"}, exclude_none=True), kind=KINDS.number[self.kind]
        )


class ThreadChange(Input):
    """Ce qui change ; ce qui n’est pas donné reste."""

    added_professional_ids: list[OpaqueId] = Field(default_factory=list, max_length=49)
    removed_professional_ids: list[OpaqueId] = Field(
        default_factory=list, max_length=49, description="Soi-même pour quitter le fil"
    )
    hidden_from_patient: bool | None = None
    hidden_from_representatives: bool | None = None

    @model_validator(mode="after")
    def _something(self) -> "ThreadChange":
        if not self.model_dump(exclude_defaults=True):
            raise ValueError("Il faut donner quelque chose à changer.")
        return self


@on(router, "GET", "", "Mes fils", Authz("thread", "list", CARE), *CONVERSATION, "CURSOR_INVALID",
    "PATIENTS_TOO_MANY")  # fmt: skip
async def list_threads(query: Annotated[ThreadsQuery, Query()], pages: Pages, peers: To) -> Threads:
    """Les fils de l’appelant, avec ce qu’il n’a pas lu. Rien de ce qui y est écrit : ids, dates et nombres."""
    reply = await peers.conversations.ListThreads(
        pb.ListThreadsRequest(
            patient_id=query.patient_id or "",
            without_patient=query.without_patient,
            unread_only=query.unread_only,
            cursor=pages.open(query),
            limit=query.limit,
        )
    )
    names = await names_of(peers, (one for thread in reply.threads for one in thread.members)) if query.names else None
    return Threads([Thread.of(one, names) for one in reply.threads], pages.seal(query, reply.next_cursor))


@on(router, "POST", "", "Ouvrir un fil", Authz("thread", "open", CARE), *CONVERSATION, "THREAD_INVALID",
    "TITLE_INVALID", "MEMBERS_INVALID", "IDEMPOTENCY_KEY_REUSED", status=201, etag=True, keyed=True,
    unless=Unless(200, lambda thread: not thread.opened))  # fmt: skip
async def open_thread(new: NewThread, peers: To) -> OpenedThread:
    """Ouvre un fil (201), ou rend celui qui est déjà là (200)."""
    reply = await peers.conversations.OpenThread(new.told())
    return OpenedThread(**structs.asdict(Thread.of(reply.thread)), opened=reply.opened)


@on(router, "GET", "/{thread}", "Lire un fil", Authz("thread", "read", CARE), *CONVERSATION, etag=True)
async def get_thread(thread: Id, query: Annotated[NamesQuery, Query()], peers: To) -> MarkedThread:
    """Le fil, ses membres, et jusqu’où chacun l’a lu ; les messages sont à leur adresse."""
    reply = await peers.conversations.GetThread(pb.GetThreadRequest(thread_id=thread))
    parties = [*reply.thread.members, *(one.party for one in reply.marks)]
    names = await names_of(peers, parties) if query.names else Names()
    marks = [Mark.of(one, names) for one in reply.marks]
    return MarkedThread(**structs.asdict(Thread.of(reply.thread, names)), marks=marks)


@on(router, "PATCH", "/{thread}", "Changer un fil", Authz("thread", "change", ("professional",)), *CONVERSATION,
    "THREAD_NOT_CHANGEABLE", "MEMBERS_INVALID", "MEMBER_UNKNOWN", "THREAD_NOT_YOURS", "VERSION_STALE",
    etag=True, vital=True)  # fmt: skip
async def change_thread(thread: Id, change: ThreadChange, version: Version, peers: To) -> Thread:
    """Ajoute des membres, en retire, ou quitte le fil. Qui arrive voit ce qui s’écrit à partir de là."""
    reply = await peers.conversations.ChangeThread(
        pb.ChangeThreadRequest(thread_id=thread, version=version, **change.model_dump(exclude_none=True))
    )
    return Thread.of(reply.thread)
