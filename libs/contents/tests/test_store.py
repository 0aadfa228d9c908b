"""Contents in a folder and in memory: written whole or not at all."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from terresante_contents.store import Contents
from terresante_platform.ids import new_id
from terresante_platform.refusals import Unavailable

from .small_s3 import SmallS3

MIB = 1024 * 1024


async def flowing(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def cut_after(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
    raise ConnectionResetError("the sender went away")


async def read(contents: Contents, id: UUID) -> bytes:
    return b"".join([piece async for piece in contents.read(id)])


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("url", ["folder", "memory:///"])
@pytest.mark.parametrize("size", [1, 200_000, 12 * MIB + 5])
async def test_what_is_kept_comes_back(tmp_path: Path, url: str, size: int) -> None:
    contents = Contents(f"file://{tmp_path}" if url == "folder" else url)
    id, content = new_id(), bytes(at % 253 for at in range(1_000)) * (size // 1_000 + 1)

    await contents.keep(id, flowing(*(content[at : at + 65_552] for at in range(0, size, 65_552))))

    assert await read(contents, id) == b"".join(content[at : at + 65_552] for at in range(0, size, 65_552))


async def test_an_s3_store_is_used_by_its_url_alone() -> None:
    store = SmallS3()
    listening = await asyncio.start_server(store.serve, "127.0.0.1", 0)
    variables = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "eu-west-3",
    }
    async with listening:
        program = await asyncio.create_subprocess_exec(
            sys.executable,
            str(Path(__file__).parent / "keeping.py"),
            "s3://bucket/files",
            env=os.environ | variables,
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await asyncio.wait_for(program.communicate(), 60)

    assert output.decode().splitlines() == ["1000 True True True", "12000000 True True True"]
    assert store.asked.count("PUT partNumber&uploadId") == 3
    assert store.objects == {}


@pytest.mark.parametrize("pieces", [1, 200])
async def test_a_content_that_was_cut_leaves_nothing(tmp_path: Path, pieces: int) -> None:
    contents = Contents(f"file://{tmp_path}/made/on/demand")

    with pytest.raises((ConnectionResetError, Unavailable)):
        await contents.keep(new_id(), cut_after(*[b"x" * 65_552] * pieces))

    assert files(tmp_path) == []


async def test_what_is_not_there_is_told_so_and_forgetting_it_does_nothing(tmp_path: Path) -> None:
    contents = Contents(f"file://{tmp_path}")

    with pytest.raises(FileNotFoundError):
        await read(contents, new_id())
    await contents.forget([new_id()])


async def test_a_store_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    contents = Contents(f"file://{tmp_path}")
    (tmp_path / "contents").write_text("a file where the folder should be")

    with pytest.raises(Unavailable) as refused:
        await contents.keep(new_id(), flowing(b"x"))

    assert refused.value.reason == "CONTENTS_UNAVAILABLE"
