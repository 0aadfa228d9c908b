"""Has checkov look at everything the chart renders: `make scan`. Ends with 1 if it finds what is not in `ACCEPTED`.

checkov brings a hundred packages that nothing else needs: uv runs the pinned version in an environment of its own, and
keeps it for the next time.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import binaries
import lint

CHECKOV = "checkov==3.3.30"
ROOT = Path(__file__).resolve().parents[2]
ACCEPTED: Mapping[str, str] = {
    "CKV_K8S_21": "the release's namespace is where Helm puts things; manifests name none",
    "CKV_K8S_11": "no CPU limit on purpose: a throttled event loop answers late for everybody",
    "CKV_K8S_15": "tags are never moved, and an air-gapped node must start without its registry",
    "CKV_K8S_43": "images.digests pins digests, where the operator's policy asks for them",
    "CKV_K8S_35": "a database's address is read from the environment once, at the start",
}
OF_THE_DEMO_AND_TESTS: Mapping[str, str] = {
    "CKV_K8S_8": "a test ends by itself; the demo's servers are not for production",
    "CKV_K8S_9": "nobody calls a test",
    "CKV_K8S_38": "the demo's Job makes the Secrets that an operator makes in production",
    "CKV2_K8S_5": "the same",
}


def found(names: tuple[str, ...]) -> list[str]:
    """What checkov finds with these values files, and nobody accepted."""
    command = [str(binaries.folder() / "helm"), "template", "terresante", str(lint.CHART), "-n", "terresante"]
    rendered = subprocess.run([*command, *lint.files(names)], capture_output=True, text=True, check=True)  # noqa: S603
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "rendered.yaml"
        page.write_text(rendered.stdout, encoding="utf-8")
        checkov = [*_uv(), CHECKOV, "checkov", "-f", str(page), "--framework", "kubernetes", "--skip-download"]
        done = subprocess.run(  # noqa: S603 - the pinned package
            [*checkov, "--quiet", "-o", "json"], capture_output=True, text=True, check=False, cwd=folder
        )
    if not done.stdout.strip():
        sys.exit(done.stderr.strip()[-2000:] or "checkov said nothing")
    said = json.loads(done.stdout)
    return [_told(one) for one in said["results"]["failed_checks"] if not _accepted(one)]


def _accepted(one: Mapping[str, Any]) -> bool:
    name = one["resource"].rpartition(".")[2]
    apart = "-test-" in name or name.removeprefix("terresante-") in ("postgres", "nats", "keycloak", "demo-secrets")
    return one["check_id"] in ACCEPTED or (apart and one["check_id"] in OF_THE_DEMO_AND_TESTS)


def _told(one: Mapping[str, Any]) -> str:
    return f"{one['check_id']} {one['resource']}: {one['check_name']}"


def _uv() -> list[str]:
    own = ROOT / ".run" / "tools" / "uv" / "bin" / "uv"
    program = str(own) if own.exists() else shutil.which("uv")
    if program is None:
        sys.exit("uv is missing: run `make ready` first.")
    os.environ.setdefault("UV_PYTHON_DOWNLOADS", "never")
    return [program, "tool", "run", "--quiet", "--python", sys.executable, "--from"]


def main() -> None:
    """See the module."""
    failed = 0
    for name, names in lint.SETS.items():
        for line in (lines := found(names)):
            sys.stdout.write(f"{name}: {line}\n")
        failed += len(lines)
    sys.stdout.write(f"{failed} findings that nobody accepted\n")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
