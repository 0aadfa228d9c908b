"""/threads/{thread}/messages/{message}: what its author changes of it, and the answers to what it holds."""

from fastapi import APIRouter
from pydantic import Field
from terresante.messaging.v1 import conversation_service_pb2 as pb

from terresante_gateway.operation import CARE, Authz, Id, To, Version, on
from terresante_gateway.routes.items import NewAnswer
from terresante_gateway.routes.messages import Mentions, Message, MessageText
from terresante_gateway.routes.threads import CONVERSATION
from terresante_gateway.words import Input

router = APIRouter(prefix="/v1/threads/{thread}/messages/{message}", tags=["Conversations"])


class NewMessageText(Input):
    """Le nouveau texte, et qui y est nommé."""

    text: MessageText = Field(examples=["Le pansement est à refaire vendredi."])
    mentions: Mentions = Field(default_factory=list)


@on(router, "PUT", "", "Reprendre un message", Authz("message", "change", CARE), *CONVERSATION, "MESSAGE_UNKNOWN",
    "MESSAGE_NOT_YOURS", "MESSAGE_DELETED", "TEXT_INVALID", "MENTIONS_INVALID", "VERSION_STALE",
    etag=True)  # fmt: skip
async def edit_message(thread: Id, message: Id, new: NewMessageText, version: Version, peers: To) -> Message:
    """Remplace le texte de son propre message ; les textes précédents sont gardés et montrés."""
    reply = await peers.conversations.EditMessage(
        pb.EditMessageRequest(
            thread_id=thread,
            message_id=message,
            version=version,
            text=new.text,
            mentions=[one.told() for one in new.mentions],
        )
    )
    return Message.of(reply.message)


@on(router, "DELETE", "", "Supprimer un message", Authz("message", "change", CARE), *CONVERSATION, "MESSAGE_UNKNOWN",
    "MESSAGE_NOT_YOURS", "MESSAGE_DELETED", "VERSION_STALE", etag=True, vital=True)  # fmt: skip
async def delete_message(thread: Id, message: Id, version: Version, peers: To) -> Message:
    """Reprend son propre message, et rend ce qu’il en reste : qui l’avait écrit, et quand."""
    reply = await peers.conversations.DeleteMessage(
        pb.DeleteMessageRequest(thread_id=thread, message_id=message, version=version)
    )
    return Message.of(reply.message)


@on(router, "POST", "/answers", "Répondre à un message", Authz("message", "answer", CARE), *CONVERSATION,
    "MESSAGE_UNKNOWN", "MESSAGE_DELETED", "ANSWER_INVALID", "ITEM_NOT_YOURS", "IDEMPOTENCY_KEY_REUSED", status=201,
    etag=True, keyed=True)  # fmt: skip
async def answer_item(thread: Id, message: Id, answer: NewAnswer, peers: To) -> Message:
    """Dit où en est une tâche, quel moment convient, ou remplit un formulaire ; rend le message avec ses réponses."""
    reply = await peers.conversations.AnswerItem(
        pb.AnswerItemRequest(thread_id=thread, message_id=message, answer=answer.told())
    )
    return Message.of(reply.message)
