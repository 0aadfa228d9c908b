"""Checks the alerts with Prometheus's own promtool and plays their tests: `python deploy/helm/alerts.py [PROMTOOL]`.

promtool (2.40 or later) is in no package of PyPI: it is taken from the PATH, or given. Rules are rendered as an
operator gets them, in namespace `terresante`. Ends with 1 if promtool finds anything wrong.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import binaries
import lint
import yaml

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests" / "charts" / "alerts"


def rendered() -> str:
    """The groups of the PrometheusRule, as a file of Prometheus."""
    chosen = ("--show-only", "templates/monitoring.yaml", *lint.files(lint.SETS["production"]))
    command = [str(binaries.folder() / "helm"), "template", "terresante", str(lint.CHART), "-n", "terresante", *chosen]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own program
    found = [one for one in yaml.safe_load_all(done.stdout) if one and one["kind"] == "PrometheusRule"]
    return yaml.safe_dump({"groups": [group for one in found for group in one["spec"]["groups"]]}, allow_unicode=True)


def main() -> int:
    """See the module."""
    promtool = sys.argv[1] if len(sys.argv) > 1 else shutil.which("promtool")
    if promtool is None:
        sys.exit("promtool is not on the PATH: it comes with Prometheus, or as Debian's package prometheus.")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "rules.yaml").write_text(rendered(), encoding="utf-8")
        tests = [shutil.copy(one, folder) for one in sorted(TESTS.glob("*.yaml"))]
        for words in (["check", "rules", "rules.yaml"], ["test", "rules", *(Path(one).name for one in tests)]):
            if subprocess.run([promtool, *words], cwd=folder, check=False).returncode:  # noqa: S603 - the operator's own
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
