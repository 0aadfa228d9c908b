"""Makes the build context of every image: `python deploy/docker/context.py FOLDER [--base IMAGE] [--builder IMAGE]`.

Wheels are those of uv.lock, checked against its hashes; ours are built from this tree. Building then needs no network.
Standard library only, and the project's own uv and pip (`make ready`). Takes about a minute the first time.
`--for SERVICE` writes a Dockerfile that needs no build argument, for builders that take none.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
SERVICES = ("gateway", "identity", "consent", "records", "messaging", "directory")
TOOLS = "tools"
KEYCLOAK = "keycloak"
TREE = ("dev/src", "deploy/keycloak", "services/consent/verify")
"""What the demo and `helm test` read beside packages, where they expect it."""


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--base", default="localhost/terresante-base:1")
    parser.add_argument("--builder", default="localhost/terresante-builder:1")
    parser.add_argument("--for", dest="service", choices=(*SERVICES, TOOLS, KEYCLOAK))
    given = parser.parse_args()
    if not (given.folder / "wheels").exists():
        gathered(given.folder)
    written(given.folder, given.base, given.builder, given.service)


def gathered(folder: Path) -> None:
    """Wheels, requirement lists, our own files."""
    wheels, lists = folder / "wheels", folder / "requirements"
    lists.mkdir(parents=True, exist_ok=True)
    draft = folder / "wheels.draft"
    ours = [f"terresante-{name}" for name in (*SERVICES, "contracts", "platform", "contents", "dev")]
    for name in ours:
        _run(_uv(), "build", "--quiet", "--wheel", "--package", name, "--out-dir", str(draft), "--no-create-gitignore")
    for service in (*SERVICES, TOOLS):
        packages = [*SERVICES, "dev"] if service == TOOLS else [service]
        hashed = lists / f"{service}.hashed"
        hashed.write_text(_exported(packages))
        _run(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:",
             "--dest", str(draft), "-r", str(hashed))  # fmt: skip
        needed = [f"terresante-{name}" for name in (*packages, "contracts", "platform")]
        (lists / f"{service}.txt").write_text("\n".join([*needed, *_names(hashed)]) + "\n")
        hashed.unlink()
        (lists / f"{service}.cdx.json").write_text(bill(service, packages))
    for kind in ("txt", "cdx.json"):
        shutil.copy(lists / f"{TOOLS}.{kind}", lists / f"{KEYCLOAK}.{kind}")
    for part in TREE:
        shutil.copytree(ROOT / part, folder / "tree" / part, ignore=_no_traces, dirs_exist_ok=True)
    draft.rename(wheels)


def written(folder: Path, base: str, builder: str, service: str | None) -> None:
    """What may differ from image to image: our own files and the Dockerfile."""
    shutil.rmtree(folder / "terresante_deploy", ignore_errors=True)
    shutil.copytree(HERE / "terresante_deploy", folder / "terresante_deploy", ignore=_no_traces)
    shutil.copy(HERE / "probe.py", folder / "probe.py")
    text = (HERE / "Dockerfile").read_text()
    if service is not None:
        text = text.replace("${BASE}", base).replace("${BUILDER}", builder)
        text = text.replace("ARG SERVICE\n", f"ARG SERVICE={service}\n")
    (folder / "Dockerfile").write_text(text)
    if service == KEYCLOAK:
        built = [one for one in _keycloaks() if (one / "lib").exists()]
        if not built:
            sys.exit("There is no built Keycloak on this machine yet: `make up ONLY=keycloak` makes it.")
        shutil.copytree(
            built[-1],
            folder / "keycloak" / built[-1].name,
            ignore=shutil.ignore_patterns("archives"),
            dirs_exist_ok=True,
        )


def _keycloaks() -> list[Path]:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "terresante"
    return sorted(cache.glob("keycloak-*"), key=lambda one: one.stat().st_mtime)


def _exported(packages: list[str]) -> str:
    chosen = [option for name in packages for option in ("--package", f"terresante-{name}")]
    return _run(_uv(), "export", "--quiet", "--locked", "--no-dev", "--no-emit-workspace", *chosen)


def bill(service: str, packages: list[str]) -> str:
    """What an image holds of Python, as CycloneDX 1.5 with the hashes of uv.lock. The same for the same lock: its
    number comes from what it says, and it bears no time. What the base holds is not in it.
    """
    chosen = [option for name in packages for option in ("--package", f"terresante-{name}")]
    written = _run(_uv(), "export", "--quiet", "--locked", "--no-dev", "--format", "cyclonedx1.5", *chosen)
    said = json.loads(written)
    said["metadata"].pop("timestamp", None)
    root = said["metadata"].get("component", {"bom-ref": service})
    said["metadata"]["component"] = root | {"type": "container", "name": f"terresante-{service}"}
    said["serialNumber"] = ""
    said["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(said, sort_keys=True))}"
    return json.dumps(said, indent=1) + "\n"


def _names(hashed: Path) -> list[str]:
    """`name==version` of each line, with its marker; hashes were checked at the download."""
    lines = [line for line in hashed.read_text().splitlines() if line and line[0].isalnum()]
    return [line.removesuffix("\\").strip() for line in lines]


def _no_traces(_: str, names: list[str]) -> set[str]:
    return {name for name in names if name == "__pycache__"}


def _uv() -> str:
    own = ROOT / ".run" / "tools" / "uv" / "bin" / "uv"
    found = str(own) if own.exists() else shutil.which("uv")
    return found or sys.exit("uv is missing: run `make ready` first.")


def _run(*command: str) -> str:
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603
    if done.returncode:
        sys.exit(f"{' '.join(command[:4])} … failed with {done.returncode}")
    return done.stdout


if __name__ == "__main__":
    main()
