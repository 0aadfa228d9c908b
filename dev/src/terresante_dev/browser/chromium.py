"""Debian's Chromium for tests: the one on the PATH, else fetched as packages and installed nowhere.

apt works with lists and an archive folder of its own, then the packages are unpacked below `.run/cache/browser/`: no
right is needed and the system stays as it is. What the system has already is not fetched again. The version is the one
that Debian serves today, checked against its signatures: it removes earlier ones with each security update, so that a
pin would break. `python -m terresante_dev.browser.chromium` fetches it beforehand.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from terresante_dev.browser import CACHE

CHROMIUM = "chromium"
CERTUTIL = "certutil"
PACKAGES = {CHROMIUM: ("chromium", "fonts-dejavu-core"), CERTUTIL: ("libnss3-tools",)}
PLACES = {CHROMIUM: "usr/lib/chromium/chromium", CERTUTIL: "usr/bin/certutil"}
FETCHING = 240
"""Seconds that apt may take; with a quick mirror it takes three, and unpacking five."""
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>{root}/usr/share/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>{root}/fonts</cachedir>
  <alias><family>sans-serif</family><prefer><family>DejaVu Sans</family></prefer></alias>
  <alias><family>system-ui</family><prefer><family>DejaVu Sans</family></prefer></alias>
  <alias><family>serif</family><prefer><family>DejaVu Serif</family></prefer></alias>
  <alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
"""

Which = Callable[[str], str | None]


class ChromiumError(Exception):
    """There is no Chromium and none can be fetched; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Program:
    """An executable, and what it needs in its environment besides our own."""

    path: Path
    variables: dict[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """All of it."""
        return {**os.environ, **self.variables}


@dataclass(frozen=True, slots=True)
class Programs:
    """The browser, and NSS's tool that tells it whom to trust."""

    chromium: Program
    certutil: Program


def programs(cache: Path = CACHE, which: Which = shutil.which) -> Programs:
    """Both, fetched first if this machine has none. Several processes may ask: one fetches. Raises ChromiumError."""
    missing = [name for name in PACKAGES if which(name) is None]
    root = cache / "-".join(missing)
    if missing and not root.exists():
        _fetch(missing, root, which)

    def program(name: str) -> Program:
        found = which(name)
        return Program(root / PLACES[name], _variables(root)) if found is None else Program(Path(found))

    return Programs(program(CHROMIUM), program(CERTUTIL))


def _fetch(missing: list[str], root: Path, which: Which) -> None:
    apt, dpkg = which("apt-get"), which("dpkg-deb")
    if apt is None or dpkg is None:
        raise ChromiumError(
            f"Tests of pages need {' and '.join(missing)}, and only Debian's packages can be fetched: install them "
            "(chromium; certutil is in libnss3-tools or nss-tools) so that they are on the PATH."
        )
    root.parent.mkdir(parents=True, exist_ok=True)
    with (root.parent / "chromium.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.exists():
            draft = root.with_name(f".{root.name}.draft")
            shutil.rmtree(draft, ignore_errors=True)
            (draft / "root").mkdir(parents=True)
            for archive in _download(apt, draft, [package for name in missing for package in PACKAGES[name]]):
                _run([dpkg, "--extract", str(archive), str(draft / "root")])
            _complete(missing, draft / "root")
            (draft / "root" / "fonts.conf").write_text(FONTS.format(root=root))
            (draft / "root").rename(root)
            shutil.rmtree(draft)


def _download(program: str, draft: Path, packages: list[str]) -> list[Path]:
    """The packages, and those they need that the system has not."""
    lists, archives = draft / "lists", draft / "archives"
    for folder in (lists, archives):
        (folder / "partial").mkdir(parents=True)
    options = {
        "Dir::State::lists": str(lists),
        "Dir::Cache::archives": str(archives),
        "Dir::Cache::pkgcache": "",
        "Dir::Cache::srcpkgcache": "",
        "Debug::NoLocking": "1",
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
        "Acquire::Retries": "2",
    }
    apt = [program, "--quiet", *(word for key, value in options.items() for word in ("-o", f"{key}={value}"))]
    _run([*apt, "update"])
    _run([*apt, "--yes", "--no-install-recommends", "--download-only", "install", *packages])
    return sorted(archives.glob("*.deb"))


def _complete(missing: list[str], root: Path) -> None:
    for name in missing:
        if not (root / PLACES[name]).is_file():
            raise ChromiumError(
                f"The package {PACKAGES[name][0]} of this system brings no {PLACES[name]} (Ubuntu's is a snap, for "
                f"one): install {name} so that it is on the PATH."
            )


def _variables(root: Path) -> dict[str, str]:
    """What makes unpacked programs find their libraries and fonts."""
    folders = sorted({str(library.parent) for library in root.glob("usr/lib/**/*.so*")})
    folders += sorted({str(library.parent) for library in root.glob("lib/**/*.so*")})
    return {"LD_LIBRARY_PATH": ":".join(folders), "FONTCONFIG_FILE": str(root / "fonts.conf")}


def _run(command: list[str]) -> None:
    what = " ".join(word for word in command if "::" not in word and word != "-o")
    try:
        done = subprocess.run(
            command,
            env={**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=FETCHING,
        )
    except subprocess.TimeoutExpired as error:
        raise ChromiumError(f"`{what}` did not end in {FETCHING} s: is Debian's package mirror reachable?") from error
    if done.returncode:
        raise ChromiumError(
            f"Chromium could not be fetched, `{what}` failed; reach a Debian mirror, or install chromium and "
            f"certutil (libnss3-tools) so that they are on the PATH.\n{done.stdout[-2000:]}"
        )


def main() -> int:
    """Fetches it if need be and prints where it is."""
    try:
        print(programs().chromium.path)
    except ChromiumError as error:
        sys.exit(str(error))
    return 0


if __name__ == "__main__":
    sys.exit(main())
