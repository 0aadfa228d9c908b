"""How many messages a territory's professionals write: counts for the directory, of nobody (docs/decisions/0013)."""

import asyncio
from typing import Any

from terresante.messaging.v1 import messaging_service_pb2 as pb
from terresante_platform.database import Database
from terresante_platform.rpc.allow import allow

from terresante_messaging.domain.counting import as_told, must_be_countable
from terresante_messaging.store import counting
from terresante_messaging.wire.counting import asked, count_to_proto


class CountCalls:
    """The RPC that counts."""

    _database: Database
    _smallest: int
    _turn: asyncio.Semaphore

    @allow(services=("directory",))
    async def CountMessages(self, request: pb.CountMessagesRequest, _: Any) -> pb.CountMessagesResponse:
        """No decision, no line in a journal: nothing that leaves is of a person. One count at a time, in a process."""
        of = asked(request)
        must_be_countable(of)
        async with self._turn, self._database.transaction() as transaction:
            found = await counting.by_week(transaction, of)
        return pb.CountMessagesResponse(
            counts=[count_to_proto(as_told(one, self._smallest)) for one in found],
            smallest=self._smallest,
            rounded_to=self._smallest,
        )
