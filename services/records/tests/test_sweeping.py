"""Contents without a document are swept; a content that was touched is never given out."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from terresante.records.v1 import records_service_pb2 as pb
from terresante_contents.store import Contents
from terresante_platform.database import Database
from terresante_platform.ids import moment_of, new_id
from terresante_platform.refusals import Unavailable
from terresante_records.sweeping import sweep

from .conftest import PDF, As, Writing


async def flowing(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_only_contents_without_a_document_and_old_enough_are_swept(
    writing: Writing, being: As, database: Database, contents: Contents, tmp_path: Path
) -> None:
    being("gp")
    document = await writing.document()
    deleted = await writing.document()
    await writing.records.DeleteDocument(
        pb.DeleteDocumentRequest(patient_id=deleted.patient_id, document_id=deleted.document_id, version=1)
    )
    orphan = new_id()
    await contents.keep(orphan, flowing(b"orphan"))
    assert len(files(tmp_path)) == 3

    assert await sweep(database, contents, moment_of(orphan) - timedelta(seconds=5)) == 0
    assert len(files(tmp_path)) == 3
    assert await sweep(database, contents, moment_of(orphan) + timedelta(seconds=5)) == 1
    assert await sweep(database, contents, moment_of(orphan) + timedelta(seconds=5)) == 0

    assert len(files(tmp_path)) == 2
    assert await writing.content(document.document_id) == PDF


async def test_a_content_changed_in_the_folder_is_never_given_out(writing: Writing, being: As, tmp_path: Path) -> None:
    being("gp")
    document = await writing.document()
    (file,) = files(tmp_path)
    stored = bytearray(file.read_bytes())
    stored[100] ^= 1
    file.write_bytes(bytes(stored))

    with pytest.raises(Unavailable) as refused:
        await writing.content(document.document_id)

    assert refused.value.reason == "RECORDS_FAULT"
