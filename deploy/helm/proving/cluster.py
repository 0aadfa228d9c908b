"""helm and kubectl on the cluster that KUBECONFIG names, and waiting for what they say."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import binaries

CHART = Path(__file__).resolve().parents[1] / "terresante"
RELEASE = "terresante"
NAMESPACE = "terresante"
Json = dict[str, Any]


class NotSo(Exception):
    """A claim that does not hold, in words."""


def run(program: str, *arguments: str, given: str | None = None, patience: float = 900) -> str:
    """What the program says. Raises NotSo with its last words when it fails."""
    command = [str(binaries.folder() / program), *arguments]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False, timeout=patience)  # noqa: S603
    if done.returncode:
        raise NotSo(f"{program} {' '.join(arguments[:3])}: {(done.stdout + done.stderr).strip()[-1500:]}")
    return done.stdout


def helm(*arguments: str) -> str:
    """helm, in the namespace."""
    return run("helm", *arguments, "-n", NAMESPACE)


def kubectl(*arguments: str, given: str | None = None) -> str:
    """kubectl, in the namespace."""
    return run("kubectl", "-n", NAMESPACE, *arguments, given=given)


def reached() -> str:
    """The version of the cluster. Ends with what to do when there is none."""
    try:
        told = json.loads(run("kubectl", "version", "-o", "json", "--request-timeout=10s", patience=30))
        return str(told["serverVersion"]["gitVersion"])
    except (NotSo, KeyError, subprocess.TimeoutExpired):
        sys.exit('No cluster answers: set KUBECONFIG to one that may be written to (docs/operations.md, "A cluster").')


def pods(selector: str = "") -> list[Json]:
    """Pods of the release."""
    chosen = f"app.kubernetes.io/instance={RELEASE}" + (f",{selector}" if selector else "")
    return list(json.loads(kubectl("get", "pods", "-l", chosen, "-o", "json"))["items"])


def of(part: str) -> list[Json]:
    """The pods of a part that are not leaving."""
    return [one for one in pods(f"app.kubernetes.io/component={part}") if "deletionTimestamp" not in one["metadata"]]


def ready(one: Json) -> bool:
    """Whether a pod is."""
    conditions = one["status"].get("conditions", [])
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def whole() -> bool:
    """Whether every Deployment has all the pods it wants, of its present form, ready."""
    found = json.loads(kubectl("get", "deployments", "-l", f"app.kubernetes.io/instance={RELEASE}", "-o", "json"))
    return all(
        one["status"].get("observedGeneration") == one["metadata"]["generation"]
        and one["status"].get("updatedReplicas", 0)
        == one["status"].get("readyReplicas", 0)
        == one["status"].get("replicas", 0)
        == one["spec"]["replicas"]
        for one in found["items"]
    )


def soon(holds: Callable[[], bool], seconds: float, words: str) -> float:
    """Waits until it holds; gives the seconds it took. Raises NotSo."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > seconds:
            raise NotSo(f"not within {seconds:.0f} s: {words}")
        time.sleep(0.5)
    return time.monotonic() - began


def inside(pod: str, *command: str, given: str | None = None) -> str:
    """What a command says inside a pod (`pod/name`, `deploy/name`)."""
    return kubectl("exec", *(["-i"] if given is not None else []), pod, "--", *command, given=given)


def restarted(*parts: str) -> float:
    """Starts the pods of these parts anew, one after the other in each; the seconds until all are."""
    began = time.monotonic()
    for part in parts:
        kubectl("rollout", "restart", "deployment", "-l", f"app.kubernetes.io/component={part}")
    soon(whole, 420, f"{', '.join(parts)} are started anew")
    return time.monotonic() - began


def hook(name: str) -> Json:
    """A pod of the chart's tests, to be run in another form."""
    import yaml

    for one in yaml.safe_load_all(helm("get", "hooks", RELEASE)):
        if one and one["kind"] == "Pod" and one["metadata"]["name"] == f"{RELEASE}-{name}":
            one["metadata"].pop("annotations", None)
            return dict(one)
    raise NotSo(f"the release has no hook {name}")


def started(pod: Json, name: str) -> None:
    """Puts a pod of that name in the place of one that was."""
    kubectl("delete", "pod", name, "--ignore-not-found", "--wait=true")
    pod["metadata"]["name"] = name
    pod["metadata"]["namespace"] = NAMESPACE
    kubectl("apply", "-f", "-", given=json.dumps(pod))


def ended(name: str, seconds: float) -> tuple[bool, str]:
    """Waits for a pod to end; whether it succeeded, and its log."""

    def over() -> bool:
        return kubectl("get", "pod", name, "-o", "jsonpath={.status.phase}") in ("Succeeded", "Failed")

    soon(over, seconds, f"pod {name} ends")
    succeeded = kubectl("get", "pod", name, "-o", "jsonpath={.status.phase}") == "Succeeded"
    return succeeded, kubectl("logs", name)
