"""Processor time and memory are those of a part with all that it started."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from bench import accounting
from bench.figures import Budget

BURN = "import time; end = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
PARENT = f"""
import subprocess, sys
sys.stdin.readline()
subprocess.run([sys.executable, "-c", {BURN!r}])
print("burnt", flush=True)
sys.stdin.readline()
"""


def test_what_an_ended_child_used_is_counted() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        before = accounting.snapshot({"it": parent.pid})
        assert parent.stdin and parent.stdout
        parent.stdin.write(b"\n")
        parent.stdin.flush()
        assert parent.stdout.readline() == b"burnt\n"
        used = accounting.between(before, accounting.snapshot({"it": parent.pid}))
        parent.stdin.write(b"\n")

    assert 0.3 <= used.parts["it"] < 1.5
    assert used.machine >= used.total() - 0.05


def test_a_part_that_ended_cannot_be_measured() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()

    with pytest.raises(ProcessLookupError):
        accounting.snapshot({"it": ended.pid})


def test_memory_is_that_of_a_running_process() -> None:
    found = accounting.memory(os.getpid())

    assert 10_000_000 < found.proportional <= found.resident


def test_a_budget_says_that_it_was_not_reached() -> None:
    assert "NOT REACHED" in Budget("a read", 2.1, 2.0, "ms").line()
    assert "goal 1 ms: NOT REACHED" in Budget("a read", 1.5, 2.0, "ms", 1.0).line()
    assert "NOT REACHED" not in Budget("a read", 0.9, 2.0, "ms", 1.0).line()
    assert "NOT REACHED" in Budget("a read", float("inf"), 2.0, "ms").line()
