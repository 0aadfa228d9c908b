"""How long the platform takes to start, cold and one service alone, and the memory each process has after the loads."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

from terresante_dev import running
from terresante_dev import stack as stacks

from bench import accounting, stack
from bench.figures import Report
from bench.world import World, Wrong

PATIENCE = 60.0


def cold(report: Report, name: str) -> dict[str, Any]:
    """Stops the stack and starts it again, all processes from nothing, data kept. Gives the new `stack.json`."""
    running.down(name)
    began = time.time()
    running.up(name, None, frozenset())
    told = stacks.read(name)
    ready = max(seen["since"] for seen in told["parts"].values() if seen["state"] == "ready")
    report.facts["cold_start_s"] = {row: seen["since"] - began for row, seen in told["parts"].items()}
    report.add_budget("whole platform from cold, Keycloak included", ready - began, 60, "s")
    return told


def alone(report: Report, name: str) -> None:
    """Ends each service in turn; the supervisor starts it again while nothing else goes on."""
    found = {}
    for service in stack.PLATFORM:
        before = stacks.read(name)["parts"].get(service)
        if before is None:
            continue
        os.kill(before["pid"], signal.SIGTERM)
        found[service] = _restarted(name, service, before["starts"])
        report.add_budget(f"{service} ready after its start", found[service], 5, "s")
    report.facts["service_start_s"] = found


def _restarted(name: str, service: str, starts: int) -> float:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        seen = stacks.read(name)["parts"][service]
        if seen["starts"] > starts and seen["state"] == "ready":
            return float(seen["since"] - seen["began"])
        time.sleep(0.05)
    raise Wrong(f"{service} did not come back")


def _told(name: str, used: accounting.Memory) -> str:
    return f"memory of {name}, resident (proportional {used.proportional / 1e6:.0f} MB)"


def settled(name: str) -> dict[str, Any]:
    """The stack's `stack.json` once everything is ready: a part that was ended has another process id."""
    until = time.monotonic() + PATIENCE
    while (told := stacks.read(name))["state"] != "ready":
        if time.monotonic() > until:
            raise Wrong("the stack did not become ready again")
        time.sleep(0.1)
    return told


def memory(world: World) -> None:
    """After the loads. PostgreSQL and Keycloak have no budget of their own; they are told."""
    found = {name: accounting.memory(pid) for name, pid in world.parts.items()}
    for name, used in found.items():
        if name.partition("-")[0] in stack.PLATFORM:
            world.budget(_told(name, used), used.resident / 1e6, 180, "MB")
    world.report.facts["memory_mb"] = {
        name: {"resident": used.resident / 1e6, "proportional": used.proportional / 1e6} for name, used in found.items()
    }
    others = ", ".join(
        f"{name} {used.proportional / 1e6:.0f} MB"
        for name, used in found.items()
        if name.partition("-")[0] not in stack.PLATFORM
    )
    world.report.notes.append(f"Proportional memory of what has no budget: {others}.")
