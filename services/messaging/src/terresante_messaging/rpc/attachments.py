"""Files of messages: taken in, given back for as long as the caller may read their thread, shown small."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from terresante.messaging.v1 import attachment_service_pb2 as pb
from terresante.messaging.v1.attachment_service_pb2_grpc import AttachmentServiceServicer
from terresante_contents.intake import Intake
from terresante_contents.kinds import Content
from terresante_contents.once import once
from terresante_contents.store import Contents
from terresante_contents.watching import Watching
from terresante_platform.ids import new_id
from terresante_platform.refusals import Invalid
from terresante_platform.rpc.allow import allow

from terresante_messaging.domain import attachments as rules
from terresante_messaging.domain.attachments import AttachmentsTooMany, AttachmentUnknown, ThumbnailNotReady, Uploaded
from terresante_messaging.domain.people import ThreadId
from terresante_messaging.domain.threads import Window, is_meant_for
from terresante_messaging.rpc.deciding import caller
from terresante_messaging.rpc.desk import READERS, Desk
from terresante_messaging.store import attachments
from terresante_messaging.store.threads import Kept
from terresante_messaging.wire import attachments as wire
from terresante_messaging.wire import parts

Requests = AsyncIterator[pb.UploadAttachmentRequest]
LOOK_AGAIN_SECONDS = 0.5
"""How often a running stream looks whether its reader is still in the thread, and the message still there. That asks
nobody: consent is asked again when something has changed (`Watching`)."""


class DescriptionMissing(Invalid):
    """The description comes first, once; then only chunks."""

    reason = "DESCRIPTION_MISSING"

    def __init__(self) -> None:
        super().__init__(
            "La description du fichier doit venir d’abord, une seule fois, puis son contenu.",
            "Envoyez la description, puis le contenu.",
        )


class ContentCut(Invalid):
    """The bytes stopped before the sender said that this was all."""

    reason = "CONTENT_CUT"

    def __init__(self) -> None:
        super().__init__("L’envoi du fichier s’est interrompu ; rien n’a été gardé.", "Envoyez-le de nouveau.")


@dataclass(frozen=True, slots=True)
class Shelf:
    """What files need besides what all conversations do."""

    desk: Desk
    contents: Contents
    watching: Watching
    max_bytes: int


@dataclass(slots=True)
class _Incoming:
    """The bytes that come, and what they turned out to be once they ended."""

    requests: Requests
    intake: Intake
    content: Content | None = field(default=None)

    async def kept(self) -> AsyncIterator[bytes]:
        """What is kept of each chunk once it was looked at, up to the empty one. Refuses at the end too, so that
        nothing false is kept.

        A stream that the sender broke off reads here like one that ended: only the empty chunk tells them apart.
        """
        async for request in self.requests:
            if request.WhichOneof("part") != "chunk":
                raise DescriptionMissing
            if not request.chunk:
                rest, self.content = self.intake.finish()
                yield rest
                return
            yield self.intake.feed(request.chunk)
        raise ContentCut


@dataclass(frozen=True, slots=True)
class _Readable:
    """A file that the caller may read now."""

    kept: Kept
    within: Window
    file: Uploaded


class AttachmentService(AttachmentServiceServicer):
    """All of terresante.messaging.v1.AttachmentService."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._desk = shelf.desk

    @allow(*READERS)
    async def UploadAttachment(self, requests: Requests, _: Any) -> pb.UploadAttachmentResponse:
        """Takes a file in, for a message that the caller will post."""
        first = await anext(aiter(requests), None)
        if first is None or first.WhichOneof("part") != "description":
            raise DescriptionMissing
        described = wire.description(first.description)
        incoming = _Incoming(requests, Intake(described.claimed_media_type, self._shelf.max_bytes))
        kept = await self._desk.thread(described.thread)
        await self._desk.deciding.write(kept.thread)

        id = new_id()
        await self._shelf.contents.keep(id, kept.key.sealed_stream(id, incoming.kept()))
        if incoming.content is None:
            raise LookupError("a content was kept before it ended")
        new = rules.uploaded(id, described.name, incoming.content, described.thread, caller(), self._desk.now())
        reply = None
        try:
            reply = await self._keep(kept, new, first.description)
        finally:
            if reply is None or reply.attachment.attachment_id != str(id):
                await self._shelf.contents.forget([id])
        return reply

    @allow(*READERS)
    async def ReadAttachment(
        self, request: pb.ReadAttachmentRequest, _: Any
    ) -> AsyncIterator[pb.ReadAttachmentResponse]:
        """What it is, then its bytes, for as long as the caller may read them."""
        thread, id = parts.thread_id(request.thread_id), wire.attachment_id(request.attachment_id)
        about = (await self._desk.thread(thread)).thread

        async def readable() -> _Readable:
            return await self._readable(thread, id)

        ids = (thread, caller().id, *([about.patient] if about.patient else []))
        with self._shelf.watching.stream(*ids) as running:
            found = await readable()
            yield pb.ReadAttachmentResponse(attachment=wire.attachment_to_proto(found.file.file))
            look_again = time.monotonic() + LOOK_AGAIN_SECONDS
            async for piece in found.kept.key.opened_stream(id, self._shelf.contents.read(id)):
                if time.monotonic() >= look_again:
                    await self._look_again(found)
                    look_again = time.monotonic() + LOOK_AGAIN_SECONDS
                await self._shelf.watching.still(running, readable)
                yield pb.ReadAttachmentResponse(chunk=piece)

    @allow(*READERS)
    async def ReadThumbnail(self, request: pb.ReadThumbnailRequest, _: Any) -> pb.ReadThumbnailResponse:
        """A small picture of it."""
        thread, id = parts.thread_id(request.thread_id), wire.attachment_id(request.attachment_id)
        found = await self._readable(thread, id)
        async with self._desk.database.reading() as connection:
            jpeg = await attachments.thumbnail(connection, found.kept.key, id)
        if jpeg is None:
            raise ThumbnailNotReady
        return pb.ReadThumbnailResponse(jpeg=jpeg)

    async def _keep(self, kept: Kept, new: Uploaded, said: pb.AttachmentDescription) -> pb.UploadAttachmentResponse:
        """Its row, unless the same upload came before under the same key."""
        seal = bytes.fromhex(new.file.sha256)
        async with (
            self._desk.database.transaction() as transaction,
            once(transaction, kept.key, kept.thread.owner, said, pb.UploadAttachmentResponse, seal) as use,
        ):
            if use.reply is not None:
                return use.reply
            await attachments.one_at_a_time(transaction, new.by)
            if await attachments.count_free(transaction, new.by) >= rules.WAITING_AT_MOST:
                raise AttachmentsTooMany
            await attachments.add(transaction, kept.key, kept.thread, new)
            return use.keep(pb.UploadAttachmentResponse(attachment=wire.attachment_to_proto(new.file)))

    async def _readable(self, thread: ThreadId, id: UUID) -> _Readable:
        """The file, if consent lets the caller read its thread and the thread shows it to them. Refuses with the
        decision's reason, THREAD_UNKNOWN, ATTACHMENT_UNKNOWN."""
        kept = await self._desk.thread(thread)
        within = await self._desk.deciding.read(kept.thread)
        found = await self._found(kept, id)
        rules.require_readable(found, caller(), within)
        return _Readable(kept, within, found)

    async def _look_again(self, before: _Readable) -> None:
        """The thread and the message as they are now, under the decision of before. Refuses as `_readable` where they
        no longer show the file."""
        thread, id = before.kept.thread.id, before.file.file.id
        kept = await self._desk.thread(thread)
        if not is_meant_for(kept.thread, caller()):
            await self._readable(thread, id)
        rules.require_readable(await self._found(kept, id), caller(), before.within)

    async def _found(self, kept: Kept, id: UUID) -> Uploaded:
        async with self._desk.database.reading() as connection:
            found = await attachments.find(connection, kept.key, kept.thread.id, id)
        if found is None:
            raise AttachmentUnknown
        return found
