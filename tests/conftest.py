"""The whole platform as processes, for what no single service can prove: one stack a session, two of each service.

All suites here share it, so they run in one process and in this order: what reads contracts, what tells the story, what
attacks, and last what breaks. TERRESANTE_TEST_STACK=name uses a stack that is already up instead (and leaves it up), for
those who write tests: it must have been started with what `outside.settings` says.
"""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from terresante_dev import stack as stacks
from terresante_dev.recording.vigilance import registered_feeder
from terresante_dev.story import STEPS, Stage

from . import outside
from .outside import Postbox

HERE = Path(__file__).parent
ORDER = ["charts", "contracts", "flows", "workbench", "security", "resilience"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the suites in their order, after all others."""
    ours = [item for item in items if HERE in item.path.parents]
    ours.sort(key=lambda item: ORDER.index(item.path.relative_to(HERE).parts[0]))
    items[:] = [*(item for item in items if HERE not in item.path.parents), *ours]


@pytest.fixture(scope="session")
def postbox() -> Iterator[Postbox]:
    """The mail server to which the platform hands its mail."""
    made = outside.postbox()
    made.up()
    yield made
    made.down()


@pytest.fixture(scope="session")
def stack(postbox: Postbox) -> Iterator[dict[str, Any]]:
    """What `stack.json` says of the running platform."""
    name = os.environ.get("TERRESANTE_TEST_STACK")
    if name:
        yield stacks.read(name)
        return
    name = f"test-{os.getpid()}"
    try:
        _runner("up", "--stack", name, "--replicas", "2", **outside.settings(postbox))
        yield stacks.read(name)
    finally:
        _runner("reset", "--stack", name)


def _runner(*words: str, **settings: str) -> None:
    """A verb of the one-machine runner, in a process of its own: the supervisor outlives the one that starts it."""
    command, environment = [sys.executable, "-m", "terresante_dev", *words], {**os.environ, **settings}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def told(stack: dict[str, Any]) -> Stage:
    """A telling of the story up to its eighth step: people, consent, circle and documents exist; so does a system that
    feeds identities.
    """
    stage = Stage(stack, secrets.randbelow(10**9))
    for step in STEPS[:8]:
        step.play(stage)
    registered_feeder(stage)
    return stage
