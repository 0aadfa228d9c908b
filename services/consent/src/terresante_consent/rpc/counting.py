"""How much care goes through a territory's hands: counts for the directory, of nobody (docs/decisions/0013)."""

import asyncio
from typing import Any

from terresante.consent.v1 import consent_service_pb2 as pb
from terresante_platform.rpc.allow import allow
from terresante_platform.small_counts import told

from terresante_consent.domain.counting import must_be_countable, totals
from terresante_consent.rpc.desk import Desk
from terresante_consent.store import counting
from terresante_consent.wire import counts


class Counting:
    """The RPC that counts."""

    _desk: Desk
    _smallest: int
    _turn: asyncio.Semaphore

    @allow(services=("directory",))
    async def CountCare(self, request: pb.CountCareRequest, _: Any) -> pb.CountCareResponse:
        """No decision, no line in a journal: nothing that leaves is of a person. One count at a time, in a process."""
        asked = counts.asked(request)
        must_be_countable(asked)
        async with self._turn, self._desk.database.transaction() as transaction:
            found = await counting.changes(transaction, asked)
        number = len(asked.moments)
        circles, consents = totals(found.circles, number), totals(found.consents, number)
        return pb.CountCareResponse(
            counts=[
                counts.to_proto(told(one, self._smallest), told(other, self._smallest))
                for one, other in zip(circles, consents, strict=True)
            ],
            smallest=self._smallest,
            rounded_to=self._smallest,
        )
