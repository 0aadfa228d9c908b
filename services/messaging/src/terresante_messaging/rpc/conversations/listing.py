"""The caller's threads and what is unread: ids, dates and counts, by their own standing (docs/decisions/0007)."""

from typing import Any

from terresante.messaging.v1 import conversation_service_pb2 as pb
from terresante_platform.rpc.allow import allow

from terresante_messaging.domain.people import PatientId
from terresante_messaging.rpc.deciding import Mine, caller
from terresante_messaging.rpc.desk import READERS, Desk
from terresante_messaging.store import listing
from terresante_messaging.store.listing import Allowed, Line, Unread, Wanted
from terresante_messaging.wire import parts
from terresante_messaging.wire import threads as wire

MOST = 100
USUAL = 50


class Listing:
    """Lists and counts."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @allow(*READERS)
    async def ListThreads(self, request: pb.ListThreadsRequest, _: Any) -> pb.ListThreadsResponse:
        """A page of the caller's threads, without titles: nothing of what was written."""
        patient, size = parts.optional_patient(request.patient_id), parts.limit(request.limit, MOST, USUAL)
        wanted = Wanted(parts.cursor(request.cursor), size + 1, request.unread_only, request.without_patient)
        if patient is None:
            mine = await self._desk.deciding.mine(without_patients=wanted.apart)
        else:
            mine = await self._desk.deciding.mine_around(patient)
        async with self._desk.database.reading() as connection:
            found = await listing.page(connection, _allowed(mine), wanted)
        more = found[size - 1].thread if len(found) > size else None
        return pb.ListThreadsResponse(
            threads=[wire.thread_to_proto(_seen(line, mine)) for line in found[:size]],
            next_cursor=parts.cursor_to(more.last_at, more.id) if more else "",
        )

    @allow(*READERS)
    async def CountUnread(self, _request: pb.CountUnreadRequest, _: Any) -> pb.CountUnreadResponse:
        """What the caller has not read, of what they may read now."""
        allowed = _allowed(await self._desk.deciding.mine())
        async with self._desk.database.reading() as connection:
            found = await listing.count(connection, allowed)
        patients: dict[PatientId, list[Unread]] = {}
        for one in found.values():
            if one.patient is not None:
                patients.setdefault(one.patient, []).append(one)
        return pb.CountUnreadResponse(
            unread=sum(one.unread for one in found.values()),
            unread_urgent=sum(one.urgent for one in found.values()),
            patients=[_unread(patient, some) for patient, some in sorted(patients.items())],
        )


def _allowed(mine: Mine) -> Allowed:
    return Allowed(caller(), mine.patients, mine.structures, mine.direct)


def _seen(line: Line, mine: Mine) -> wire.Seen:
    patient = line.thread.patient
    return wire.Seen(
        line.thread,
        readable=line.readable,
        writable=line.readable and (patient is None or patient in mine.writable),
        last_place=line.last_place,
        unread=line.unread,
        unread_urgent=line.unread_urgent,
        read_up_to=line.read_up_to,
        visible_from=line.first_place,
    )


def _unread(patient: PatientId, threads: list[Unread]) -> pb.PatientUnread:
    unread, urgent = sum(one.unread for one in threads), sum(one.urgent for one in threads)
    return pb.PatientUnread(patient_id=str(patient), unread=unread, unread_urgent=urgent)
