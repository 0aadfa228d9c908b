"""/threads/{thread}/messages: what is written in a conversation; and what is found in all of them."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from msgspec import Meta, Struct, structs
from pydantic import Field, model_validator
from terresante.messaging.v1 import conversation_service_pb2 as pb

from terresante_gateway import words
from terresante_gateway.codes import codes_of
from terresante_gateway.exchange import LARGEST_VERSION
from terresante_gateway.limits import Budget
from terresante_gateway.names import Names, Who
from terresante_gateway.operation import CARE, Authz, Id, To, on
from terresante_gateway.pages import ListQuery, Pages
from terresante_gateway.routes.attachments import Attachment
from terresante_gateway.routes.documents import RECORD
from terresante_gateway.routes.items import Item, ItemAct, NewItem
from terresante_gateway.routes.parties import NamesQuery, NewParty, names_of, shown
from terresante_gateway.routes.threads import CONVERSATION
from terresante_gateway.words import Input, Line, OpaqueId, Text

router = APIRouter(prefix="/v1", tags=["Conversations"])
MESSAGES = "/threads/{thread}/messages"

Origin = Literal["platform"]
ORIGINS = codes_of(pb.MessageOrigin, "MESSAGE_ORIGIN_")
MessageText = Annotated[Text, Field(max_length=10_000, examples=["Le pansement est à refaire jeudi."])]
Mentions = Annotated[list[NewParty], Field(max_length=50, description="Qui est nommé, parmi qui peut lire le fil")]


class Message(Struct):
    """Un message. Supprimé, il en reste l’auteur et la date."""

    id: str
    thread_id: str
    place: Annotated[int, Meta(description="1, 2, 3… dans le fil : un seul ordre pour tous", ge=1)]
    author: Annotated[Who, Meta(description="Son nom avec names=true seulement")]
    author_place_id: Annotated[str | None, Meta(description="Le lieu d’exercice d’où c’est écrit")]
    sent_at: datetime
    text: Annotated[str, Meta(examples=["Le pansement est à refaire jeudi."])]
    urgent: bool
    quoted_message_id: str | None
    mentions: list[Who]
    attachments: list[Attachment]
    item: Item | None
    acts: Annotated[list[ItemAct], Meta(description="Les réponses à ce que le message porte")]
    edited_at: Annotated[datetime | None, Meta(description="Si le texte a été remplacé")]
    deleted_at: datetime | None
    origin: Origin
    version: Annotated[int, Meta(description="À renvoyer dans If-Match", ge=1)]

    @classmethod
    def of(cls, message: pb.Message, names: Names | None = None) -> "Message":
        """From the service's message."""
        known = names or Names()
        return Message(
            message.message_id,
            message.thread_id,
            message.place,
            shown(message.author, known),
            message.author_place_id or None,
            words.read(message.sent_at),
            message.text,
            message.urgent,
            message.quoted_message_id or None,
            [shown(one, known) for one in message.mentions],
            [Attachment.of(one) for one in message.attachments],
            Item.of(message.item, known) if message.HasField("item") else None,
            [ItemAct.of(one, known) for one in message.acts],
            words.read(message.edited_at) if message.HasField("edited_at") else None,
            words.read(message.deleted_at) if message.HasField("deleted_at") else None,
            ORIGINS.word[message.origin],
            message.version,
        )


class Messages(Struct):
    """Une page d’un fil, dans l’ordre des places."""

    items: list[Message]
    more_before: Annotated[bool, Meta(description="Il y en a de plus anciens : demander before=<première place>")]
    more_after: Annotated[bool, Meta(description="Il y en a de plus récents : demander after=<dernière place>")]


class MessagesQuery(NamesQuery):
    """Quelle page : sans before ni after, la plus récente."""

    before: int | None = Field(None, ge=1, le=LARGEST_VERSION, description="Ceux d’avant cette place")
    after: int | None = Field(
        None, ge=0, le=LARGEST_VERSION, description="Ceux d’après cette place ; 0 : depuis le début"
    )
    limit: int = Field(50, ge=1, le=100, description="Messages par page, au plus", examples=[20])

    @model_validator(mode="after")
    def _not_both(self) -> "MessagesQuery":
        if self.before is not None and self.after is not None:
            raise ValueError("before et after ne vont pas ensemble.")
        return self


class NewMessage(Input):
    """Ce que l’on écrit ; le texte peut manquer avec un fichier joint ou une chose à faire."""

    text: MessageText = ""
    urgent: bool = False
    quoted_message_id: OpaqueId | None = Field(None, description="Un message de ce fil")
    mentions: Mentions = Field(default_factory=list)
    attachment_ids: list[OpaqueId] = Field(
        default_factory=list, max_length=10, description="Ce que l’appelant a joint à ce fil et n’a pas encore envoyé"
    )
    item: NewItem | None = None

    def told(self, thread: str) -> pb.PostMessageRequest:
        """As messaging reads it."""
        return pb.PostMessageRequest(
            thread_id=thread,
            text=self.text,
            urgent=self.urgent,
            quoted_message_id=self.quoted_message_id or "",
            mentions=[one.told() for one in self.mentions],
            attachment_ids=self.attachment_ids,
            item=self.item.told() if self.item else None,
        )


class FormerText(Struct):
    """Un texte qui a été remplacé."""

    text: str
    version: int
    until: datetime


