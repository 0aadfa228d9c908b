"""Who is away, and who stands in for them."""

from typing import Any

from terresante.messaging.v1 import telling_service_pb2 as pb
from terresante_platform.ids import new_id, parsed
from terresante_platform.rpc.allow import allow

from terresante_messaging.domain.absences import KEPT, Absence, DelegateInvalid, added, declared, ended
from terresante_messaging.rpc.deciding import caller
from terresante_messaging.rpc.telling.desk import TellingDesk
from terresante_messaging.store import absences as store
from terresante_messaging.wire import telling as wire


class AbsenceCalls:
    """See the module."""

    _desk: TellingDesk

    @allow("professional")
    async def ListAbsences(self, _: pb.ListAbsencesRequest, __: Any) -> pb.ListAbsencesResponse:
        """The caller's, newest first."""
        async with self._desk.database.reading() as connection:
            found = await store.of(connection, caller().id, self._desk.now() - KEPT)
        return pb.ListAbsencesResponse(absences=map(wire.absence_to_proto, found))

    @allow("professional")
    async def DeclareAbsence(self, request: pb.DeclareAbsenceRequest, _: Any) -> pb.DeclareAbsenceResponse:
        """Is away for a time. Who stands in is told only of what they may read themselves, decided each time."""
        me, now = caller(), self._desk.now()
        delegate = request.delegate_professional_id
        stands_in = parsed(delegate, "delegate_professional_id") if delegate else None
        new = Absence(new_id(), me.id, declared(wire.period(request), now), stands_in)
        if stands_in is not None and stands_in not in await self._desk.readers.open_accounts([stands_in]):
            raise DelegateInvalid
        async with self._desk.database.transaction() as transaction:
            await store.alone(transaction, me.id)
            await store.add(transaction, added(new, await store.of(transaction, me.id, now)))
        return pb.DeclareAbsenceResponse(absence=wire.absence_to_proto(new))

    @allow("professional")
    async def EndAbsence(self, request: pb.EndAbsenceRequest, _: Any) -> pb.EndAbsenceResponse:
        """Is back."""
        id = parsed(request.absence_id, "absence_id")
        async with self._desk.database.transaction() as transaction:
            absence = ended(await store.get(transaction, caller().id, id), self._desk.now())
            await store.end(transaction, absence)
        return pb.EndAbsenceResponse(absence=wire.absence_to_proto(absence))
