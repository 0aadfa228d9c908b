"""What the supervisor promises: what dies comes back by itself, what is kept is found again, nothing is left behind."""

import asyncio
import os
import signal

import asyncpg
import psutil  # type: ignore[import-untyped]
import pytest

from .conftest import Ground


def runs(pid: int) -> bool:
    """Whether it lives; one that waits to be reaped does not."""
    return bool(psutil.pid_exists(pid)) and bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)


async def test_a_killed_postgresql_comes_back_with_what_it_acknowledged(ground: Ground) -> None:
    url = ground.told["databases"]["directory"]["owner_url"]
    before = await asyncpg.connect(url)
    await before.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    before.terminate()

    await asyncio.to_thread(ground.kill, "postgres")

    after = await asyncpg.connect(url)
    assert await after.fetchval("SELECT answer FROM kept") == 42
    await after.execute("DROP TABLE kept")
    await after.close()


@pytest.mark.parametrize("times", [3])
def test_a_part_that_is_killed_several_times_comes_back_each_time(ground: Ground, times: int) -> None:
    starts = ground.part("nats")["starts"]

    for _ in range(times):
        ground.kill("nats")

    assert ground.part("nats")["starts"] == starts + times


def test_down_keeps_data_and_ports_and_up_finds_them(ground: Ground) -> None:
    before = ground.told
    pids = [part["pid"] for part in before["parts"].values() if part["pid"]]

    ground.verb("down")
    assert not any(runs(pid) for pid in pids)
    assert ground.told["state"] == "stopped"
    ground.up()

    assert ground.told["nats"] == before["nats"]
    assert ground.told["databases"] == before["databases"]


def test_up_after_the_supervisor_was_killed_ends_what_it_left_and_starts_anew(ground: Ground) -> None:
    before = ground.told
    left = [part["pid"] for part in before["parts"].values() if part["pid"]]
    os.kill(before["supervisor"]["pid"], signal.SIGKILL)
    assert all(runs(pid) for pid in left)

    ground.up()

    assert not any(runs(pid) for pid in left)
    assert ground.told["state"] == "ready"
    assert ground.told["nats"] == before["nats"]


def test_up_of_a_running_stack_says_where_it_is_and_starts_nothing(ground: Ground) -> None:
    before = ground.told

    assert f"'{ground.name}' is up" in ground.up()

    assert ground.told["supervisor"] == before["supervisor"]
    assert ground.told["parts"] == before["parts"]


def test_status_shows_each_part_with_version_pid_and_memory(ground: Ground) -> None:
    lines = {line.split()[0]: line.split() for line in ground.verb("status").splitlines()}

    for part in ("postgres", "nats", "sink"):
        _, state, version, pid, memory, *_ = lines[part]
        assert state == "ready"
        assert version == ground.part(part)["version"]
        assert int(pid) == ground.part(part)["pid"]
        assert int(memory) > 0


def test_logs_of_an_unknown_part_names_the_known_ones(ground: Ground) -> None:
    assert "nats, postgres" in ground.verb("logs", "--part", "nonsense", fails=True)


def test_secrets_are_readable_by_their_owner_only(ground: Ground) -> None:
    private = [ground.folder / "stack.json", *(ground.folder / "secrets").iterdir()]

    assert {oct(file.stat().st_mode & 0o777) for file in private} == {"0o600"}
    assert oct((ground.folder / "secrets").stat().st_mode & 0o777) == "0o700"