class Receipt(Struct):
    """Quelqu’un qui a reçu le message, et l’a lu."""

    who: Who
    received_at: datetime | None
    read_at: Annotated[datetime | None, Meta(description="null tant qu’il n’est pas lu")]


class MessageLife(Message):
    """Un message et ce qui lui est arrivé."""

    former: Annotated[list[FormerText], Meta(description="Textes précédents, le plus ancien d’abord")]
    receipts: list[Receipt]

    @classmethod
    def of_life(cls, reply: pb.GetMessageResponse, names: Names) -> "MessageLife":
        """From the service's answer."""
        return cls(
            **structs.asdict(Message.of(reply.message, names)),
            former=[FormerText(one.text, one.version, words.read(one.until)) for one in reply.former],
            receipts=[
                Receipt(
                    shown(one.party, names),
                    words.read(one.received_at) if one.HasField("received_at") else None,
                    words.read(one.read_at) if one.HasField("read_at") else None,
                )
                for one in reply.receipts
            ],
        )


class MessageSearch(ListQuery):
    """Ce que l’on cherche : dans le corps, car aucune adresse ne dit ces mots."""

    query: Line = Field(min_length=2, max_length=100, description="Des débuts de mots", examples=["pansement jeudi"])
    patient_id: OpaqueId | None = None
    thread_id: OpaqueId | None = None
    limit: int = Field(20, ge=1, le=50, description="Messages par page, au plus")
    names: bool = Field(False, description="Ajouter les noms que l’appelant peut connaître")


class FoundMessages(Struct):
    """Ce qui est trouvé, le plus récent d’abord."""

    items: list[Message]
    next_cursor: Annotated[str | None, Meta(description="Pour chercher plus loin ; null : tout a été regardé")]
    looked_back_to: Annotated[datetime | None, Meta(description="Tout ce qui est lisible a été regardé jusque-là")]


def parties_of(messages: Iterable[pb.Message]) -> Iterator[pb.Party]:
    """Everybody whom these messages show."""
    for message in messages:
        yield message.author
        yield from message.mentions
        yield message.item.task.who
        yield from (act.actor for act in message.acts)


@on(router, "GET", MESSAGES, "Lire un fil", Authz("message", "list", CARE), *CONVERSATION, "PLACE_INVALID")
async def list_messages(thread: Id, query: Annotated[MessagesQuery, Query()], peers: To) -> Messages:
    """Une page du fil. Lire est un accès comme un autre : c’est inscrit au journal du patient."""
    reply = await peers.conversations.ListMessages(
        pb.ListMessagesRequest(thread_id=thread, before=query.before or 0, after=query.after, limit=query.limit)
    )
    names = await names_of(peers, parties_of(reply.messages)) if query.names else None
    return Messages([Message.of(one, names) for one in reply.messages], reply.more_before, reply.more_after)


@on(router, "POST", MESSAGES, "Écrire un message", Authz("message", "post", CARE), *CONVERSATION, "MESSAGE_INVALID",
    "TEXT_INVALID", "MENTIONS_INVALID", "MESSAGE_UNKNOWN", "ATTACHMENT_UNKNOWN", "DOCUMENT_UNKNOWN",
    "IDEMPOTENCY_KEY_REUSED", status=201, etag=True, keyed=True, limit=Budget.MESSAGES)  # fmt: skip
async def post_message(thread: Id, new: NewMessage, peers: To) -> Message:
    """Ajoute un message au fil ; qui peut le lire en est prévenu comme il l’a choisi."""
    reply = await peers.conversations.PostMessage(new.told(thread))
    return Message.of(reply.message)


@on(router, "GET", f"{MESSAGES}/{{message}}", "Lire un message", Authz("message", "read", CARE), *CONVERSATION,
    "MESSAGE_UNKNOWN", etag=True)  # fmt: skip
async def get_message(thread: Id, message: Id, query: Annotated[NamesQuery, Query()], peers: To) -> MessageLife:
    """Le message, ses textes précédents, ce qu’on en a fait, qui l’a reçu et lu."""
    reply = await peers.conversations.GetMessage(pb.GetMessageRequest(thread_id=thread, message_id=message))
    parties = [*parties_of([reply.message]), *(one.party for one in reply.receipts)]
    names = await names_of(peers, parties) if query.names else Names()
    return MessageLife.of_life(reply, names)


@on(router, "POST", "/messages/search", "Chercher dans les messages", Authz("message", "search", CARE), *RECORD,
    "THREAD_UNKNOWN", "SEARCH_INVALID", "CURSOR_INVALID", "PATIENTS_TOO_MANY", limit=Budget.SEARCHES)  # fmt: skip
async def search_messages(search: MessageSearch, pages: Pages, peers: To) -> FoundMessages:
    """Les messages où se trouvent tous ces débuts de mots, parmi ce que l’appelant peut lire maintenant. Une demande
    regarde un nombre borné de messages : `next_cursor` continue, `looked_back_to` dit jusqu’où elle est allée.
    """
    reply = await peers.conversations.SearchMessages(
        pb.SearchMessagesRequest(
            query=search.query,
            patient_id=search.patient_id or "",
            thread_id=search.thread_id or "",
            cursor=pages.open(search),
            limit=search.limit,
        )
    )
    names = await names_of(peers, parties_of(reply.messages)) if search.names else None
    return FoundMessages(
        [Message.of(one, names) for one in reply.messages],
        pages.seal(search, reply.next_cursor),
        words.read(reply.looked_back_to) if reply.HasField("looked_back_to") else None,
    )
