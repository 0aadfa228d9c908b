"""Who is on call in a structure's team: for who practises there at that moment, as consent says."""

from typing import Any
from uuid import UUID

from terresante.messaging.v1 import telling_service_pb2 as pb
from terresante_platform.ids import new_id, parsed
from terresante_platform.refusals import Denied
from terresante_platform.rpc.allow import allow

from terresante_messaging.domain.absences import OnCall, OnCallUnknown, asked, declared, put
from terresante_messaging.domain.people import Realm
from terresante_messaging.domain.readers import Conversation
from terresante_messaging.rpc.deciding import caller
from terresante_messaging.rpc.telling.desk import TellingDesk
from terresante_messaging.store import absences as store
from terresante_messaging.wire import telling as wire


class NotInTeam(Denied):
    """The caller, or whom they name, does not practise there now."""

    reason = "NOT_IN_TEAM"

    def __init__(self) -> None:
        super().__init__(
            "Le tableau de garde est réservé à l’équipe de cette structure.",
            "Vérifiez la structure, ou demandez que votre lieu d’exercice y soit enregistré.",
        )


class OnCallCalls:
    """See the module."""

    _desk: TellingDesk

    @allow("professional")
    async def ListOnCall(self, request: pb.ListOnCallRequest, _: Any) -> pb.ListOnCallResponse:
        """By beginning."""
        structure, period = parsed(request.structure_id, "structure_id"), asked(wire.period(request))
        await self._team(structure)
        async with self._desk.database.reading() as connection:
            found = await store.times(connection, structure, period)
        return pb.ListOnCallResponse(times=map(wire.on_call_to_proto, found))

    @allow("professional")
    async def PutOnCall(self, request: pb.PutOnCallRequest, _: Any) -> pb.PutOnCallResponse:
        """Puts somebody of the team on call."""
        structure = parsed(request.structure_id, "structure_id")
        professional = parsed(request.professional_id, "professional_id")
        period = declared(wire.period(request), self._desk.now())
        if professional not in await self._team(structure):
            raise NotInTeam
        new = OnCall(new_id(), structure, professional, period)
        async with self._desk.database.transaction() as transaction:
            await store.alone(transaction, structure)
            await store.put(transaction, put(new, await store.times(transaction, structure, period)), caller().id)
        return pb.PutOnCallResponse(time=wire.on_call_to_proto(new))

    @allow("professional")
    async def TakeOffCall(self, request: pb.TakeOffCallRequest, _: Any) -> pb.TakeOffCallResponse:
        """Takes them off."""
        id = parsed(request.on_call_id, "on_call_id")
        async with self._desk.database.reading() as connection:
            time = await store.time(connection, id)
        if time is None:
            raise OnCallUnknown
        await self._team(time.structure)
        async with self._desk.database.transaction() as transaction:
            if not await store.take_off(transaction, id):
                raise OnCallUnknown
        return pb.TakeOffCallResponse()

    async def _team(self, structure: UUID) -> frozenset[UUID]:
        """Who practises there now. Refuses with NOT_IN_TEAM unless the caller does."""
        readers = await self._desk.readers.asked.keep(Conversation(structure=structure))
        team = frozenset(one.who.id for one in readers if one.who.realm is Realm.PROFESSIONAL)
        if caller().id not in team:
            raise NotInTeam
        return team
