"""The process that reads a file: what is said of the file is about the file, and nothing else."""

from collections.abc import AsyncIterator

import pytest
from terresante_directory.domain.imports.formats import FileUnreadable
from terresante_directory.imports.child import Told, told


async def lines_of(pieces: AsyncIterator[bytes]) -> list[Told]:
    return [line async for line in told("finess", "utf-8", pieces, lambda _: None)]


@pytest.mark.parametrize("fault", [TimeoutError, ValueError, OSError])
async def test_pieces_that_could_not_be_had_are_no_fault_of_the_file(fault: type[Exception]) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"half a li"
        raise fault

    with pytest.raises(fault) as raised:
        await lines_of(pieces())
    assert not isinstance(raised.value, FileUnreadable)
