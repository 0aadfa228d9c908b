"""What the use cases of telling work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.messaging.v1 import telling_service_pb2 as pb
from terresante_contents.sealing import MasterKeys, OwnerKey
from terresante_platform.database import Database

from terresante_messaging.domain.people import Recipient
from terresante_messaging.feed.readers import Readers
from terresante_messaging.rpc.deciding import Deciding
from terresante_messaging.store import addresses, preferences
from terresante_messaging.store.keys import owner_keys
from terresante_messaging.wire import telling as wire

if TYPE_CHECKING:
    from terresante.directory.v1.directory_service_pb2_grpc import DirectoryServiceAsyncStub
    from terresante.directory.v1.ror_service_pb2_grpc import RorServiceAsyncStub

PEOPLE = ("professional", "patient")


@dataclass(frozen=True, slots=True)
class TellingDesk:
    """The parts, made once at start."""

    database: Database
    deciding: Deciding
    readers: Readers
    masters: MasterKeys
    directory: DirectoryServiceAsyncStub
    ror: RorServiceAsyncStub
    now: Callable[[], datetime]

    async def key(self, who: Recipient) -> OwnerKey:
        """Theirs, made if there is none."""
        async with self.database.reading() as connection:
            return await owner_keys.get_or_make(connection, self.masters, who.id)

    async def preferences(self, connection: AsyncConnection, who: Recipient) -> pb.Preferences:
        """Somebody's, with what is to be shown of their address."""
        key = await owner_keys.find(connection, self.masters, who.id)
        address = await addresses.find(connection, key, who)
        return wire.preferences_to_proto(await preferences.find(connection, who), address)
