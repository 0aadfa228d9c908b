"""How somebody wants to be told."""

from typing import Any

from terresante.messaging.v1 import telling_service_pb2 as pb
from terresante_platform.rpc.allow import allow

from terresante_messaging.domain.preferences import PortalUnknown, changed
from terresante_messaging.rpc.deciding import caller
from terresante_messaging.rpc.telling.desk import PEOPLE, TellingDesk
from terresante_messaging.store import preferences, webhooks
from terresante_messaging.wire import telling as wire


class PreferenceCalls:
    """See the module."""

    _desk: TellingDesk

    @allow(*PEOPLE)
    async def GetPreferences(self, _: pb.GetPreferencesRequest, __: Any) -> pb.GetPreferencesResponse:
        """The caller's own; the platform's until they choose."""
        async with self._desk.database.reading() as connection:
            return pb.GetPreferencesResponse(preferences=await self._desk.preferences(connection, caller()))

    @allow(*PEOPLE)
    async def ChangePreferences(self, request: pb.ChangePreferencesRequest, _: Any) -> pb.ChangePreferencesResponse:
        """Replaces them. A portal that is gone may stay among those chosen before, and does nothing."""
        me, wanted = caller(), wire.preferences(request.preferences)
        async with self._desk.database.transaction() as transaction:
            kept = await preferences.find(transaction, me)
            new = changed(kept, wanted)
            known = {id for id, _ in await webhooks.portals(transaction)} if new.portals else set()
            if new.portals - kept.portals - known:
                raise PortalUnknown
            await preferences.keep(transaction, me, new)
            return pb.ChangePreferencesResponse(preferences=await self._desk.preferences(transaction, me))

    @allow(*PEOPLE)
    async def ListPortals(self, _: pb.ListPortalsRequest, __: Any) -> pb.ListPortalsResponse:
        """Those that may be chosen."""
        async with self._desk.database.reading() as connection:
            return pb.ListPortalsResponse(portals=wire.portals_to_proto(await webhooks.portals(connection)))
