"""Reading, hiding and deleting documents."""

from collections.abc import AsyncIterator
from datetime import datetime
from functools import partial
from typing import Any

from terresante.records.v1 import records_service_pb2 as pb
from terresante_contents.sealing import OwnerKey
from terresante_platform.rpc.allow import allow

from terresante_records import events
from terresante_records.domain import documents as rules
from terresante_records.domain.documents import Document, DocumentId
from terresante_records.domain.entries import PatientId, Reader, Visibility
from terresante_records.rpc.desk import READERS, WRITERS, Desk, reader
from terresante_records.store import documents
from terresante_records.wire import decisions, parts
from terresante_records.wire import documents as wire


class Documents:
    """All about documents but publishing them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @allow(*READERS)
    async def GetDocument(self, request: pb.GetDocumentRequest, _: Any) -> pb.GetDocumentResponse:
        """One document, without its bytes."""
        document, _key = await self._readable_document(parts.patient(request.patient_id), request.document_id)
        return pb.GetDocumentResponse(document=wire.document_to_proto(document, reader()))

    @allow(*READERS)
    async def ReadContent(self, request: pb.ReadContentRequest, _: Any) -> AsyncIterator[pb.ReadContentResponse]:
        """One document, then its bytes, for as long as the caller may read them."""
        patient, who, watching = parts.patient(request.patient_id), reader(), self._desk.watching
        readable = partial(self._readable_document, patient, request.document_id)
        with watching.stream(patient, who.id) as running:
            document, key = await readable()
            yield pb.ReadContentResponse(document=wire.document_to_proto(document, who))
            async for piece in key.opened_stream(document.id, self._desk.contents.read(document.id)):
                await watching.still(running, readable)
                yield pb.ReadContentResponse(chunk=piece)

    @allow(*READERS)
    async def ListDocuments(self, request: pb.ListDocumentsRequest, _: Any) -> pb.ListDocumentsResponse:
        """A page of documents, filtered inside the query by what was decided."""
        desk, patient, who = self._desk, parts.patient(request.patient_id), reader()
        size, after = parts.limit(request.limit), parts.cursor(request.cursor)
        chosen = documents.Filter(
            desk.catalogue.require_categories(list(request.categories)),
            [desk.catalogue.type_of(code).code for code in request.type_codes],
            request.with_replaced,
        )
        beginning = await documents.begin(desk.reads, desk.masters, patient, who.id)
        scope = await desk.deciding.scope(patient, decisions.DOCUMENTS, beginning.has_written)
        key = beginning.key
        if key is None:
            return pb.ListDocumentsResponse()
        found = await documents.page(desk.reads, key, patient, who.id, scope, chosen, after, size + 1)
        total = await documents.total(desk.reads, patient, who.id, scope, chosen) if request.with_total else 0
        shown, cursor = parts.next_cursor([document.id for document in found], size)
        reply = pb.ListDocumentsResponse(next_cursor=cursor, total=total)
        for document in found[:shown]:
            wire.document_to_proto(document, who, reply.documents.add())
        return reply

    @allow(*WRITERS)
    async def SetDocumentVisibility(
        self, request: pb.SetDocumentVisibilityRequest, _: Any
    ) -> pb.SetDocumentVisibilityResponse:
        """Hides a document of one's own from others, or shows it to them."""
        who, now = reader(), self._desk.now()
        document = await self._own_document(parts.patient(request.patient_id), request.document_id, who)
        rules.require_changeable(document, who.id, request.version)
        changed = await self._changed_document(document, parts.visibility(request.visibility), None, now)
        return pb.SetDocumentVisibilityResponse(document=wire.document_to_proto(changed, who))

    @allow(*WRITERS)
    async def DeleteDocument(self, request: pb.DeleteDocumentRequest, _: Any) -> pb.DeleteDocumentResponse:
        """Takes a document of one's own out, logically (R-DMP6)."""
        who, now = reader(), self._desk.now()
        document = await self._own_document(parts.patient(request.patient_id), request.document_id, who)
        rules.require_changeable(document, who.id, request.version)
        await self._changed_document(document, document.visibility, now, now)
        return pb.DeleteDocumentResponse()

    @allow(*READERS)
    async def ListDocumentTypes(self, request: pb.ListDocumentTypesRequest, _: Any) -> pb.ListDocumentTypesResponse:
        """The catalogue; it tells of nobody."""
        types = self._desk.catalogue.types.values()
        return pb.ListDocumentTypesResponse(types=[wire.type_to_proto(type_) for type_ in types])

    async def _readable_document(self, patient: PatientId, id: str) -> tuple[Document, OwnerKey]:
        """The document, if the caller may read it."""
        document, key = await self._found_document(patient, wire.document_id(id))
        if document is None or key is None or document.deleted_at is not None:
            raise await self._desk.deciding.unknown(patient, decisions.DOCUMENTS, rules.DocumentUnknown)
        await self._desk.deciding.may_read(decisions.about_document(document), rules.DocumentUnknown)
        return document, key

    async def _own_document(self, patient: PatientId, id: str, who: Reader) -> Document:
        """The document, deleted or not, if the caller is its author and may change it."""
        deciding = self._desk.deciding
        document, _ = await self._found_document(patient, wire.document_id(id))
        mine = document is not None and document.published.author == who.id
        if document is None or (document.deleted_at is not None and not mine):
            raise await deciding.unknown(patient, decisions.DOCUMENTS, rules.DocumentUnknown)
        about = decisions.about_document(document)
        if not mine:
            raise await deciding.change_refused(about, rules.DocumentUnknown, rules.DocumentNotYours)
        await deciding.may_change_own(about)
        return document

    async def _found_document(
        self, patient: PatientId, id: DocumentId
    ) -> tuple[Document, OwnerKey] | tuple[None, None]:
        return await documents.find(self._desk.reads, self._desk.masters, patient, id) or (None, None)

    async def _changed_document(
        self, document: Document, visibility: Visibility, deleted_at: datetime | None, now: datetime
    ) -> Document:
        changed = document._replace(visibility=visibility, deleted_at=deleted_at, version=document.version + 1)
        async with self._desk.database.transaction() as transaction:
            await documents.change(transaction, document, visibility, deleted_at)
            await events.document_changed(transaction, changed, now)
        return changed
