"""Browser libraries: only what the lock says, only the files that are wanted, nothing asked when all is there."""

import base64
import hashlib
import io
import json
import tarfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from terresante_dev.browser.libraries import (
    LARGEST,
    SOURCE,
    Library,
    LibraryError,
    configured,
    from_registry,
    install,
    locked,
)

FILES = {"dist/map.js": "map/map.js", "LICENSE": "map/LICENSE"}
WANTED = {"package/dist/map.js": b"map()", "package/LICENSE": b"free"}


def packed(contents: dict[str, bytes], *others: tarfile.TarInfo) -> bytes:
    """A package as npm packs it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in contents.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        for other in others:
            archive.addfile(other)
    return packed.getvalue()


def library(package: bytes, version: str = "1.0.0", files: dict[str, str] | None = None) -> Library:
    """The library whose lock is this package."""
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(package).digest()).decode()
    return Library("map", version, integrity, dev=False, files=files or FILES)


def giving(package: bytes) -> Callable[[Library], bytes]:
    return lambda _: package


def no_network(_: Library) -> bytes:
    pytest.fail("the registry was asked")


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def vendor(tmp_path: Path) -> Path:
    """Where libraries go; an earlier version is there."""
    folder = tmp_path / "vendor"
    old = packed({"package/dist/map.js": b"old()", "package/LICENSE": b"free", "package/gone.js": b"gone()"})
    install([library(old, "0.9.0", {**FILES, "gone.js": "map/gone.js"})], folder, giving(old))
    return folder


def test_the_wanted_files_and_no_other_come_and_what_is_no_longer_wanted_goes(vendor: Path):
    package = packed({**WANTED, "package/src/secret.js": b"no"})

    assert install([library(package)], vendor, giving(package))

    stamp = {"libraries.json"}
    assert files(vendor).keys() - stamp == {"map/map.js", "map/LICENSE"}
    assert (vendor / "map" / "map.js").read_bytes() == b"map()"
    assert json.loads((vendor / "libraries.json").read_text())[0]["version"] == "1.0.0"


def test_what_is_there_already_needs_no_network(vendor: Path):
    package = packed(WANTED)
    install([library(package)], vendor, giving(package))

    assert not install([library(package)], vendor, no_network)


def test_a_file_that_was_lost_comes_back(vendor: Path):
    package = packed(WANTED)
    install([library(package)], vendor, giving(package))
    (vendor / "map" / "map.js").unlink()

    assert install([library(package)], vendor, giving(package))

    assert (vendor / "map" / "map.js").read_bytes() == b"map()"


def _linked(name: str, kind: bytes) -> tarfile.TarInfo:
    link = tarfile.TarInfo(name)
    link.type, link.linkname = kind, "/etc/passwd"
    return link


GOOD = packed(WANTED)
REFUSED = {
    "a tampered package": (library(GOOD), packed({**WANTED, "package/dist/map.js": b"evil()"}), "not the locked one"),
    "another hash in the lock": (Library("map", "1.0.0", "sha512-AAAA", False, FILES), GOOD, "not the locked one"),
    "a weaker hash": (
        Library("map", "1.0.0", "sha1-" + base64.b64encode(hashlib.sha1(GOOD).digest()).decode(), False, FILES),  # noqa: S324
        GOOD,
        "not the locked one",
    ),
    **{
        f"a path: {path}": (library(bad), bad, "leaves its folder")
        for path in ("package/../../outside.js", "/outside.js", "package\\..\\outside.js")
        for bad in [packed({**WANTED, path: b"evil()"})]
    },
    **{
        f"a link of type {kind!r}": (library(bad), bad, "not a plain file")
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE)
        for bad in [packed({"package/LICENSE": b"free"}, _linked("package/dist/map.js", kind))]
    },
    "no archive": (library(b"<html>"), b"<html>", "no package that can be read"),
    "an archive cut short": (library(GOOD[:60]), GOOD[:60], "no package that can be read"),
    "a missing file": (library(GOOD, files={"dist/new.js": "map/new.js"}), GOOD, "lacks map/new.js"),
    "a target outside": (library(GOOD, files={"LICENSE": "../LICENSE"}), GOOD, "leaves its folder"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_the_locked_and_harmless_package_is_refused_and_changes_nothing(vendor: Path, case: str):
    wanted, given, reason = REFUSED[case]
    before = files(vendor.parent)

    with pytest.raises(LibraryError, match=reason):
        install([wanted], vendor, giving(given))

    assert files(vendor.parent) == before


def test_one_bad_package_of_two_changes_nothing(vendor: Path):
    before = files(vendor)
    other = Library("chart", "2.0.0", library(GOOD).integrity, False, {"LICENSE": "chart/LICENSE"})

    with pytest.raises(LibraryError, match="chart 2"):
        install([library(GOOD), other], vendor, lambda one: GOOD if one.name == "map" else b"evil")

    assert files(vendor) == before


def test_the_committed_lock_is_whole_and_names_no_registry():
    libraries = locked()

    assert {(one.name, one.dev) for one in libraries} == {("htmx.org", False), ("leaflet", False), ("axe-core", True)}
    assert all(one.integrity.startswith("sha512-") for one in libraries)
    assert '"resolved"' not in (SOURCE / "package-lock.json").read_text()


def test_a_lock_that_does_not_fit_its_package_json_is_refused(tmp_path: Path):
    for name in ("package.json", "package-lock.json"):
        (tmp_path / name).write_text((SOURCE / name).read_text())
    told = json.loads((tmp_path / "package.json").read_text())
    told["dependencies"]["leaflet"] = "1.9.3"
    (tmp_path / "package.json").write_text(json.dumps(told))

    with pytest.raises(LibraryError, match="npm install --package-lock-only"):
        locked(tmp_path)


@pytest.fixture
def registry() -> Iterator[str]:
    """A registry with one package, and one that never ends."""

    class Registry(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            sizes = {"/npm/map/-/map-1.0.0.tgz": len(GOOD), "/npm/@who/map/-/map-2.0.0.tgz": LARGEST + 1}
            self.send_response(200 if self.path in sizes else 404)
            self.end_headers()
            if self.path in sizes:
                self.wfile.write(GOOD.ljust(sizes[self.path], b"\0"))

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Registry) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/npm/"
        server.shutdown()
        thread.join()


def test_a_package_comes_from_where_npm_keeps_it(registry: str):
    assert from_registry(library(GOOD), registry) == GOOD


@pytest.mark.parametrize(
    ("name", "version", "reason"),
    [("map", "9.9.9", "could not be fetched.*404.*NPM_CONFIG_REGISTRY"), ("@who/map", "2.0.0", "larger than")],
)
def test_a_registry_that_does_not_give_it_is_named_as_the_cause(registry: str, name: str, version: str, reason: str):
    wanted = Library(name, version, "sha512-AAAA", False, FILES)

    with pytest.raises(LibraryError, match=reason):
        from_registry(wanted, registry)


def test_the_registry_is_the_one_that_was_chosen_the_variable_first(tmp_path: Path):
    rules = tmp_path / "npmrc"
    rules.write_text("; ours\nfund=false\nregistry = https://packages.test/npm/\n")
    npm = tmp_path / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text("#!/bin/sh\necho https://npm-says.test/\n")
    npm.chmod(0o755)
    nobody = {"NPM_CONFIG_USERCONFIG": str(tmp_path / "none"), "PATH": ""}
    from_file = nobody | {"NPM_CONFIG_USERCONFIG": str(rules), "PATH": str(npm.parent)}

    assert configured(nobody) is None
    assert configured(nobody | {"PATH": str(npm.parent)}) == "https://npm-says.test/"
    assert configured(from_file) == "https://packages.test/npm/"
    assert configured(from_file | {"NPM_CONFIG_REGISTRY": "https://variable.test/"}) == "https://variable.test/"
