"""Documents as they travel."""

from terresante.records.v1 import records_service_pb2 as pb
from terresante_platform.ids import parsed

from terresante_records.domain.catalogue import Catalogue, DocumentType
from terresante_records.domain.documents import Description, Document, DocumentId, told_of
from terresante_records.domain.entries import Reader
from terresante_records.wire import parts


def document_id(text: str) -> DocumentId:
    """Refuses with ID_INVALID."""
    return DocumentId(parsed(text, "document_id"))


def description(message: pb.DocumentDescription, catalogue: Catalogue) -> Description:
    """Refuses with ID_INVALID, DOCUMENT_TYPE_UNKNOWN, DATE_INVALID."""
    return Description(
        patient=parts.patient(message.patient_id),
        type=catalogue.type_of(message.type_code),
        title=message.title,
        dated=parts.moment(message, "dated"),
        visibility=parts.visibility(message.visibility),
        replaces=DocumentId(parsed(message.replaces, "replaces")) if message.replaces else None,
        claimed_media_type=message.claimed_media_type,
    )


def document_to_proto(document: Document, reader: Reader) -> pb.Document:
    """The document as that reader, who may read it, is shown it."""
    before = told_of(document.replaces, document, reader)
    after = told_of(document.replaced_by, document, reader)
    by = document.published
    return pb.Document(
        document_id=str(document.id),
        patient_id=str(document.patient),
        type_code=document.type_code,
        category=document.category,
        title=document.title,
        dated=parts.stamp(document.dated),
        published_at=parts.stamp(by.at),
        author_id=str(by.author),
        author_place_id=str(by.place) if by.place else "",
        media_type=document.content.media_type,
        size=document.content.size,
        sha256=document.content.sha256,
        visibility=parts.visibility_to_proto(document.visibility),
        replaces=str(before) if before else "",
        replaced_by=str(after) if after else "",
        version=document.version,
        edition=document.edition,
    )


def type_to_proto(type_: DocumentType) -> pb.DocumentType:
    """A type of document."""
    return pb.DocumentType(
        code=type_.code, label=type_.label, category=type_.category, category_label=type_.category_label
    )
