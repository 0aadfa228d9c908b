"""The supervisor on small real processes: order of start and stop, restarts, steps done again."""

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest
from terresante_dev.supervisor import Part, Step, Supervisor, alive

# Writes its file when it does its work, and its name to `ends` when it is asked to stop.
WORKER = """
import pathlib, signal, sys
name, folder = sys.argv[1], pathlib.Path(sys.argv[2])
def end(*_):
    with (folder / "ends").open("a") as ends:
        ends.write(name + "\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
(folder / name).write_text("works")
while True:
    signal.pause()
"""
DEAF = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
while True:
    signal.pause()
"""


def worker(folder: Path, name: str, *needs: str) -> Part:
    async def ready() -> bool:
        return await asyncio.to_thread((folder / name).exists)

    return Part(name, needs, (sys.executable, "-c", WORKER, name, str(folder)), ready)


@asynccontextmanager
async def supervised(folder: Path, *rows: Part | Step) -> AsyncIterator[tuple[Supervisor, list[tuple[str, str]]]]:
    """The supervisor over those rows, and what it has told: (name, state) in order. Stops at the end."""
    told: list[tuple[str, str]] = []

    def tell() -> None:
        latest = max(supervisor.seen.items(), key=lambda item: item[1].since)
        told.append((latest[0], latest[1].state))

    supervisor = Supervisor(rows, folder, tell)
    running = asyncio.create_task(supervisor.run())
    try:
        yield supervisor, told
    finally:
        supervisor.stop()
        await running


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.sleep(0.02)


async def test_a_part_starts_when_what_it_needs_is_ready_and_stops_before_it(tmp_path: Path) -> None:
    rows = [worker(tmp_path, "last", "middle"), worker(tmp_path, "middle", "first"), worker(tmp_path, "first")]

    async with supervised(tmp_path, *rows) as (supervisor, told):
        await until(lambda: supervisor.seen["last"].state == "ready")
        assert told == [(name, state) for name in ("first", "middle", "last") for state in ("starting", "ready")]

    assert (tmp_path / "ends").read_text().split() == ["last", "middle", "first"]
    assert {seen.state for seen in supervisor.seen.values()} == {"stopped"}


async def test_what_needs_a_part_that_never_gets_ready_does_not_start(tmp_path: Path) -> None:
    async def never() -> bool:
        return False

    stuck = Part("stuck", (), (sys.executable, "-c", WORKER, "stuck", str(tmp_path)), never)

    async with supervised(tmp_path, stuck, worker(tmp_path, "next", "stuck")) as (supervisor, _):
        await until((tmp_path / "stuck").exists)
        assert supervisor.seen["next"].state == "waiting"


async def test_a_killed_part_is_started_again_with_another_pid(tmp_path: Path) -> None:
    async with supervised(tmp_path, worker(tmp_path, "one")) as (supervisor, _):
        seen = supervisor.seen["one"]
        await until(lambda: seen.state == "ready")
        first = seen.pid
        psutil.Process(first).kill()
        await until(lambda: seen.state == "ready" and seen.starts == 2)
        assert seen.pid != first


async def test_a_part_that_keeps_dying_is_started_more_and_more_rarely(tmp_path: Path) -> None:
    async def never() -> bool:
        return False

    dying = Part("dying", (), (sys.executable, "-c", "raise SystemExit(3)"), never)
    began = time.monotonic()

    async with supervised(tmp_path, dying) as (supervisor, _):
        await until(lambda: supervisor.seen["dying"].starts == 4)
        assert time.monotonic() - began > 0.1 + 0.5 + 1.0
        await until(lambda: supervisor.seen["dying"].detail == "ended with code 3")


async def test_a_program_that_does_not_exist_is_told_and_tried_again(tmp_path: Path) -> None:
    async def never() -> bool:
        return False

    async with supervised(tmp_path, Part("absent", (), (str(tmp_path / "absent"),), never)) as (supervisor, _):
        await until(lambda: supervisor.seen["absent"].failures >= 2)
        assert "No such file" in supervisor.seen["absent"].detail


async def test_a_part_that_ignores_the_stop_signal_is_killed_after_its_patience(tmp_path: Path) -> None:
    async def ready() -> bool:
        return "deaf" in await asyncio.to_thread((tmp_path / "deaf.log").read_text)

    deaf = Part("deaf", (), (sys.executable, "-c", DEAF), ready, patience=0.3)

    async with supervised(tmp_path, deaf) as (supervisor, _):
        await until(lambda: supervisor.seen["deaf"].state == "ready")
        pid, created = supervisor.seen["deaf"].pid, supervisor.seen["deaf"].created

    assert alive(pid, created) is None
    assert "killed" in supervisor.seen["deaf"].detail


async def test_what_a_dead_part_had_started_ends_with_it(tmp_path: Path) -> None:
    parent = "import subprocess, sys; print(subprocess.Popen(['sleep', '60']).pid, flush=True); sys.stdin.read()"
    log = tmp_path / "parent.log"

    async def ready() -> bool:
        return bool(await asyncio.to_thread(log.read_text))

    row = Part("parent", (), (sys.executable, "-c", parent + "; import signal; signal.pause()"), ready)
    async with supervised(tmp_path, row) as (supervisor, _):
        await until(lambda: supervisor.seen["parent"].state == "ready")
        child = psutil.Process(int(log.read_text().split()[0]))
        psutil.Process(supervisor.seen["parent"].pid).send_signal(signal.SIGKILL)
        await until(lambda: alive(child.pid, child.create_time()) is None)


async def test_a_step_is_done_once_and_tried_again_until_it_succeeds(tmp_path: Path) -> None:
    tries: list[int] = []

    async def third_time() -> Sequence[str]:
        tries.append(1)
        if len(tries) < 3:
            raise ConnectionRefusedError("not yet")
        return ()

    rows = (Step("step", (), third_time), worker(tmp_path, "after", "step"))
    async with supervised(tmp_path, *rows) as (supervisor, _):
        await until(lambda: supervisor.seen["after"].state == "ready")

    assert len(tries) == 3


@pytest.mark.parametrize("every", [60.0, None])
async def test_a_step_is_done_again_as_soon_as_a_part_it_follows_comes_back(
    tmp_path: Path, every: float | None
) -> None:
    done: list[int] = []

    async def step() -> Sequence[str]:
        done.append(1)
        return ()

    rows = (worker(tmp_path, "server"), Step("provision", ("server",), step, every=every, after=("server",)))
    async with supervised(tmp_path, *rows) as (supervisor, _):
        await until(lambda: supervisor.seen["provision"].state == "ready")
        before = len(done)
        psutil.Process(supervisor.seen["server"].pid).kill()
        await until(lambda: len(done) > before)
