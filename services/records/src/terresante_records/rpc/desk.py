"""What every use case of the record works with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from terresante_contents.sealing import MasterKeys
from terresante_contents.store import Contents
from terresante_contents.watching import Watching
from terresante_platform import calls
from terresante_platform.database import Database
from terresante_platform.ids import parsed

from terresante_records.domain.catalogue import Catalogue
from terresante_records.domain.entries import Authorship, PersonId, PlaceId, Reader
from terresante_records.rpc.decisions import Deciding
from terresante_records.store.prepared import Reads

READERS = ("professional", "patient")
WRITERS = ("professional",)
"""The patient does not write in the record (R-CON4)."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The parts, made once at start."""

    database: Database
    reads: Reads
    deciding: Deciding
    masters: MasterKeys
    contents: Contents
    catalogue: Catalogue
    now: Callable[[], datetime]
    max_content_bytes: int
    watching: Watching


def reader() -> Reader:
    """Who is calling."""
    caller = calls.person()
    return Reader(PersonId(caller.id), caller.kind == "professional")


def authorship(now: datetime) -> Authorship:
    """The caller as the author of what they bring in. Refuses with ID_INVALID a place that is no id; whether they
    practise there, consent decides."""
    place = calls.current().place
    return Authorship(PersonId(calls.person().id), PlaceId(parsed(place, "place")) if place else None, now)
