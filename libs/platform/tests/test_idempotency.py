"""`Idempotency-Key`: done once, answered the same twice, also when asked fifty times at once."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from terresante.directory.v1 import directory_service_pb2 as pb
from terresante_platform import calls
from terresante_platform.database import Database
from terresante_platform.idempotency import KeyInvalid, KeyReused, once


class Register:
    """A create that counts how often it was really done."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.done = 0

    async def __call__(self, name: str = "a", fail: bool = False) -> pb.RegisterStructureResponse:
        request = pb.RegisterStructureRequest(name=name)
        async with (
            self._database.transaction() as transaction,
            once(transaction, request, pb.RegisterStructureResponse) as use,
        ):
            if use.reply is not None:
                return use.reply
            self.done += 1
            if fail:
                raise LookupError
            return use.keep(pb.RegisterStructureResponse(structure=pb.Structure(structure_id=str(uuid4()))))


@pytest.fixture
def register(database: Database, calling_as: Any) -> Register:
    calling_as("administrator", uuid4(), key="k-1")
    return Register(database)


async def test_the_second_request_gets_the_answer_of_the_first(register: Register) -> None:
    assert await register() == await register()
    assert register.done == 1


async def test_fifty_at_once_are_done_once(register: Register) -> None:
    call = calls.current()

    async def one() -> str:
        calls.enter(call)
        return (await register()).structure.structure_id

    assert len(set(await asyncio.gather(*(one() for _ in range(50))))) == 1
    assert register.done == 1


async def test_the_same_key_for_another_request_is_refused(register: Register) -> None:
    await register("a")
    with pytest.raises(KeyReused):
        await register("b")


async def test_another_persons_key_is_another_key(register: Register, calling_as: Any) -> None:
    await register()
    calling_as("administrator", uuid4(), key="k-1")
    await register()
    assert register.done == 2


async def test_a_failed_effect_leaves_the_key_free(register: Register) -> None:
    with pytest.raises(LookupError):
        await register(fail=True)
    await register()
    assert register.done == 2


async def test_without_a_key_each_request_is_its_own(register: Register, calling_as: Any, database: Database) -> None:
    calling_as("administrator", uuid4())
    await register()
    await register()
    async with database.reading() as connection:
        kept = (await connection.execute(text("select count(*) from idempotency_key"))).scalar()
    assert (register.done, kept) == (2, 0)


@pytest.mark.parametrize("key", ["x" * 129, "clé"])
async def test_a_strange_key_is_refused(register: Register, calling_as: Any, key: str) -> None:
    calling_as("administrator", uuid4(), key=key)
    with pytest.raises(KeyInvalid):
        await register()
