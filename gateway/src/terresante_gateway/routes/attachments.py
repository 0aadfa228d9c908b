"""/threads/{thread}/attachments: files that go with messages, streamed both ways, never whole in memory."""

import base64
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter
from msgspec import Meta, Struct
from pydantic import Field
from terresante.messaging.v1 import attachment_service_pb2 as pb
from terresante.messaging.v1 import conversation_service_pb2 as conversations

from terresante_gateway.codes import codes_of
from terresante_gateway.limits import Budget
from terresante_gateway.operation import CARE, CONTENT_SECONDS, Authz, Id, Stream, To, on
from terresante_gateway.parts import Form, Upload
from terresante_gateway.routes.contents import EXTENSIONS
from terresante_gateway.routes.threads import CONVERSATION
from terresante_gateway.words import Input, Line

router = APIRouter(prefix="/v1/threads/{thread}/attachments", tags=["Conversations"])

ThumbnailState = Literal["none", "waiting", "ready", "failed"]
THUMBNAILS = codes_of(conversations.ThumbnailState, "THUMBNAIL_STATE_")


class Attachment(Struct):
    """Un fichier joint."""

    id: str
    name: Annotated[str, Meta(examples=["plaie-talon.jpg"])]
    media_type: Annotated[str, Meta(description="Trouvé dans les octets", examples=["image/jpeg"])]
    size: Annotated[int, Meta(description="Octets, une fois retiré ce que l’appareil dit du lieu", examples=[48213])]
    sha256: Annotated[str, Meta(description="SHA-256 des octets gardés, hexadécimal")]
    thumbnail: Annotated[ThumbnailState, Meta(description="La vignette : aucune, en préparation, prête, impossible")]

    @classmethod
    def of(cls, attachment: conversations.Attachment) -> "Attachment":
        """From the service's message."""
        return cls(
            attachment.attachment_id,
            attachment.name,
            attachment.media_type,
            attachment.size,
            attachment.sha256,
            THUMBNAILS.word[attachment.thumbnail],
        )


class NewAttachment(Input):
    """Ce que l’on joint ; ses octets suivent."""

    name: Line = Field(
        min_length=1, max_length=200, description="Nom du fichier, sans chemin", examples=["plaie-talon.jpg"]
    )


@on(router, "POST", "", "Joindre un fichier", Authz("attachment", "publish", CARE), *CONVERSATION, "CONTENT_EMPTY",
    "CONTENT_TOO_LARGE", "CONTENT_UNSUPPORTED", "CONTENT_LIES", "CONTENT_CUT", "NAME_INVALID", "ATTACHMENTS_TOO_MANY",
    "CONTENTS_UNAVAILABLE", "IDEMPOTENCY_KEY_REUSED", "MULTIPART_INVALID", "MEDIA_TYPE_UNSUPPORTED", "BODY_TOO_LARGE",
    "JSON_INVALID", "FIELDS_INVALID", "REQUEST_TOO_SLOW", status=201, keyed=True, form=NewAttachment,
    seconds=CONTENT_SECONDS, limit=Budget.UPLOADS)  # fmt: skip
async def upload_attachment(thread: Id, form: Form, peers: To) -> Attachment:
    """Formulaire en deux parties : `description` (JSON), puis `content` (photo, PDF… ; 25 Mio). À citer dans un message
    du fil dans la journée. Le lieu et l’appareil qu’une photo raconte sont retirés avant que rien ne soit gardé.
    """
    new = await form.description(NewAttachment)
    description = pb.AttachmentDescription(thread_id=thread, name=new.name, claimed_media_type=await form.media_type())
    upload = cast(Any, peers.attachments.UploadAttachment)  # the platform's stub takes `seconds`
    reply = await form.sent(upload(_messages(description, form), seconds=CONTENT_SECONDS))
    return Attachment.of(reply.attachment)


async def _messages(description: pb.AttachmentDescription, form: Upload) -> AsyncIterator[pb.UploadAttachmentRequest]:
    """The description, the chunks, and the empty chunk that says "this was all" (see `contents.py`)."""
    yield pb.UploadAttachmentRequest(description=description)
    async for chunk in form.chunks():
        yield pb.UploadAttachmentRequest(chunk=chunk)
    yield pb.UploadAttachmentRequest(chunk=b"")


@on(router, "GET", "/{attachment}/content", "Télécharger un fichier joint", Authz("attachment", "read", CARE),
    *CONVERSATION, "ATTACHMENT_UNKNOWN", "CONTENTS_UNAVAILABLE", seconds=CONTENT_SECONDS,
    answer_media_type="application/octet-stream")  # fmt: skip
async def read_attachment(thread: Id, attachment: Id, peers: To) -> Stream:
    """Les octets gardés, en pièce jointe ; `Repr-Digest` en donne l’empreinte (RFC 9530)."""
    read = cast(Any, peers.attachments.ReadAttachment)  # the platform's stub takes `seconds`
    messages = read(pb.ReadAttachmentRequest(thread_id=thread, attachment_id=attachment), seconds=CONTENT_SECONDS)
    about = (await anext(messages)).attachment
    extension = EXTENSIONS.get(about.media_type, "bin")
    digest = base64.b64encode(bytes.fromhex(about.sha256)).decode()
    headers = [
        (b"content-length", b"%d" % about.size),
        (b"content-disposition", f'attachment; filename="{attachment}.{extension}"'.encode()),
        (b"repr-digest", f"sha-256=:{digest}:".encode()),
    ]
    return Stream(about.media_type, _bytes_of(messages), headers)


async def _bytes_of(messages: AsyncIterator[pb.ReadAttachmentResponse]) -> AsyncIterator[bytes]:
    async for message in messages:
        yield message.chunk


@on(router, "GET", "/{attachment}/thumbnail", "Voir la vignette", Authz("attachment", "read", CARE), *CONVERSATION,
    "ATTACHMENT_UNKNOWN", "THUMBNAIL_NOT_READY", "CONTENTS_UNAVAILABLE",
    answer_media_type="application/octet-stream")  # fmt: skip
async def read_thumbnail(thread: Id, attachment: Id, peers: To) -> Stream:
    """Une petite image JPEG, 320 pixels de large et de haut au plus."""
    reply = await peers.attachments.ReadThumbnail(pb.ReadThumbnailRequest(thread_id=thread, attachment_id=attachment))
    return Stream("image/jpeg", _once(reply.jpeg), [(b"content-length", b"%d" % len(reply.jpeg))])


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
