"""Work beside the calls: it ends with its block, and a block does not outlive work that broke."""

import asyncio

import pytest
from terresante_platform import background


async def breaking(now: asyncio.Event) -> None:
    await now.wait()
    raise LookupError


async def test_it_ends_even_if_a_request_to_end_is_swallowed() -> None:
    swallowed = 0

    async def stubborn() -> None:
        nonlocal swallowed
        while swallowed < 2:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                swallowed += 1

    async with asyncio.timeout(10), background.running(stubborn()):
        await asyncio.sleep(0)

    assert swallowed == 2


async def test_work_that_is_done_leaves_the_block_alone() -> None:
    async def short() -> None: ...

    async with background.running(short()):
        for _ in range(5):
            await asyncio.sleep(0)


async def test_work_that_breaks_ends_the_block_and_is_what_is_raised() -> None:
    now = asyncio.Event()

    with pytest.raises(LookupError):
        async with asyncio.timeout(10), background.running(breaking(now)):
            now.set()
            await asyncio.Event().wait()

    await asyncio.sleep(0)
    assert (task := asyncio.current_task()) is not None and task.cancelling() == 0


async def test_what_is_around_the_block_goes_on_when_it_bears_the_break() -> None:
    now = asyncio.Event()
    others_went_on = False

    async with background.running(asyncio.Event().wait()):  # type: ignore[arg-type]
        try:
            async with background.running(breaking(now)):
                now.set()
                await asyncio.Event().wait()
        except LookupError:
            await asyncio.sleep(0)
            others_went_on = True

    assert others_went_on


async def test_a_block_left_in_the_moment_of_the_break_is_left_whole() -> None:
    now = asyncio.Event()

    with pytest.raises(LookupError):
        async with background.running(breaking(now)):
            now.set()
            for _ in range(2):  # the work has broken, and what it asks for has not come yet
                await asyncio.sleep(0)

    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def test_a_fault_of_the_block_goes_before() -> None:
    with pytest.raises(ZeroDivisionError):
        async with background.running(breaking(asyncio.Event())):
            raise ZeroDivisionError


async def test_a_request_of_others_to_end_stays_one() -> None:
    async def block() -> None:
        async with background.running(breaking(asyncio.Event())):
            await asyncio.Event().wait()

    task = asyncio.create_task(block())
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
