"""The long-running process of a stack: keeps its parts alive and `stack.json` true. Started by `make up`."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from terresante_dev import parts, postgres, settings_of
from terresante_dev.stack import DATABASES, SERVICES, NotPossible, Stack, held, write_private
from terresante_dev.supervisor import Part, Supervisor, created, end_leftover

GENTLY = {"postgres": signal.SIGINT}


def supervise(stack: Stack, only: frozenset[str]) -> None:
    """Runs until SIGTERM. Raises NotPossible if the stack is supervised already."""
    with held(stack.folder / "supervisor.lock") as ours:
        if not ours:
            raise NotPossible(f"The stack '{stack.name}' is running already.")
        end_leftovers(stack.file)
        logging.getLogger("asyncio").setLevel(logging.ERROR)  # it warns at each end of a TLS connection of NATS
        asyncio.run(_supervise(stack, only))


def end_leftovers(file: Path) -> bool:
    """Ends the parts that a supervisor left when it was killed itself. False if there were none."""
    if not file.exists():
        return False
    parts_left = json.loads(file.read_text())["parts"]
    return any(
        [end_leftover(seen, GENTLY.get(name, signal.SIGTERM), 10) for name, seen in reversed(parts_left.items())]
    )


async def _supervise(stack: Stack, only: frozenset[str]) -> None:
    made = parts.prepare(stack, only, lambda words: print(words, flush=True))
    began = datetime.now(UTC)

    def tell(stopped: bool = False) -> None:
        write_private(stack.file, json.dumps(_description(made, supervisor, began, stopped), indent=1))

    supervisor = Supervisor(parts.table(made, only), stack.logs, tell)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, supervisor.stop)
    tell()
    watching = asyncio.create_task(_watch(stack.folder / "personas.json", tell))
    try:
        await supervisor.run()
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        tell(stopped=True)


async def _watch(personas: Path, tell: Any) -> None:
    """Tells anew when the personas have been made."""
    known = _written(personas)
    while True:
        await asyncio.sleep(0.5)
        now = _written(personas)
        if now != known:
            known = now
            tell()


def _written(file: Path) -> float | None:
    return file.stat().st_mtime if file.exists() else None


def _description(made: parts.Made, supervisor: Supervisor, began: datetime, stopped: bool) -> dict[str, Any]:
    """`stack.json`: dev/README.md says what each field is."""
    stack = made.stack
    gateways = [f"https://localhost:{stack.ports[name]}" for name in stack.names("gateway")]
    personas = stack.folder / "personas.json"
    return {
        "schema": 1,
        "stack": stack.name,
        "state": "stopped" if stopped else _state(supervisor),
        "started_at": began.isoformat(),
        "replicas": stack.replicas,
        "folder": str(stack.folder),
        "gateway": {"url": gateways[0], "urls": gateways, "docs": f"{gateways[0]}/docs"},
        "workbench": {"url": stack.workbench},
        "chat": {"url": stack.chat},
        "issuers": made.issuers,
        "clients": settings_of.CLIENTS,
        "ca": {name: str(stack.pki / "ca.pem") for name in ("gateway", "issuers", "internal")},
        "certificates": str(stack.pki),
        "services": {name: stack.address(name) for name in SERVICES},
        "databases": {name: _urls(stack, name) for name in DATABASES},
        "postgres": {"url": postgres.url(stack, "postgres", "postgres")},
        "nats": {
            "url": f"tls://127.0.0.1:{stack.ports['nats']}",
            "monitoring": f"http://127.0.0.1:{stack.ports['nats-monitoring']}",
            "store": str(stack.folder / "nats"),
        },
        "telemetry": {"endpoint": f"http://127.0.0.1:{stack.ports['sink']}", "folder": str(stack.telemetry)},
        "logs": str(stack.logs),
        "supervisor": {"pid": os.getpid(), "created": created()},
        "parts": {name: _part(supervisor, name) for name in supervisor.rows},
        "personas": json.loads(personas.read_text()) if personas.exists() else None,
    }


def _state(supervisor: Supervisor) -> str:
    states = {seen.state for seen in supervisor.seen.values()}
    if states & {"stopping", "stopped"}:
        return "stopping"
    return "ready" if states == {"ready"} else "starting"


def _part(supervisor: Supervisor, name: str) -> dict[str, Any]:
    row = supervisor.rows[name]
    process = isinstance(row, Part)
    return asdict(supervisor.seen[name]) | {
        "kind": "process" if process else "step",
        "version": row.version if isinstance(row, Part) else "",
        "log": f"{name}.log" if process else None,
    }


def _urls(stack: Stack, name: str) -> dict[str, str]:
    return {"url": postgres.url(stack, name, name), "owner_url": postgres.url(stack, f"{name}_owner", name)}
