"""Renewed certificate files are taken up once they are whole, and what lies between is waited out."""

import asyncio
import shutil
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import ClassVar

import pytest
from terresante_platform import background
from terresante_platform.testing.certificates import Authority
from terresante_platform.tls import Identity, renewing

LOOK = 0.01


class Looked(Identity):
    """Files that know how often they were looked at."""

    looks: ClassVar[Counter[Path]] = Counter()

    def stamp(self) -> tuple[int, ...]:
        """As of any."""
        self.looks[self.certificate] += 1
        return super().stamp()

    async def at(self) -> None:
        """Until whoever looks has come and gone."""
        before = self.looks[self.certificate]
        async with asyncio.timeout(10):
            while self.looks[self.certificate] < before + 3:
                await asyncio.sleep(LOOK)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority", "authority")


@pytest.fixture
def files(tmp_path: Path, authority: Authority) -> Looked:
    files = Looked(tmp_path / "tls.crt", tmp_path / "tls.key", tmp_path / "ca.crt")
    made = authority.identity("consent")
    for name in ("certificate", "key", "authority"):
        shutil.copy(getattr(made, name), getattr(files, name))
    return files


class Taken:
    """How often files were taken up."""

    times = 0

    def __call__(self) -> None:
        self.times += 1


@pytest.fixture
async def taken(files: Looked) -> AsyncIterator[Taken]:
    taken = Taken()
    async with background.running(renewing(files, taken, LOOK)):
        yield taken


async def until(taken: Taken, times: int) -> None:
    async with asyncio.timeout(10):
        while taken.times < times:
            await asyncio.sleep(LOOK)


async def test_a_certificate_whose_key_is_not_there_yet_is_taken_up_when_it_is(
    files: Looked, authority: Authority, taken: Taken
) -> None:
    made = authority.identity("consent")
    shutil.copy(made.certificate, files.certificate)
    await files.at()
    assert taken.times == 0

    shutil.copy(made.key, files.key)
    await until(taken, 1)
    await files.at()
    assert taken.times == 1


async def test_files_that_are_away_for_a_moment_end_no_round(files: Looked, taken: Taken) -> None:
    kept = files.certificate.read_bytes()
    files.certificate.unlink()
    await files.at()
    files.certificate.write_bytes(b"half")
    await files.at()
    assert taken.times == 0

    files.certificate.write_bytes(kept)
    await until(taken, 1)
