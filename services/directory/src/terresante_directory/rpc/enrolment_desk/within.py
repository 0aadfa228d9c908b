"""The calls of the directory inside a transaction that is open already: all is kept together, or nothing."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform.database import Database

from terresante_directory.domain.requests import ChangeKind

Change = Callable[[ChangeKind, Any], Any]
"""Makes a change as the calling administrator. Raises as the call itself."""
Changing = Callable[[Database], Change]


class Joined(Database):
    """A database whose transactions are all one, which somebody else ends."""

    def __init__(self, transaction: AsyncConnection) -> None:
        super().__init__(transaction.engine)
        self._transaction = transaction

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """The one there is."""
        yield self._transaction

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """The one there is: what it changed is read."""
        yield self._transaction


def changing(serving: Callable[[Database], tuple[Any, Any]]) -> Changing:
    """By the calls of the directory's own services. `serving`: the directory's and the one in time, over a database."""

    def over(database: Database) -> Change:
        directory, in_time = serving(database)

        def change(kind: ChangeKind, request: Any) -> Any:
            service = directory if kind in (ChangeKind.ADD_PLACE, ChangeKind.END_PLACE) else in_time
            return getattr(service, kind.value)(request, None)

        return change

    return over
