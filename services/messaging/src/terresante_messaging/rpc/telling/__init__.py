"""How each person wants to be told, who stands in for whom, how somebody is best reached: one method per RPC."""

from terresante.messaging.v1.telling_service_pb2_grpc import TellingServiceServicer

from terresante_messaging.rpc.telling.absences import AbsenceCalls
from terresante_messaging.rpc.telling.addressees import AddresseeCalls
from terresante_messaging.rpc.telling.addresses import AddressCalls
from terresante_messaging.rpc.telling.desk import TellingDesk
from terresante_messaging.rpc.telling.on_call import OnCallCalls
from terresante_messaging.rpc.telling.preferences import PreferenceCalls

__all__ = ["TellingDesk", "TellingService"]


class TellingService(PreferenceCalls, AddressCalls, AbsenceCalls, OnCallCalls, AddresseeCalls, TellingServiceServicer):
    """All calls."""

    def __init__(self, desk: TellingDesk) -> None:
        self._desk = desk
