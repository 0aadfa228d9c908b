"""How many messages professionals write: asked of messaging, which alone knows."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, cast

from terresante.messaging.v1 import messaging_service_pb2 as pb
from terresante_platform.refusals import Refusal
from terresante_platform.telemetry import log

from terresante_directory.domain.care import CountedMessages, CountMessages, Standing, not_known
from terresante_directory.domain.weeks import PARIS
from terresante_directory.towards import PATIENCE_SECONDS, in_own_name

if TYPE_CHECKING:
    from terresante.messaging.v1.messaging_service_pb2_grpc import MessagingServiceAsyncStub

_FIRST_DAY = date(1970, 1, 1)


class Messages:
    """The question to messaging, in the directory's own name: whoever is behind the call, their token goes no
    further.
    """

    def __init__(self, messaging: "MessagingServiceAsyncStub") -> None:
        self._messaging = messaging

    async def counted(self, standing: Sequence[Standing], weeks: Sequence[datetime]) -> CountedMessages | None:
        """Counts of each week. None: messaging does not answer, or cannot count that; the log says why."""
        ask = cast(Any, self._messaging.CountMessages)  # the platform's stub takes `seconds`
        request = pb.CountMessagesRequest(
            writers=[pb.Writer(professional_id=str(one.id), first=one.first, past=one.past) for one in standing],
            first_monday=(weeks[0].astimezone(PARIS).date() - _FIRST_DAY).days,
            weeks=len(weeks),
        )
        try:
            with in_own_name():
                told = await ask(request, seconds=PATIENCE_SECONDS)
        except Refusal as refusal:
            log.warning("messages are not counted", reason=refusal.reason)
            return None
        counts = tuple(None if one.masked else one.messages for one in told.counts)
        return CountedMessages(counts, told.smallest, told.rounded_to)


def counting(messaging: "MessagingServiceAsyncStub | None") -> CountMessages:
    """How messages are counted; where there is no messaging, they are not known."""
    return Messages(messaging).counted if messaging else not_known
