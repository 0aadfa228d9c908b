"""The stack that is measured: brought up by the bench itself, nobody else's work on it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from terresante_dev import running
from terresante_dev import stack as stacks

TRACE_RATIO = "0.01"
"""Share of traces kept: what a production would keep, not all as `make up` does."""
PLATFORM = ("gateway", "directory", "consent", "identity", "records", "messaging")


@contextmanager
def up(name: str, only: frozenset[str] = frozenset(), keep: bool = False) -> Iterator[dict[str, Any]]:
    """The stack's `stack.json`, everything in it ready. It is stopped at the end if the bench started it.

    `keep`: leave it running for the next run.
    """
    os.environ["TRACE_RATIO"] = TRACE_RATIO
    os.environ["LOG_LEVEL"] = "warning"
    if not only and stacks.supervised(name) and "gateway" not in stacks.read(name)["parts"]:
        running.down(name)  # it was left there for the baselines, with PostgreSQL only
    ours = not stacks.supervised(name)
    running.up(name, None, only)
    try:
        yield stacks.read(name)
    finally:
        if ours and not keep:
            running.down(name)


def processes(told: dict[str, Any]) -> dict[str, int]:
    """Process ids by part, replicas apart."""
    return {name: seen["pid"] for name, seen in told["parts"].items() if seen["kind"] == "process" and seen["pid"]}


def counted(told: dict[str, Any]) -> tuple[str, ...]:
    """The parts whose processor time belongs to a request: the platform, PostgreSQL and NATS.

    Keycloak, the sink of the traces and the supervisor belong to no request; the figures tell them apart.
    """
    named = (*PLATFORM, "postgres", "nats")
    return tuple(name for name in processes(told) if name.rpartition("-")[0] in named or name in named)
