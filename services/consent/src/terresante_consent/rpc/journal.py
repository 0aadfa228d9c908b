"""JournalService: the patient reads who did, saw or tried what, and takes it home with its proof."""

import sys
from collections.abc import AsyncIterator, Sequence
from typing import Any

from terresante.consent.v1 import journal_service_pb2 as pb
from terresante.consent.v1.journal_service_pb2_grpc import JournalServiceServicer
from terresante_platform import calls
from terresante_platform.rpc.allow import allow

from terresante_consent import wire
from terresante_consent.domain import telling
from terresante_consent.domain.vocabulary import Action, Basis
from terresante_consent.journal import reading
from terresante_consent.journal.chain import Signer
from terresante_consent.journal.export import export
from terresante_consent.journal.leaf import Entry
from terresante_consent.rpc.around import page_size
from terresante_consent.rpc.desk import Desk

MOST = 200
FRESH_SECONDS = 300


class JournalService(JournalServiceServicer):
    """Reading the journal is itself written down in it."""

    def __init__(self, desk: Desk, signer: Signer) -> None:
        self._desk = desk
        self._signer = signer

    @allow("professional", "patient")
    async def ListEntries(self, request: pb.ListEntriesRequest, _: Any) -> pb.ListEntriesResponse:
        """Newest first. A professional sees their own acts, and of what they were refused no more than they were told:
        a page of theirs may be shorter than asked."""
        patient, limit = wire.patient(request.patient_id), page_size(request.limit, MOST)
        before = _before(request.cursor)
        decision = await self._desk.may(Action.READ_JOURNAL, patient)
        own_only = decision.scope is not None and decision.scope.own_only
        actor = calls.person().id if own_only else None
        async with self._desk.database.reading() as connection:
            found = await reading.page(connection, patient, before, limit + 1, actor)
        page = found[:limit]
        shown = self._told_of_own(page) if own_only else page
        return pb.ListEntriesResponse(
            entries=[wire.entry(line, reading.withheld(line.facts, decision.basis)) for line in shown],
            next_cursor=str(page[-1].patient_sequence) if len(found) > limit else "",
        )

    def _told_of_own(self, lines: Sequence[Entry]) -> list[Entry]:
        told = [(line, telling.to_who_asked(line.made, self._desk.policy)) for line in lines]
        return [line.told(so_much) for line, so_much in told if so_much is not None]

    @allow("patient", fresh=FRESH_SECONDS)
    async def ExportJournal(self, request: pb.ExportJournalRequest, _: Any) -> AsyncIterator[pb.ExportJournalResponse]:
        """Everything up to and with the line of this very export."""
        patient = wire.patient(request.patient_id)
        decision = await self._desk.may(Action.EXPORT_JOURNAL, patient)
        async with self._desk.database.reading() as connection:
            text = export(connection, patient, decision.basis or Basis.PATIENT, self._signer, self._desk.now())
            async for chunk in text:
                yield pb.ExportJournalResponse(chunk=chunk)


def _before(cursor: str) -> int:
    if not cursor:
        return sys.maxsize
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise wire.CursorInvalid("Ce curseur n'est pas valable.", "Reprenez la liste depuis le début.")
    return int(cursor)
