"""/imports: a file is sent, streamed to the directory as it comes; its chosen lines are applied, or it is forgotten."""

from collections.abc import AsyncIterator
from typing import Any, cast

from fastapi import APIRouter
from msgspec import Struct
from pydantic import Field
from terresante.directory.v1 import import_service_pb2 as pb

from terresante_gateway.operation import Authz, Id, To, Version, on
from terresante_gateway.parts import FileForm, Upload
from terresante_gateway.routes.directory_acts import patiently
from terresante_gateway.routes.imports import FORMATS, Import, SourceFormat
from terresante_gateway.routes.sheets import ADMINISTRATORS, VERSIONS, Why
from terresante_gateway.words import Input, Line

router = APIRouter(prefix="/v1/imports", tags=["Imports dans l’annuaire"])

FILE_SECONDS = 600.0
"""A national extract over a slow line."""
APPLYING_SECONDS = 25.0
"""Up to 200 lines are applied before the answer."""
PIECE = 512 * 1024


class NewImport(Input):
    """Ce qu’est le fichier ; ses octets suivent."""

    format: SourceFormat = Field(
        description="Extraction de l’Annuaire Santé, de FINESS, Bundle ou NDJSON du ROR, ou nos propres colonnes"
    )
    file_name: Line = Field(min_length=1, max_length=200, description="Montré aux personnes", examples=["equipe.csv"])
    territory_code: Line = Field("", max_length=32, description="Vide : tous ceux de l’administrateur")
    complete: bool = Field(False, description="Le fichier dit tout : ce qu’il ne dit plus est proposé comme disparu")


class TakenFile(Struct):
    """Le fichier est pris, et se lit."""

    id: str


class Applying(Input):
    """Pourquoi on applique les lignes choisies."""

    why: Why = ""


@on(router, "POST", "", "Envoyer un fichier", Authz("import", "send", ADMINISTRATORS), "SOURCE_FORMAT_UNKNOWN",
    "FILE_DESCRIPTION_MISSING", "FILE_EMPTY", "FILE_TOO_LARGE", "FILE_ENCODING_UNKNOWN", "FILE_UNREADABLE", "FILE_CUT",
    "FILE_TOO_SLOW", "IMPORTS_BUSY", "TERRITORY_NOT_YOURS", "TERRITORY_UNKNOWN", "ADMINISTRATOR_UNKNOWN",
    "CONTENT_TOO_LARGE", "MULTIPART_INVALID",
    "MEDIA_TYPE_UNSUPPORTED", "BODY_TOO_LARGE", "JSON_INVALID", "FIELDS_INVALID", "REQUEST_TOO_SLOW", status=202,
    form=NewImport, seconds=FILE_SECONDS)  # fmt: skip
async def send_import(form: FileForm, peers: To) -> TakenFile:
    """Formulaire en deux parties : `description` (JSON), puis `content` (1 Gio). Rien ne change encore."""
    new = await form.description(NewImport)
    description = pb.FileDescription(
        format=FORMATS.number[new.format],
        file_name=new.file_name,
        territory_code=new.territory_code,
        complete=new.complete,
        closed=True,
    )
    await form.media_type()
    upload = cast(Any, peers.imports.UploadFile)  # the platform's stub takes `seconds`
    reply = await form.sent(upload(_messages(description, form), seconds=FILE_SECONDS))
    return TakenFile(reply.import_id)


async def _messages(description: pb.FileDescription, form: Upload) -> AsyncIterator[pb.UploadFileRequest]:
    """The description, the pieces, and an empty one that says that this was all (see `contents.py`)."""
    yield pb.UploadFileRequest(description=description)
    piece = bytearray()
    async for chunk in form.chunks():
        piece += chunk
        if len(piece) >= PIECE:
            yield pb.UploadFileRequest(piece=bytes(piece))
            piece.clear()
    if piece:
        yield pb.UploadFileRequest(piece=bytes(piece))
    yield pb.UploadFileRequest(piece=b"")


@on(router, "POST", "/{file}/application", "Appliquer un import", Authz("import", "apply", ADMINISTRATORS),
    "IMPORT_UNKNOWN", "IMPORT_NOT_READY", "IMPORT_APPLIED", "NOTHING_CHOSEN", "WHY_INVALID", *VERSIONS,
    "ADMINISTRATOR_UNKNOWN", "IDEMPOTENCY_KEY_REUSED", status=202, etag=True, keyed=True,
    seconds=APPLYING_SECONDS)  # fmt: skip
async def apply_import(file: Id, applying: Applying, version: Version, peers: To) -> Import:
    """Les lignes choisies, en une opération qui se défait ; plus de deux cents le sont peu après la réponse."""
    request = pb.ApplyImportRequest(import_id=file, version=version, why=applying.why)
    return Import.of(getattr(await patiently(peers.imports.ApplyImport, request, APPLYING_SECONDS), "import"))


@on(router, "DELETE", "/{file}", "Oublier un import", Authz("import", "discard", ADMINISTRATORS), "IMPORT_UNKNOWN",
    "IMPORT_APPLIED", "IMPORT_NOT_READY", "ADMINISTRATOR_UNKNOWN", etag=True)  # fmt: skip
async def discard_import(file: Id, peers: To) -> Import:
    """Qui n’a pas été appliqué ; ce que sa source dit reste connu pour le rapprochement."""
    reply = await peers.imports.DiscardImport(pb.DiscardImportRequest(import_id=file))
    return Import.of(getattr(reply, "import"))
