"""How files come in: at a pace, whole, and so many at once."""

from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Any

import pytest
from sqlalchemy import text
from terresante.directory.v1 import import_service_pb2 as pb
from terresante_directory.domain.identifiers import TerritoryCode
from terresante_directory.domain.imports.arriving import (
    LONGEST_SECONDS,
    MOST_AT_ONCE,
    MOST_PER_TERRITORY,
    MOST_WAITING,
    SLOWEST,
    WINDOW_SECONDS,
    Arrivals,
    FileTooSlow,
    ImportsBusy,
    Pace,
    must_have_room,
)
from terresante_platform.database import Database
from terresante_platform.refusals import Refusal

from .handing_over import OWN, HandingOver, structure, structures

WEST, SOUTH = TerritoryCode("94-ouest"), TerritoryCode("95-sud")
FILE = structures(structure("A"))


async def refused(call: Any) -> Refusal:
    with pytest.raises(Refusal) as why:
        await call
    return why.value


async def stream(*pieces: bytes, closed: bool = True) -> AsyncIterator[pb.UploadFileRequest]:
    yield pb.UploadFileRequest(description=pb.FileDescription(format=OWN, closed=closed))
    for piece in pieces:
        yield pb.UploadFileRequest(piece=piece)


def test_a_large_file_may_take_as_long_as_it_goes_on() -> None:
    pace = Pace.beginning(0.0)
    for window in range(1, int(LONGEST_SECONDS / WINDOW_SECONDS)):
        pace.came(SLOWEST, window * WINDOW_SECONDS)


def test_one_that_trickles_in_or_never_ends_is_broken_off() -> None:
    trickle = Pace.beginning(0.0)
    trickle.came(SLOWEST, WINDOW_SECONDS)
    trickle.came(1, WINDOW_SECONDS + 1)
    with pytest.raises(FileTooSlow):
        trickle.came(SLOWEST - 2, 2 * WINDOW_SECONDS)
    endless = Pace.beginning(0.0)
    with pytest.raises(FileTooSlow):
        endless.came(SLOWEST, LONGEST_SECONDS + 1)


def test_so_many_come_in_at_once_and_each_makes_room_however_it_ends() -> None:
    arrivals = Arrivals()
    for _ in range(10):
        with pytest.raises(RuntimeError), arrivals.one_more({WEST, SOUTH}):
            raise RuntimeError
    with ExitStack() as coming:
        for _ in range(MOST_PER_TERRITORY):
            coming.enter_context(arrivals.one_more({WEST}))
        with pytest.raises(ImportsBusy), arrivals.one_more({WEST, SOUTH}):
            raise AssertionError
        for number in range(MOST_AT_ONCE - MOST_PER_TERRITORY):
            coming.enter_context(arrivals.one_more({TerritoryCode(f"{number}")}))
        with pytest.raises(ImportsBusy), arrivals.one_more({SOUTH}):
            raise AssertionError
    with arrivals.one_more({WEST}):
        pass


def test_a_territory_that_waits_leaves_room_for_others() -> None:
    must_have_room(MOST_WAITING - 1, MOST_PER_TERRITORY - 1)
    for waiting, of_territory in ((0, MOST_PER_TERRITORY), (MOST_WAITING, 0)):
        with pytest.raises(ImportsBusy) as busy:
            must_have_room(waiting, of_territory)
        assert busy.value.details["retry_after"]


async def test_a_stream_that_was_broken_off_is_no_file(files: HandingOver, database: Database) -> None:
    half = FILE[: len(FILE) // 2]

    assert (await refused(files.stub.UploadFile(stream(half)))).reason == "FILE_CUT"
    assert await files.importing.round() == 0
    async with database.reading() as connection:
        assert await connection.scalar(text("select count(*) from import_piece")) == 0
    whole = (await files.stub.UploadFile(stream(half, FILE[len(half) :], b""))).import_id
    assert (await files.told(whole)).bytes_total == len(FILE)
    assert (await files.stub.UploadFile(stream(FILE, closed=False))).import_id


async def test_files_that_wait_for_their_turn_are_so_many_and_another_territory_has_its_own(files: HandingOver) -> None:
    for _ in range(MOST_PER_TERRITORY):
        await files.upload(FILE)

    busy = await refused(files.upload(FILE))

    assert (busy.reason, bool(busy.sentence), bool(busy.todo)) == ("IMPORTS_BUSY", True, True)
    assert busy.details["retry_after"]
    await files.tree.desk.administrator("95-sud")
    await files.upload(FILE)
    await files.tree.desk.administrator("94-ouest", "95-sud")
    assert (await refused(files.upload(FILE))).reason == "IMPORTS_BUSY"
    await files.importing.round()
    assert await files.upload(FILE)
