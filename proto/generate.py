"""Generates the Python code of the contracts into proto/src (`make generate`); `--check` says whether it is current."""

import filecmp
import subprocess
import sys
import tempfile
from pathlib import Path

PROTO = Path(__file__).parent
TARGET = PROTO / "src"


def generate(into: Path) -> None:
    """Writes messages, stubs and their types for every .proto file."""
    sources = sorted(str(path.relative_to(PROTO)) for path in PROTO.glob("terresante/**/*.proto"))
    outputs = [f"--{kind}_out={into}" for kind in ("python", "grpc_python", "mypy", "mypy_grpc")]
    plugins = [
        f"--plugin=protoc-gen-{name}={Path(sys.executable).parent / ('protoc-gen-' + name)}"
        for name in ("mypy", "mypy_grpc")
    ]
    subprocess.run(
        [sys.executable, "-m", "grpc_tools.protoc", "-I.", *outputs, *plugins, *sources],
        cwd=PROTO,
        check=True,
    )
    for folder in {into / Path(source).parent for source in sources}:
        (folder / "__init__.py").touch()
        (folder.parent / "__init__.py").touch()
    (into / "terresante" / "__init__.py").touch()
    (into / "terresante" / "py.typed").touch()


def current() -> bool:
    """Whether the committed code is what the contracts generate now."""
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder))
        made = {path.relative_to(folder) for path in Path(folder).rglob("*") if path.is_file()}
        kept = {p.relative_to(TARGET) for p in TARGET.rglob("*") if p.is_file() and "__pycache__" not in p.parts}
        return made == kept and all(filecmp.cmp(Path(folder) / p, TARGET / p, shallow=False) for p in made)


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(0 if current() else "proto/src is not what proto/ generates: run `make generate`")
    generate(TARGET)
