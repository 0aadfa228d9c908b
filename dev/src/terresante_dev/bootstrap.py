"""Makes the project's environment before any of it exists: standard library only, run by `make` with the
Python found.

It finds uv, or installs the pinned one from PyPI under `.run/tools/`, then installs exactly what `uv.lock`
says into `.venv/`, and what the lock of the browser's libraries says into the workbench. When nothing changed
since the last time it costs a few milliseconds.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

UV = "0.13.9"
ROOT = Path(__file__).resolve().parents[3]
TOOLS = ROOT / ".run" / "tools"
ENVIRONMENT = ROOT / ".venv"
STAMP = ENVIRONMENT / ".terresante-installed"
BROWSER = ROOT / "services" / "directory" / "browser"
BROWSER_STAMP = ROOT / "services/directory/src/terresante_directory/workbench/static/vendor/libraries.json"


def main() -> int:
    """Returns 0 once `.venv/` and the workbench hold what the locks say; prints a line for each step that takes time.

    Arguments: groups of the root pyproject.toml that are wanted besides what is always there.
    """
    if sys.version_info < (3, 11):  # noqa: UP036 - run by whatever Python make finds
        version = ".".join(map(str, sys.version_info[:3]))
        sys.exit(f"Python 3.11 or later is needed; {sys.executable} is {version}. Try: make PYTHON=python3.12 ...")
    wanted, groups = _fingerprint(), sys.argv[1:]
    if _installed(wanted) and not groups:
        return 0
    TOOLS.mkdir(parents=True, exist_ok=True)
    with (TOOLS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _installed(wanted) and not groups:
            return 0
        uv = _uv()
        _sync(uv, groups)
        _browser_libraries()
        STAMP.write_text(wanted)
    return 0


def _fingerprint() -> str:
    """What the environment is made from: the locks, every package's pyproject.toml, and where the project
    lies.
    """
    digest = hashlib.sha256(str(ROOT).encode())
    for file in [ROOT / "uv.lock", *sorted(BROWSER.glob("*.json")), *sorted(ROOT.glob("**/pyproject.toml"))]:
        if ".venv" not in file.parts and ".run" not in file.parts:
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _installed(wanted: str) -> bool:
    python = ENVIRONMENT / "bin" / "python"
    return python.exists() and BROWSER_STAMP.exists() and STAMP.exists() and STAMP.read_text() == wanted


def _uv() -> str:
    """The pinned uv: the one on the PATH if it is that version, else our own copy."""
    found = shutil.which("uv")
    if found and _version(found) == UV:
        return found
    own = TOOLS / "uv"
    for program in (own / "bin" / "uv",):
        if program.exists() and _version(str(program)) == UV:
            return str(program)
    with _Step(f"Installing uv {UV} into {own.relative_to(ROOT)}"):
        shutil.rmtree(own, ignore_errors=True)
        if not _into_environment(own) and not _into_folder(own):
            sys.exit(
                "uv could not be installed: this Python has neither venv with pip nor pip.\n"
                f"Install python3-venv, or uv {UV} itself (https://docs.astral.sh/uv/), and run make again."
            )
    return str(own / "bin" / "uv")


def _into_environment(own: Path) -> bool:
    made = subprocess.run([sys.executable, "-m", "venv", str(own)], capture_output=True, check=False)
    if made.returncode != 0:
        return False
    pip = [str(own / "bin" / "python"), "-m", "pip", "install", "--quiet", f"uv=={UV}"]
    return subprocess.run(pip, check=False).returncode == 0


def _into_folder(own: Path) -> bool:
    shutil.rmtree(own, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(own), f"uv=={UV}"]
    return subprocess.run(pip, check=False).returncode == 0


def _version(program: str) -> str:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout.split()
    return said[1] if len(said) > 1 else ""


def _sync(uv: str, groups: list[str]) -> None:
    """`uv sync --locked` with the Python that runs this; packages that a developer added by hand stay."""
    environment = {
        **os.environ,
        "UV_PROJECT_ENVIRONMENT": str(ENVIRONMENT),
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_HTTP_TIMEOUT": os.environ.get("UV_HTTP_TIMEOUT", "180"),
    }
    environment.pop("VIRTUAL_ENV", None)
    command = [uv, "sync", "--locked", "--inexact", "--quiet", *(f"--group={group}" for group in groups)]
    if not (ENVIRONMENT / "bin" / "python").exists():
        command += ["--python", sys.executable]
    with _Step("Installing the packages of uv.lock into .venv"):
        if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode != 0:
            sys.exit("uv sync failed: see above. If uv.lock is older than a pyproject.toml, run `uv lock`.")


def _browser_libraries() -> None:
    command = [str(ENVIRONMENT / "bin" / "python"), "-m", "terresante_dev.browser.libraries"]
    if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
        sys.exit("The browser's libraries could not be fetched: see above.")


class _Step:
    """Says what is going on, then how long it took."""

    def __init__(self, words: str) -> None:
        self._words = words

    def __enter__(self) -> None:
        self._began = time.monotonic()
        print(f"{self._words} ...", flush=True)

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            print(f"{self._words}: done in {time.monotonic() - self._began:.1f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
