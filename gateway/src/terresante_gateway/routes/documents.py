"""/patients/{patient}/documents: the documents of the record, without their bytes."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from msgspec import Meta, Struct
from pydantic import Field
from terresante.records.v1 import records_service_pb2 as pb

from terresante_gateway import words
from terresante_gateway.names import Names, Who, named
from terresante_gateway.operation import CARE, Authz, Id, To, Version, on
from terresante_gateway.pages import CountedQuery, Pages
from terresante_gateway.words import Input, Line

router = APIRouter(prefix="/v1/patients/{patient}/documents", tags=["Documents"])
RECORD = ("ACCESS_REFUSED", "CONSENT_UNAVAILABLE")
"""Why anything of a record may be refused."""


class Visibility(Struct):
    """À qui un élément du dossier est masqué."""

    hidden_from_professionals: Annotated[bool, Meta(description="Masqué aux autres professionnels")]
    hidden_from_patient: Annotated[bool, Meta(description="Pas encore visible du patient (annonce en consultation)")]
    hidden_from_representatives: Annotated[bool, Meta(description="Masqué aux représentants")]

    @classmethod
    def of(cls, visibility: pb.Visibility) -> "Visibility":
        """From the service's message."""
        return cls(
            visibility.hidden_from_professionals,
            visibility.hidden_from_patient,
            visibility.hidden_from_representatives,
        )


class NewVisibility(Input):
    """À qui masquer l’élément."""

    hidden_from_professionals: bool = False
    hidden_from_patient: bool = False
    hidden_from_representatives: bool = False

    def told(self) -> pb.Visibility:
        """As records reads it."""
        return pb.Visibility(**self.model_dump())


class Document(Struct):
    """Un document du dossier, sans ses octets."""

    id: str
    type_code: Annotated[str, Meta(examples=["11502-2"])]
    category: Annotated[str, Meta(examples=["laboratory_result"])]
    title: Annotated[str, Meta(examples=["Bilan biologique de suivi"])]
    dated: Annotated[datetime, Meta(description="Date de l’acte")]
    published_at: datetime
    author_id: str
    author_place_id: str | None
    author: Annotated[Who | None, Meta(description="Avec names=true seulement")]
    media_type: Annotated[str, Meta(description="Trouvé dans les octets", examples=["application/pdf"])]
    size: Annotated[int, Meta(description="Octets", examples=[48213])]
    sha256: Annotated[str, Meta(description="SHA-256 des octets, hexadécimal")]
    visibility: Visibility
    replaces: Annotated[str | None, Meta(description="Le document qu’il remplace")]
    replaced_by: str | None
    edition: Annotated[int, Meta(description="Rang dans la suite des remplacements, à partir de 1")]
    version: Annotated[int, Meta(description="À renvoyer dans If-Match", ge=1)]

    @classmethod
    def of(cls, document: pb.Document, names: Names | None = None) -> "Document":
        """From the service's message."""
        return cls(
            document.document_id,
            document.type_code,
            document.category,
            document.title,
            words.read(document.dated),
            words.read(document.published_at),
            document.author_id,
            document.author_place_id or None,
            names.professional(document.author_id) if names else None,
            document.media_type,
            document.size,
            document.sha256,
            Visibility.of(document.visibility),
            document.replaces or None,
            document.replaced_by or None,
            document.edition,
            document.version,
        )


class Documents(Struct):
    """Une page de documents, le plus récent d’abord."""

    items: list[Document]
    next_cursor: str | None
    total: Annotated[int | None, Meta(description="Exactement ce que l’appelant peut voir ; avec total=true")]


class DocumentsQuery(CountedQuery):
    """Quels documents."""

    category: list[Annotated[Line, Field(max_length=64)]] = Field(
        default_factory=list, max_length=20, description="Catégories ; répétable"
    )
    type_code: list[Annotated[Line, Field(max_length=64)]] = Field(
        default_factory=list, max_length=20, description="Types ; répétable"
    )
    with_replaced: bool = Field(False, description="Y compris ceux qui ont été remplacés")


@on(router, "GET", "", "Documents du dossier", Authz("document", "list", CARE), *RECORD, "CURSOR_INVALID",
    "CATEGORY_UNKNOWN", "DOCUMENT_TYPE_UNKNOWN")  # fmt: skip
async def list_documents(patient: Id, query: Annotated[DocumentsQuery, Query()], pages: Pages, peers: To) -> Documents:
    """Filtrés dans la requête même : les totaux et les pages sont exacts pour l’appelant."""
    reply = await peers.records.ListDocuments(
        pb.ListDocumentsRequest(
            patient_id=patient,
            categories=query.category,
            type_codes=query.type_code,
            with_replaced=query.with_replaced,
            cursor=pages.open(query),
            limit=query.limit,
            with_total=query.total,
        )
    )
    names = await named(peers, professionals=[one.author_id for one in reply.documents]) if query.names else None
    return Documents(
        [Document.of(one, names) for one in reply.documents],
        pages.seal(query, reply.next_cursor),
        reply.total if query.total else None,
    )


@on(router, "GET", "/{document}", "Lire un document", Authz("document", "read", CARE), "DOCUMENT_UNKNOWN", *RECORD,
    etag=True)  # fmt: skip
async def get_document(patient: Id, document: Id, peers: To) -> Document:
    """Le document sans ses octets. Un document masqué à l’appelant est inconnu de lui."""
    reply = await peers.records.GetDocument(pb.GetDocumentRequest(patient_id=patient, document_id=document))
    return Document.of(reply.document)


@on(router, "PUT", "/{document}/visibility", "Masquer ou montrer un document",
    Authz("document", "change", ("professional",)), "DOCUMENT_UNKNOWN", "DOCUMENT_NOT_YOURS", "VERSION_STALE", *RECORD,
    etag=True)  # fmt: skip
async def set_document_visibility(
    patient: Id, document: Id, visibility: NewVisibility, version: Version, peers: To
) -> Document:
    """L’auteur seulement."""
    reply = await peers.records.SetDocumentVisibility(
        pb.SetDocumentVisibilityRequest(
            patient_id=patient, document_id=document, version=version, visibility=visibility.told()
        )
    )
    return Document.of(reply.document)


@on(router, "DELETE", "/{document}", "Retirer un document", Authz("document", "change", ("professional",)),
    "DOCUMENT_UNKNOWN", "DOCUMENT_NOT_YOURS", "DOCUMENT_ALREADY_DELETED", "VERSION_STALE", *RECORD,
    status=204)  # fmt: skip
async def delete_document(patient: Id, document: Id, version: Version, peers: To) -> None:
    """Suppression logique, par l’auteur seulement."""
    await peers.records.DeleteDocument(
        pb.DeleteDocumentRequest(patient_id=patient, document_id=document, version=version)
    )
