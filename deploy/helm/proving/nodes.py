"""A node that is emptied for its repair, and one that is lost: what is done to nodes, under load."""

import json
import shlex
import subprocess
import time
from typing import Any

from proving import claims, cluster
from proving.claims import SERVICES
from proving.cluster import NotSo, kubectl

LOST_AFTER = 120.0
"""Seconds within which Kubernetes must have noticed that a node is gone."""


def drained() -> str:
    """The node that holds no disk is emptied, as before its repair, and given back."""
    node = _without_disks()
    began = time.monotonic()
    kubectl("drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=8m")
    empty = time.monotonic() - began
    left = cluster.soon(cluster.whole, 240, "every part is whole on what is left")
    kubectl("uncordon", node)
    return f"{node} empty after {empty:.0f} s, every part whole {left:.0f} s later"


def lost(stop: str, start: str) -> str:
    """A node that holds no disk loses its power, and comes back once the rest is whole without it. `stop`, `start`:
    commands that do that to the node whose name is put behind them.
    """
    if not stop or not start:
        raise NotSo("give --node-stop and --node-start, commands that take the name of a node")
    node = _without_disks()
    if not any(one["spec"].get("nodeName") == node for one in cluster.pods()):
        cluster.restarted("gateway", *SERVICES)
    gone = [one for one in cluster.pods() if one["spec"].get("nodeName") == node and cluster.ready(one)]
    _do(stop, node)
    began = time.monotonic()
    cluster.soon(lambda: not _ready(node), LOST_AFTER, f"Kubernetes notices that {node} is gone")
    noticed = time.monotonic() - began
    cluster.soon(lambda: not cluster.whole(), LOST_AFTER, "pods of the lost node count no more")
    cluster.soon(cluster.whole, 300, "every part is whole on what is left")
    whole = time.monotonic() - began
    _do(start, node)
    back = cluster.soon(lambda: _ready(node), 120, f"{node} is back")
    return (
        f"{node} lost with {len(gone)} pods: noticed after {noticed:.0f} s, every part whole elsewhere after "
        f"{whole:.0f} s; back {back:.0f} s after its start"
    )


def installed(tag: str, disks_on: str) -> str:
    """As `claims.install`. `disks_on`: the node that takes every disk; blank: wherever pods come to be."""
    if not disks_on:
        return claims.install(tag)
    for node in _nodes():
        kubectl("uncordon" if node == disks_on else "cordon", node)
    try:
        seen = claims.install(tag)
    finally:
        for node in _nodes():
            kubectl("uncordon", node)
    took = cluster.restarted("gateway", *SERVICES)
    on = {one["spec"]["nodeName"] for part in ("gateway", *SERVICES) for one in cluster.of(part)}
    return f"{seen}; then spread over {len(on)} nodes in {took:.0f} s"


def _nodes() -> dict[str, Any]:
    found = json.loads(kubectl("get", "nodes", "-o", "json"))["items"]
    return {one["metadata"]["name"]: one for one in found}


def _ready(node: str) -> bool:
    return cluster.ready(_nodes()[node])


def _without_disks() -> str:
    """A node on which no pod has a disk: such pods cannot go elsewhere where disks are a node's own."""
    bound = {
        one["spec"].get("nodeName")
        for one in cluster.pods()
        if any("persistentVolumeClaim" in volume for volume in one["spec"]["volumes"])
    }
    free = [name for name in _nodes() if name not in bound]
    if not free:
        raise NotSo("every node holds a disk, which its pods cannot leave: install with --disks-on NODE")
    return free[0]


def _do(command: str, node: str) -> None:
    done = subprocess.run([*shlex.split(command), node], capture_output=True, text=True, check=False, timeout=120)  # noqa: S603
    if done.returncode:
        raise NotSo(f"{command} {node}: {done.stderr.strip()[-500:]}")
