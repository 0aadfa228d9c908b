"""Identity's announcements, as the consent service takes them in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from terresante.identity.v1.identity_events_pb2 import PersonsMerged, PersonsSeparated
from terresante_consent.events import PERSONS_MERGED, PERSONS_SEPARATED
from terresante_consent.wire import stamp
from terresante_platform import calls
from terresante_platform.consumer import Arrived, Consumer
from terresante_platform.ids import new_id

from .house import Clock


@dataclass
class Linking:
    """Merges and undoes, by acts of identity."""

    consumer: Consumer
    clock: Clock

    async def merges(self, absorbed: UUID, surviving: UUID, act: UUID | None = None) -> UUID:
        """They are one person from now on. Gives the act."""
        act = act or new_id()
        event = PersonsMerged(act_id=str(act), absorbed_id=str(absorbed), surviving_id=str(surviving), at=self._now())
        await self.comes(PERSONS_MERGED, event)
        return act

    async def separates(self, merge: UUID | None, separated: UUID, from_: UUID) -> None:
        """They are two again; `merge` None: somebody new was split off."""
        event = PersonsSeparated(
            act_id=str(new_id()),
            merge_act_id=str(merge or ""),
            separated_id=str(separated),
            from_id=str(from_),
            at=self._now(),
        )
        await self.comes(PERSONS_SEPARATED, event)

    async def comes(self, subject: str, event: Any, id: UUID | None = None) -> int:
        """One delivery; who calls stays who they are. Gives how many events were new."""
        mine = calls.current()
        new = await self.consumer.react([Arrived(id or new_id(), subject, event.SerializeToString())])
        calls.enter(mine)
        return new

    def _now(self) -> Any:
        at: datetime = self.clock()
        return stamp(at)
