"""What was added around a patient since the caller's last visit: ids, dates and counts, by their own standing."""

from typing import Any

from terresante.messaging.v1 import conversation_service_pb2 as pb
from terresante_platform.ids import parsed
from terresante_platform.rpc.allow import allow

from terresante_messaging.domain.news import MOST_LINES, OF_NOTIFICATIONS, PeriodInvalid, grouped, since
from terresante_messaging.domain.notifications import OF_CONTENT
from terresante_messaging.domain.people import PatientId
from terresante_messaging.domain.threads import window
from terresante_messaging.rpc.deciding import caller
from terresante_messaging.rpc.desk import READERS, Desk
from terresante_messaging.store import listing
from terresante_messaging.store import news as store
from terresante_messaging.store.listing import Allowed
from terresante_messaging.store.messages import Part
from terresante_messaging.wire import news as wire
from terresante_messaging.wire import parts

MOST_THINGS = 1_000
"""Of notifications, and of each thread's messages, before they are put together."""


class News:
    """News of a patient."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @allow(*READERS)
    async def GetNews(self, request: pb.GetNewsRequest, _: Any) -> pb.GetNewsResponse:
        """One short list, newest first."""
        desk, me, now = self._desk, caller(), self._desk.now()
        patient = PatientId(parsed(request.patient_id, "patient_id"))
        try:
            asked = parts.moment(request, "since")
        except ValueError:
            raise PeriodInvalid("Cette date n’existe pas.", "Corrigez la date.") from None
        kinds, messages = await desk.deciding.newsworthy(patient)
        if not kinds and messages is None:
            await desk.deciding.read_around(patient)
        told = kinds | (OF_NOTIFICATIONS.keys() - OF_CONTENT)
        async with desk.database.reading() as connection:
            begin = since(asked, await store.last_visit(connection, me, patient), now)
            things = await store.notified(connection, me, patient, told, begin, MOST_THINGS)
            cut = len(things) == MOST_THINGS
            if messages is not None:
                threads = await listing.readable(connection, Allowed(me, {patient: messages.visible_from}))
                looked = [Part(one, window(one, me, messages.visible_from)) for one in threads]
                written = await store.written(connection, me, looked, begin, MOST_THINGS)
                cut, things = cut or len(written) >= MOST_THINGS, things + written
        lines = grouped(things)
        if request.visit:
            async with desk.database.transaction() as transaction:
                await store.visited(transaction, me, patient, now)
        return pb.GetNewsResponse(
            since=parts.stamp(begin),
            lines=map(wire.line_to_proto, lines[:MOST_LINES]),
            more=cut or len(lines) > MOST_LINES,
        )
