"""The chart as Helm renders it, once per set of values: a list of Kubernetes objects, with ways to find some of them."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "deploy" / "helm" / "terresante"
sys.path.insert(0, str(CHART.parent))

import binaries  # noqa: E402
import lint  # noqa: E402

Json = dict[str, Any]
SERVICES = ("identity", "consent", "records", "messaging", "directory")
PARTS = ("gateway", *SERVICES)
SETS = lint.SETS
RELEASE = "terresante"


def helm(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs helm to its end."""
    program = str(binaries.folder() / "helm")
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False, cwd=ROOT)


def template(values: Sequence[str], *more: str, kubernetes: str = "1.34.0") -> subprocess.CompletedProcess[str]:
    """`helm template` with those values files and `--set` texts."""
    sets = [option for one in more for option in ("--set", one)]
    version = ("--kube-version", kubernetes)
    return helm("template", RELEASE, str(CHART), "-n", "terresante", *version, *lint.files(tuple(values)), *sets)


@cache
def text(values: str) -> str:
    """Everything, as one text."""
    done = template(SETS[values])
    assert done.returncode == 0, done.stderr
    return done.stdout


@cache
def objects(values: str) -> list[Json]:
    """Every object of that set of values."""
    return [one for one in yaml.load_all(text(values), Loader=yaml.CSafeLoader) if one]


def of_kind(values: str, *kinds: str) -> list[Json]:
    """Those of these kinds."""
    return [one for one in objects(values) if one["kind"] in kinds]


def component(one: Json) -> str:
    """The part that an object belongs to."""
    return str(one["metadata"]["labels"]["app.kubernetes.io/component"])


def pods(values: str) -> Iterator[tuple[str, Json, Json]]:
    """Name, labels and pod specification of whatever makes pods."""
    for one in objects(values):
        if one["kind"] == "Pod":
            yield one["metadata"]["name"], one["metadata"]["labels"], one["spec"]
        elif one["kind"] in ("Deployment", "StatefulSet", "Job"):
            made = one["spec"]["template"]
            yield one["metadata"]["name"], made["metadata"]["labels"], made["spec"]


def containers(spec: Json) -> list[Json]:
    """Those of a pod, its init containers too."""
    return [*spec.get("initContainers", []), *spec["containers"]]


def deployment(values: str, part: str) -> Json:
    """The Deployment of a part."""
    (found,) = [one for one in of_kind(values, "Deployment") if component(one) == part]
    return found


def environment(container: Json) -> dict[str, Any]:
    """Variable -> text, or the mapping that says where it comes from."""
    return {one["name"]: one.get("value", one.get("valueFrom")) for one in container.get("env", [])}


def dumped(one: Json) -> str:
    """An object as text, to be searched."""
    return json.dumps(one, ensure_ascii=False)
