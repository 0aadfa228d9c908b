"""Files that are not taken at all, and why."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from terresante.directory.v1 import import_service_pb2 as pb
from terresante_platform.database import Database
from terresante_platform.refusals import Refusal

from .handing_over import ANNUAIRE, FINESS, OWN, ROR, HandingOver, sample, structure, structures


async def refused(call: Any) -> str:
    with pytest.raises(Refusal) as why:
        await call
    assert why.value.sentence
    return why.value.reason


@pytest.mark.parametrize(
    ("content", "format", "reason"),
    [
        (b"", OWN, "FILE_EMPTY"),
        (b" \n\n", ANNUAIRE, "FILE_EMPTY"),
        (sample("structures.csv"), 0, "SOURCE_FORMAT_UNKNOWN"),
        (sample("structures.csv"), 99, "SOURCE_FORMAT_UNKNOWN"),
        (sample("structures.csv").decode().encode("utf-16"), OWN, "FILE_ENCODING_UNKNOWN"),
        (b"identifiant;niveau\n" + bytes(range(32)) * 50, OWN, "FILE_ENCODING_UNKNOWN"),
        (sample("structures.csv"), ANNUAIRE, "FILE_UNREADABLE"),
        (sample("annuaire.txt"), FINESS, "FILE_UNREADABLE"),
        (sample("finess.csv"), ROR, "FILE_UNREADABLE"),
        (b"PK\x03\x04" + b"x" * (21 << 20), OWN, "FILE_TOO_LARGE"),
    ],
)
async def test_what_is_no_file_of_its_format_is_refused_at_once_and_leaves_nothing_to_read(
    files: HandingOver, database: Database, content: bytes, format: int, reason: str
) -> None:
    assert await refused(files.upload(content, format)) == reason
    assert await files.importing.round() == 0
    async with database.reading() as connection:
        assert await connection.scalar(text("select count(*) from import_piece")) == 0


async def test_a_description_comes_first_and_once(files: HandingOver) -> None:
    description = pb.FileDescription(format=OWN)

    async def parts(*told: pb.UploadFileRequest) -> AsyncIterator[pb.UploadFileRequest]:
        for one in told:
            yield one

    piece, described = pb.UploadFileRequest(piece=b"x"), pb.UploadFileRequest(description=description)
    for told in ((), (piece,), (described, piece, described)):
        assert await refused(files.stub.UploadFile(parts(*told))) == "FILE_DESCRIPTION_MISSING"


async def test_a_file_is_for_a_territory_of_the_callers(files: HandingOver) -> None:
    content = structures(structure("A"))
    assert await refused(files.upload(content, territory_code="95-sud")) == "TERRITORY_NOT_YOURS"
    assert await refused(files.upload(content, territory_code="99-nulle-part")) == "TERRITORY_UNKNOWN"


async def test_an_administrator_without_a_row_hands_nothing_over(files: HandingOver, calling_as: Any) -> None:
    calling_as("administrator", uuid4())
    assert await refused(files.upload(structures(structure("A")))) == "ADMINISTRATOR_UNKNOWN"


async def test_a_file_that_breaks_later_fails_with_a_sentence_and_keeps_no_line(
    files: HandingOver, database: Database
) -> None:
    id = await files.read(sample("historique.csv"))
    told = await files.told(id)
    assert told.state == pb.IMPORT_STATE_FAILED
    assert "colonnes" in told.failure
    assert await files.lines(id) == []
    async with database.reading() as connection:
        assert await connection.scalar(text("select count(*) from import_piece")) == 0


async def test_a_name_is_shown_without_path_or_control(files: HandingOver) -> None:
    id = await files.upload(structures(structure("A")), file_name="C:\\Users\\x/liste\u202e\x07.csv")
    assert (await files.told(id)).file_name == "liste.csv"
