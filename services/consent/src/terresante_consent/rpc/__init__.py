"""One method per RPC: to read a method is to read the use case. `desk.py` is what they have in common."""

import asyncio

from terresante.consent.v1.consent_service_pb2_grpc import ConsentServiceServicer

from terresante_consent.rpc.around import Around
from terresante_consent.rpc.blocks import Blocks
from terresante_consent.rpc.circle import Circles
from terresante_consent.rpc.consents import Consents
from terresante_consent.rpc.counting import Counting
from terresante_consent.rpc.decisions import DecisionService
from terresante_consent.rpc.desk import Desk
from terresante_consent.rpc.emergencies import Emergencies
from terresante_consent.rpc.journal import JournalService
from terresante_consent.rpc.renewing import Renewing
from terresante_consent.rpc.representatives import Representatives

__all__ = ["ConsentService", "DecisionService", "JournalService"]


class ConsentService(
    Consents, Circles, Blocks, Emergencies, Representatives, Around, Counting, Renewing, ConsentServiceServicer
):
    """All of terresante.consent.v1.ConsentService, one class a subject."""

    def __init__(self, desk: Desk, emergency_hours: float, smallest_count: int) -> None:
        self._desk = desk
        self._emergency_hours = emergency_hours
        self._smallest = smallest_count
        self._turn = asyncio.Semaphore()
