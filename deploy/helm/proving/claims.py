"""The claims, each done on the cluster: what was seen, in words. Raises NotSo where one does not hold."""

import json
import time
from collections.abc import Callable
from functools import partial

from proving import cluster, load
from proving.cluster import CHART, NAMESPACE, RELEASE, NotSo, helm, kubectl

VALUES = ("-f", str(CHART / "values-demo.yaml"))
SERVICES = ("identity", "consent", "records", "messaging", "directory")
NEVER = ("notes_lost", "messages_lost", "stream_missed", "stream_doubled")
"""What no act may bring about, whatever requests it costs."""


def install(tag: str) -> str:
    """From nothing to everything ready, with one command; Pod Security `restricted` is enforced."""
    space = json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": NAMESPACE, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}},
        }
    )
    kubectl("apply", "-f", "-", given=space)
    began = time.monotonic()
    helm("install", RELEASE, str(CHART), *VALUES, "--set", f"images.tag={tag}", "--wait", "--timeout", "10m")
    return f"ready after {time.monotonic() - began:.0f} s"


def tested() -> str:
    """`helm test`: the door, then the story."""
    began = time.monotonic()
    said = helm("test", RELEASE, "--logs", "--timeout", "10m")
    steps = [line for line in said.splitlines() if line.startswith(("✓", "✗"))]
    return f"{len(steps)} steps true in {time.monotonic() - began:.0f} s"


def closed() -> str:
    """A pod without the right label reaches nothing; with it, exactly what its edges say."""
    tried = [f"{RELEASE}-{name}:5000" for name in SERVICES]
    tried += [f"{RELEASE}-postgres:5432", f"{RELEASE}-nats:4222", f"{RELEASE}-gateway:443", f"{RELEASE}-keycloak:8443"]
    may = {
        "records": {f"{RELEASE}-consent:5000", f"{RELEASE}-postgres:5432", f"{RELEASE}-nats:4222",
                    f"{RELEASE}-keycloak:8443"},
        "migrate": {f"{RELEASE}-postgres:5432"},
        "stranger": set(),
    }  # fmt: skip
    count = 0
    for part, allowed in may.items():
        reached = _reached(part, tried)
        if reached != allowed:
            raise NotSo(f"a pod labelled {part} reached {sorted(reached)}, not {sorted(allowed)}")
        count += len(tried)
    return f"{count} ways tried from 3 kinds of pods: as declared"


def _reached(part: str, tried: list[str]) -> set[str]:
    """Which addresses a pod with that label can connect to."""
    script = (
        "import socket,sys\n"
        "for one in sys.argv[1:]:\n"
        "    host, port = one.rsplit(':', 1)\n"
        "    try:\n"
        "        socket.create_connection((host, int(port)), 3).close()\n"
        "        print('reached', one)\n"
        "    except OSError as fault:\n"
        "        print('not', one, type(fault).__name__)\n"
    )
    pod = cluster.hook("test-door")
    pod["metadata"]["labels"]["app.kubernetes.io/component"] = part
    pod["spec"]["containers"][0]["command"] = ["/app/bin/python", "-c", script, *tried]
    cluster.started(pod, "terresante-tries")
    _, log = cluster.ended("terresante-tries", 120)
    kubectl("delete", "pod", "terresante-tries")
    return {line.split()[1] for line in log.splitlines() if line.startswith("reached")}


def under_load(rate: float, seconds: float, act: Callable[[], str], *, bears_failures: bool = False) -> str:
    """Something done while people work. A loss is not so, nor is a failed request unless it is to be borne."""
    with load.working(rate, seconds) as work:
        did = act()
        told = work.figures()
    if any(told[name] for name in NEVER) or (told["failed"] and not bears_failures):
        raise NotSo(f"{did}; {load.line(told)}")
    return f"{did}; {load.line(told)}"


def upgraded(tag: str, patience: str = "10m") -> str:
    """Another image everywhere, one pod after the other."""
    began = time.monotonic()
    helm("upgrade", RELEASE, str(CHART), *VALUES, "--set", f"images.tag={tag}", "--wait", "--timeout", patience)
    return f"upgrade to {tag} in {time.monotonic() - began:.0f} s"


def rolled_back() -> str:
    """The release before; the data written meanwhile stay."""
    began = time.monotonic()
    helm("rollback", RELEASE, "--wait", "--timeout", "10m")
    return f"rollback in {time.monotonic() - began:.0f} s"


def renewed_often(first: str, tag: str) -> str:
    """Five upgrades and two rollbacks, one after the other, each whole before the next; how long each took."""
    to_new, to_old = partial(upgraded, tag), partial(upgraded, first)
    acts: list[Callable[[], str]] = [to_new, rolled_back, to_new, rolled_back, to_new, to_old, to_new]
    told = []
    for act in acts:
        told.append(act())
        cluster.soon(cluster.whole, 300, "every part is whole")
    return ", ".join(told)


def killed() -> str:
    """One pod of each part, without any grace, one after the other; how long until all pods are there again."""
    took = []
    for part in ("gateway", *SERVICES):
        victim = cluster.of(part)[0]["metadata"]["name"]
        kubectl("delete", "pod", victim, "--grace-period=0", "--force")
        took.append(cluster.soon(cluster.whole, 180, f"{part} is whole again"))
    return f"one pod of each of six parts killed; whole again after {min(took):.0f}-{max(took):.0f} s"


def never_ready() -> str:
    """An image that does not exist: the old pods stay in service, and the release goes back by itself."""
    before = {one["metadata"]["name"] for part in SERVICES for one in cluster.of(part) if cluster.ready(one)}
    try:
        helm("upgrade", RELEASE, str(CHART), *VALUES, "--set", "images.tag=none", "--wait", "--timeout", "45s",
             "--rollback-on-failure", "--no-hooks")  # fmt: skip
    except NotSo:
        after = {one["metadata"]["name"] for part in SERVICES for one in cluster.of(part) if cluster.ready(one)}
        if not before <= after:
            raise NotSo("pods that served before are gone") from None
        return f"the upgrade failed and went back; the {len(before)} pods that served still do"
    raise NotSo("an upgrade to an image that does not exist succeeded")
