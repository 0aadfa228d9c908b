"""What professionals, feeders, structures are: asked of the directory, kept as a dated copy (docs/decisions/0003)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from terresante.directory.v1 import directory_service_pb2 as pb
from terresante_platform.database import Database
from terresante_platform.refusals import Unavailable

from terresante_consent.domain.professionals import DirectoryUnavailable, Feeder, Professional
from terresante_consent.store import feeders, professionals
from terresante_consent.wire import others

if TYPE_CHECKING:
    from terresante.directory.v1.directory_service_pb2_grpc import DirectoryServiceAsyncStub


class Knowing:
    """The copy, and where it is taken from."""

    def __init__(
        self,
        database: Database,
        directory: "DirectoryServiceAsyncStub",
        now: Callable[[], datetime],
        max_age: timedelta,
    ) -> None:
        self._database = database
        self._directory = directory
        self._now = now
        self._max_age = max_age

    def fresh(self, known: Professional | None, at: datetime) -> bool:
        """Whether a copy may be decided on at that moment."""
        return known is not None and known.fresh(at, self._max_age)

    async def professional(self, id: UUID) -> Professional | None:
        """A fresh copy. None: the directory knows nobody of that id. Refuses with DIRECTORY_UNAVAILABLE."""
        async with self._database.reading() as connection:
            known = await professionals.get(connection, id)
        return known if self.fresh(known, self._now()) else await self.asked_again(id)

    async def heard_of(self, id: UUID) -> bool:
        """Whether such a professional is known, whatever the age of the copy: enough to block one."""
        async with self._database.reading() as connection:
            known = await professionals.get(connection, id)
        return known is not None or await self.asked_again(id) is not None

    async def asked_again(self, id: UUID) -> Professional | None:
        """Asks the directory, and keeps what it says."""
        found = await self.told(id)
        if found is not None:
            async with self._database.transaction() as transaction:
                await professionals.keep(transaction, found)
        return found

    async def told(self, id: UUID) -> Professional | None:
        """What the directory says now. Refuses with DIRECTORY_UNAVAILABLE."""
        at = self._now()
        try:
            reply = await self._directory.BatchGetProfessionals(
                pb.BatchGetProfessionalsRequest(professional_ids=[str(id)])
            )
        except Unavailable as away:
            raise _unavailable() from away
        return others.professional(reply.professionals[0], at) if reply.professionals else None

    async def feeder(self, id: UUID) -> Feeder | None:
        """A fresh copy. None: the directory knows no feeder of that id. Refuses with DIRECTORY_UNAVAILABLE."""
        async with self._database.reading() as connection:
            known = await feeders.get(connection, id)
        if known is not None and known.fresh(self._now(), self._max_age):
            return known
        found = await self.told_of_feeder(id)
        if found is not None:
            async with self._database.transaction() as transaction:
                await feeders.keep(transaction, found)
        return found

    async def told_of_feeder(self, id: UUID) -> Feeder | None:
        """What the directory says now. Refuses with DIRECTORY_UNAVAILABLE."""
        at = self._now()
        try:
            reply = await self._directory.BatchGetFeeders(pb.BatchGetFeedersRequest(feeder_ids=[str(id)]))
        except Unavailable as away:
            raise _unavailable() from away
        return others.feeder(reply.feeders[0], at) if reply.feeders else None

    async def structure_exists(self, id: UUID) -> bool:
        """Whether the directory knows that structure. Refuses with DIRECTORY_UNAVAILABLE."""
        try:
            reply = await self._directory.BatchGetStructures(pb.BatchGetStructuresRequest(structure_ids=[str(id)]))
        except Unavailable as away:
            raise _unavailable() from away
        return bool(reply.structures)


def _unavailable() -> DirectoryUnavailable:
    return DirectoryUnavailable(
        "L'annuaire ne répond pas ; rien n'a été décidé ni montré.", "Réessayez dans quelques instants."
    )
