"""Where sealed contents are kept: a local folder, any S3 store, or memory, behind one URL. Written before
their row.

A content is named by the day it was written and its id, which holds that moment (UUIDv7). So contents without a row
are looked for among those of a few days only, however many there are.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url
from terresante_platform.ids import moment_of
from terresante_platform.refusals import Unavailable
from terresante_platform.telemetry import log

_PART = 5 * 1024 * 1024
"""Bytes buffered before a part leaves: the least that S3 takes. Smaller contents leave in one piece."""
_READ = 256 * 1024
_LISTED = 500
_REMOTE: dict[str, Any] = {
    "retry_config": {"max_retries": 2, "retry_timeout": timedelta(seconds=8)},
}
"""A store that is away must be told as such before the caller gives up. Options of the client are left to the AWS_*
variables, which they would put out of force."""


class ContentsUnavailable(Unavailable):
    """The store does not answer. Nothing was kept or shown."""

    reason = "CONTENTS_UNAVAILABLE"

    def __init__(self) -> None:
        super().__init__(
            "Les contenus sont momentanément indisponibles ; rien n’a été enregistré.",
            "Réessayez dans quelques instants.",
        )


class Contents:
    """The store. What goes through it is sealed already."""

    def __init__(self, url: str) -> None:
        """`url`: file:///folder (made if missing), s3://bucket/prefix, memory:///."""
        self._folder: Path | None = None
        self._store: ObjectStore
        if url.startswith("file://"):
            local = LocalStore.from_url(url, mkdir=True)
            self._store, self._folder = local, local.prefix
        else:
            remote = not url.startswith("memory:")
            self._store = from_url(url, **(_REMOTE if remote else {}))

    async def keep(self, id: UUID, sealed: AsyncIterator[bytes]) -> None:
        """Writes a content to its end, and to the disk's own memory; leaves nothing when `sealed` raises.

        Holds two parts of 5 MiB at most. Refuses with CONTENTS_UNAVAILABLE.
        """
        path = _path(id)
        with _answering():
            async with obstore.open_writer_async(self._store, path, buffer_size=_PART, max_concurrency=1) as writer:
                async for piece in sealed:
                    await writer.write(piece)
            if self._folder is not None:
                await asyncio.to_thread(_sync, self._folder, path)

    async def read(self, id: UUID) -> AsyncIterator[bytes]:
        """The sealed content, piece by piece. Raises FileNotFoundError; refuses with CONTENTS_UNAVAILABLE."""
        with _answering():
            found = await obstore.get_async(self._store, _path(id))
            async for piece in found.stream(min_chunk_size=_READ):
                yield bytes(piece)

    async def forget(self, ids: Collection[UUID]) -> None:
        """Removes contents; those that are not there are passed over."""
        for id in ids:
            with suppress(FileNotFoundError), _answering():
                await obstore.delete_async(self._store, _path(id))

    async def written(self, since: date, before: datetime) -> AsyncIterator[list[UUID]]:
        """Ids of the contents written from that day on and before that moment, some at a time."""
        day = since
        while day <= before.date():
            with _answering():
                async for listed in obstore.list(self._store, f"contents/{day.isoformat()}", chunk_size=_LISTED):
                    ids = [UUID(entry["path"].rpartition("/")[2]) for entry in listed]
                    yield [id for id in ids if moment_of(id) < before]
            day += timedelta(days=1)


def _path(id: UUID) -> str:
    return f"contents/{moment_of(id).date().isoformat()}/{id}"


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except (BaseError, OSError) as fault:
        log.warning("contents away", exc_info=fault)
        raise ContentsUnavailable from None


def _sync(folder: Path, path: str) -> None:
    """Forces a file, and the folders that name it, out of the page cache: an acknowledged content survives a power
    cut."""
    place = folder / path
    for each in (place, *list(place.parents)[: len(Path(path).parts)]):
        handle = os.open(each, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
