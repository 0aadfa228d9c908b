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


def document_to_proto(document: Document, reader: Reader, into: pb.Document | None = None) -> pb.Document:
    """The document as that reader, who may read it, is shown it. `into`: where a reply wants it; to write there, field
    by field, takes a third of the time of making messages and copying them in."""
    made = pb.Document() if into is None else into
    made.document_id = str(document.id)
    made.patient_id = str(document.patient)
    made.type_code = document.type_code
    made.category = document.category
    made.title = document.title
    parts.put_stamp(made.dated, document.dated)
    by = document.published
    parts.put_stamp(made.published_at, by.at)
    made.author_id = str(by.author)
    if by.place is not None:
        made.author_place_id = str(by.place)
    content = document.content
    made.media_type = content.media_type
    made.size = content.size
    made.sha256 = content.sha256
    parts.put_visibility(made.visibility, document.visibility)
    before = told_of(document.replaces, document, reader)
    if before is not None:
        made.replaces = str(before)
    after = told_of(document.replaced_by, document, reader)
    if after is not None:
        made.replaced_by = str(after)
    made.version = document.version
    made.edition = document.edition
    return made


def type_to_proto(type_: DocumentType) -> pb.DocumentType:
    """A type of document."""
    return pb.DocumentType(
        code=type_.code, label=type_.label, category=type_.category, category_label=type_.category_label
    )
