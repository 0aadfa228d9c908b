"""Browser libraries as npm packages, without Node: `python -m terresante_dev.browser.libraries`, part of `make ready`.

`services/directory/browser/package-lock.json` says which version with which SHA-512, `package.json` beside it (`taken`)
which files of each package go where. What people's browsers get lands in the workbench's `static/vendor/`, which is not
committed; what only tests use in the cache. Nothing is asked from the registry when all is there already.
"""

import base64
import fcntl
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import httpx2
from packageurl.contrib.purl2url import get_download_url

from terresante_dev.browser import CACHE, ROOT

SOURCE = ROOT / "services" / "directory" / "browser"
VENDOR = ROOT / "services" / "directory" / "src" / "terresante_directory" / "workbench" / "static" / "vendor"
STAMP = "libraries.json"
LARGEST = 20_000_000
"""Bytes of a package; the largest of ours has 1 MB."""
PATIENCE = 60
"""Seconds that a registry may be silent."""


class LibraryError(Exception):
    """A library could not be had, or is not the one that was locked; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Library:
    """One package of the lock. `integrity`: as npm writes it; `files`: path in the package to path where it goes."""

    name: str
    version: str
    integrity: str
    dev: bool
    files: dict[str, str]


Fetch = Callable[[Library], bytes]


def locked(source: Path = SOURCE) -> list[Library]:
    """The libraries of a folder with package.json and package-lock.json. Raises LibraryError if the two disagree."""
    told = json.loads((source / "package.json").read_text())
    packages: dict[str, dict[str, Any]] = json.loads((source / "package-lock.json").read_text())["packages"]
    wanted = told.get("dependencies", {}) | told.get("devDependencies", {})
    found = {place.removeprefix("node_modules/"): package for place, package in packages.items() if place}
    if {name: package["version"] for name, package in found.items()} != wanted or told["taken"].keys() != wanted.keys():
        raise LibraryError(
            "package.json, its `taken` and package-lock.json do not name the same versions: "
            "run `npm install --package-lock-only --ignore-scripts` beside them."
        )
    return [
        Library(name, package["version"], package["integrity"], package.get("dev", False), told["taken"][name])
        for name, package in sorted(found.items())
    ]


def install(libraries: list[Library], into: Path, fetch: Fetch | None = None) -> bool:
    """Makes `into` hold exactly the files of these libraries; False if it did already, and then nothing is fetched.

    Everything is fetched and checked before anything is written. Several processes may ask at once: one does it.
    Raises LibraryError.
    """
    stamp = json.dumps([asdict(library) for library in libraries], indent=2) + "\n"
    if _holds(into, libraries, stamp):
        return False
    into.mkdir(parents=True, exist_ok=True)
    with _alone(into.parent):
        if _holds(into, libraries, stamp):
            return False
        contents: dict[str, bytes] = {}
        for library in libraries:
            contents |= taken(library, (fetch or from_registry)(library))
        shutil.rmtree(into)
        for name, content in contents.items():
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            (into / name).write_bytes(content)
        (into / STAMP).write_text(stamp)
    return True


def taken(library: Library, package: bytes) -> dict[str, bytes]:
    """The wanted files of a package, by where they go. Raises LibraryError unless it is the locked one and harmless."""
    digest = base64.b64encode(hashlib.sha512(package).digest()).decode()
    if f"sha512-{digest}" not in library.integrity.split():
        raise LibraryError(f"{_named(library)} is not the locked one: its SHA-512 is {digest}. Nothing was written.")
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(package), mode="r:gz") as archive:
            for member in archive:
                path = _inside(library, member.name)
                if path in library.files:
                    found[_inside(library, library.files[path], strip=0)] = _content(library, archive, member)
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise LibraryError(f"{_named(library)} is no package that can be read: {error}") from error
    if missing := set(library.files.values()) - found.keys():
        raise LibraryError(f"{_named(library)} lacks {', '.join(sorted(missing))}: see `taken` in package.json.")
    return found


def from_registry(library: Library, registry: str | None = None) -> bytes:
    """The package as npm's registry gives it: the configured one, else the public one. Raises LibraryError."""
    base = registry or configured(os.environ)
    public = str(get_download_url(f"pkg:npm/{library.name}@{library.version}"))  # type: ignore[no-untyped-call]
    short = library.name.rpartition("/")[2]
    url = f"{base.rstrip('/')}/{library.name}/-/{short}-{library.version}.tgz" if base else public
    package = bytearray()
    try:
        with httpx2.stream("GET", url, follow_redirects=True, timeout=PATIENCE) as reply:
            reply.raise_for_status()
            for part in reply.iter_bytes():
                package += part
                if len(package) > LARGEST:
                    raise LibraryError(f"{_named(library)} is larger than {LARGEST} bytes.")
    except httpx2.HTTPError as error:
        cause = error.response.status_code if isinstance(error, httpx2.HTTPStatusError) else error
        raise LibraryError(
            f"{_named(library)} could not be fetched ({cause}). Is the npm registry reachable without a password? "
            "NPM_CONFIG_REGISTRY, ~/.npmrc or `npm config set registry` names another."
        ) from error
    return bytes(package)


def configured(environment: Mapping[str, str]) -> str | None:
    """The registry that somebody chose: by a variable, in ~/.npmrc, or whatever npm says if it is here."""
    for name in ("npm_config_registry", "NPM_CONFIG_REGISTRY"):
        if environment.get(name):
            return environment[name]
    own = Path(environment.get("NPM_CONFIG_USERCONFIG") or Path.home() / ".npmrc")
    for line in own.read_text().splitlines() if own.is_file() else []:
        key, _, value = line.partition("=")
        if key.strip() == "registry" and value.strip():
            return value.strip()
    npm = shutil.which("npm", path=environment.get("PATH"))
    asked = npm and subprocess.run(
        [npm, "config", "get", "registry"], cwd=SOURCE, capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    said = asked.stdout.strip() if asked else ""
    return said if said.startswith(("https://", "http://")) else None


def for_people() -> bool:
    """Puts what the workbench serves into its package; False if it was there."""
    return install([library for library in locked() if not library.dev], VENDOR)


def for_tests() -> Path:
    """The folder of what only tests use, filled first if need be."""
    install([library for library in locked() if library.dev], CACHE / "libraries")
    return CACHE / "libraries"


def _holds(into: Path, libraries: list[Library], stamp: str) -> bool:
    kept = into / STAMP
    names = [name for library in libraries for name in library.files.values()]
    return kept.exists() and kept.read_text() == stamp and all((into / name).is_file() for name in names)


def _inside(library: Library, name: str, strip: int = 1) -> str:
    """The path below the package's own folder."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name:
        raise LibraryError(f"{_named(library)} has a path that leaves its folder: {name!r}. Nothing was written.")
    return "/".join(path.parts[strip:])


def _content(library: Library, archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    content = archive.extractfile(member) if member.isreg() else None
    if content is None or member.size > LARGEST:
        raise LibraryError(f"{_named(library)}: {member.name!r} is not a plain file. Nothing was written.")
    return content.read()


def _named(library: Library) -> str:
    return f"{library.name} {library.version}"


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time: the folder itself is the lock, so that none is left behind."""
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def main() -> int:
    """Fetches what the workbench serves, if need be, and says so."""
    try:
        if for_people():
            print(f"Browser libraries of package-lock.json: in {VENDOR.relative_to(ROOT)}")
    except LibraryError as error:
        sys.exit(f"Browser libraries: {error}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
