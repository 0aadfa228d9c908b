"""Publishing a document: described, decided, recognised and sealed as it streams by, then kept with its event."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from terresante.records.v1 import records_service_pb2 as pb
from terresante_contents.kinds import Content, Recogniser
from terresante_contents.once import once
from terresante_contents.sealing import OwnerKey
from terresante_platform.ids import new_id
from terresante_platform.refusals import Invalid
from terresante_platform.rpc.allow import allow

from terresante_records import events
from terresante_records.domain import documents as rules
from terresante_records.domain.documents import Description, Document, DocumentId
from terresante_records.domain.entries import Authorship, DecisionId
from terresante_records.rpc.desk import WRITERS, Desk, authorship, reader
from terresante_records.store import documents
from terresante_records.store.keys import patient_keys
from terresante_records.wire import decisions
from terresante_records.wire import documents as wire

Requests = AsyncIterator[pb.PublishDocumentRequest]


class DescriptionMissing(Invalid):
    """The description comes first, once; then only chunks."""

    reason = "DESCRIPTION_MISSING"

    def __init__(self) -> None:
        super().__init__(
            "La description du document doit venir d’abord, une seule fois, puis son contenu.",
            "Envoyez la description, puis le contenu.",
        )


class ContentCut(Invalid):
    """The bytes stopped before the sender said that this was all."""

    reason = "CONTENT_CUT"

    def __init__(self) -> None:
        super().__init__("L’envoi du contenu s’est interrompu ; rien n’a été publié.", "Publiez-le de nouveau.")


@dataclass(slots=True)
class _Incoming:
    """The bytes that come, and what they turned out to be once they ended."""

    requests: Requests
    recogniser: Recogniser
    content: Content | None = field(default=None)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Each chunk once it was looked at, up to the empty one. Refuses at the end too, so that nothing false is kept.

        A stream that the sender broke off reads here like one that ended: only the empty chunk tells them apart.
        """
        async for request in self.requests:
            if request.WhichOneof("part") != "chunk":
                raise DescriptionMissing
            if not request.chunk:
                self.content = self.recogniser.finish()
                return
            self.recogniser.feed(request.chunk)
            yield request.chunk
        raise ContentCut


class Publishing:
    """PublishDocument."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @allow(*WRITERS)
    async def PublishDocument(self, requests: Requests, _: Any) -> pb.PublishDocumentResponse:
        """Adds a document."""
        first = await anext(aiter(requests), None)
        if first is None or first.WhichOneof("part") != "description":
            raise DescriptionMissing
        desk, now = self._desk, self._desk.now()
        described = rules.check(wire.description(first.description, desk.catalogue), now)
        by = authorship(now)
        incoming = _Incoming(requests, Recogniser(described.claimed_media_type, desk.max_content_bytes))
        before, decision = await self._decided_publication(described, by)

        id = DocumentId(new_id())
        async with desk.database.reading() as connection:
            key = await patient_keys.get_or_make(connection, desk.masters, described.patient)
        await desk.contents.keep(id, key.sealed_stream(id, incoming.chunks()))
        if incoming.content is None:
            raise LookupError("a content was kept before it ended")
        new = rules.published(id, described, incoming.content, by, before)
        reply = None
        try:
            reply = await self._kept_document(new, key, first.description, decision)
        finally:
            if reply is None or reply.document.document_id != str(id):
                await desk.contents.forget([id])
        return reply

    async def _decided_publication(self, described: Description, by: Authorship) -> tuple[Document | None, DecisionId]:
        """The document that is replaced, if any, and the decision that allows it all."""
        desk, before = self._desk, None
        if described.replaces is not None:
            found = await documents.find(desk.reads, desk.masters, described.patient, described.replaces)
            before = found[0] if found else None
            if before is None or (before.deleted_at is not None and before.published.author != by.author):
                raise await desk.deciding.unknown(described.patient, decisions.DOCUMENTS, rules.DocumentUnknown)
            if before.published.author != by.author:
                raise await desk.deciding.change_refused(
                    decisions.about_document(before), rules.DocumentUnknown, rules.DocumentNotYours
                )
        decision = await desk.deciding.may_publish(
            described.patient, decisions.DOCUMENTS, described.type.category, described.visibility
        )
        if before is not None:
            rules.require_replaceable(before, by.author)
        return before, decision

    async def _kept_document(
        self, new: Document, key: OwnerKey, said: pb.DocumentDescription, decision: DecisionId
    ) -> pb.PublishDocumentResponse:
        seal = bytes.fromhex(new.content.sha256)
        async with (
            self._desk.database.transaction() as transaction,
            once(transaction, key, new.patient, said, pb.PublishDocumentResponse, seal) as use,
        ):
            if use.reply is not None:
                return use.reply
            await documents.add(transaction, key, new)
            await events.document_published(transaction, new, decision)
            return use.keep(pb.PublishDocumentResponse(document=wire.document_to_proto(new, reader())))
