"""Publishing a document and reading its bytes: streamed both ways, never whole in memory."""

import base64
from collections.abc import AsyncIterator
from typing import Any, cast

from fastapi import APIRouter
from pydantic import Field
from terresante.records.v1 import records_service_pb2 as pb

from terresante_gateway import words
from terresante_gateway.operation import CARE, CONTENT_SECONDS, Authz, Id, Stream, To, on
from terresante_gateway.parts import Form, Upload
from terresante_gateway.routes.documents import RECORD, Document, NewVisibility
from terresante_gateway.words import Input, Line, Moment, OpaqueId

router = APIRouter(prefix="/v1/patients/{patient}/documents", tags=["Documents"])
EXTENSIONS = {
    "application/pdf": "pdf",
    "image/jpeg": "jpg",
    "image/png": "png",
    "text/xml": "xml",
    "application/xml": "xml",
    "text/plain": "txt",
}


class NewDocument(Input):
    """Ce que l’on publie ; ses octets suivent."""

    type_code: Line = Field(
        min_length=1, max_length=64, description="Type : voir /v1/document-types", examples=["11502-2"]
    )
    title: Line = Field(min_length=1, max_length=200, examples=["Bilan biologique de suivi"])
    dated: Moment = Field(description="Date de l’acte", examples=["2026-03-02T08:00:00+01:00"])
    visibility: NewVisibility = NewVisibility()
    replaces: OpaqueId | None = Field(None, description="Le document qu’il remplace")


@on(router, "POST", "", "Publier un document", Authz("document", "publish", ("professional",)), "DOCUMENT_TYPE_UNKNOWN",
    "TITLE_INVALID", "DATE_INVALID", "CONTENT_TOO_LARGE", "CONTENT_UNSUPPORTED", "CONTENT_EMPTY", "CONTENT_LIES",
    "CONTENT_CUT", "DOCUMENT_REPLACED_ALREADY", "DOCUMENT_NOT_YOURS", "DOCUMENT_UNKNOWN", *RECORD,
    "CONTENTS_UNAVAILABLE", "IDEMPOTENCY_KEY_REUSED", "MULTIPART_INVALID", "MEDIA_TYPE_UNSUPPORTED", "BODY_TOO_LARGE",
    "JSON_INVALID", "FIELDS_INVALID", "REQUEST_TOO_SLOW", status=201, etag=True, keyed=True,
    form=NewDocument, seconds=CONTENT_SECONDS)  # fmt: skip
async def publish_document(patient: Id, form: Form, peers: To) -> Document:
    """Formulaire en deux parties : `description` (JSON), puis `content` (PDF, JPEG, PNG, CDA, texte ; 25 Mio)."""
    new = await form.description(NewDocument)
    description = pb.DocumentDescription(
        patient_id=patient,
        type_code=new.type_code,
        title=new.title,
        dated=words.timestamp(new.dated),
        visibility=new.visibility.told(),
        replaces=new.replaces or "",
        claimed_media_type=await form.media_type(),
    )
    publish = cast(Any, peers.records.PublishDocument)  # the platform's stub takes `seconds`
    reply = await form.sent(publish(_messages(description, form), seconds=CONTENT_SECONDS))
    return Document.of(reply.document)


async def _messages(description: pb.DocumentDescription, form: Upload) -> AsyncIterator[pb.PublishDocumentRequest]:
    """The description, the chunks, and an empty chunk that says "this was all".

    A receiver cannot tell a stream that was broken off from one that ended (grpc.aio reads both as the end, and cancels
    a moment later): only the last message proves that the form came to its own end.
    """
    yield pb.PublishDocumentRequest(description=description)
    async for chunk in form.chunks():
        yield pb.PublishDocumentRequest(chunk=chunk)
    yield pb.PublishDocumentRequest(chunk=b"")


@on(router, "GET", "/{document}/content", "Télécharger un document", Authz("document", "read", CARE),
    "DOCUMENT_UNKNOWN", *RECORD, "CONTENTS_UNAVAILABLE", seconds=CONTENT_SECONDS,
    answer_media_type="application/octet-stream")  # fmt: skip
async def read_content(patient: Id, document: Id, peers: To) -> Stream:
    """Les octets tels qu’ils ont été publiés, en pièce jointe ; `Repr-Digest` en donne l’empreinte (RFC 9530)."""
    read = cast(Any, peers.records.ReadContent)  # the platform's stub takes `seconds`
    messages = read(pb.ReadContentRequest(patient_id=patient, document_id=document), seconds=CONTENT_SECONDS)
    about = (await anext(messages)).document
    extension = EXTENSIONS.get(about.media_type, "bin")
    digest = base64.b64encode(bytes.fromhex(about.sha256)).decode()
    headers = [
        (b"content-length", b"%d" % about.size),
        (b"content-disposition", f'attachment; filename="{document}.{extension}"'.encode()),
        (b"repr-digest", f"sha-256=:{digest}:".encode()),
    ]
    return Stream(about.media_type, _bytes_of(messages), headers)


async def _bytes_of(messages: AsyncIterator[pb.ReadContentResponse]) -> AsyncIterator[bytes]:
    async for message in messages:
        yield message.chunk
