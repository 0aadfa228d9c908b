"""`make test-cluster`: installs the demo on the cluster of KUBECONFIG and shows the chart's claims one by one.

`python deploy/helm/prove.py [--first TAG] [--next TAG] [--rate 50] [--seconds 180] [CLAIM ...]`. It needs the images of
docs/operations.md on the cluster, and the release before under a tag of their own (`--first`) for the upgrades.
Everything happens in namespace `terresante`, which must not exist. `drain` and `node-loss` need a node without a disk
(`--disks-on` another one); `node-loss` besides the commands that stop and start a node. Ends with 1 if any claim does
not hold.
"""

import argparse
import sys
import time
from collections.abc import Callable

from proving import claims, cluster, faults, nodes, restoring, rotating
from proving.cluster import NotSo


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def claims_of(given: argparse.Namespace) -> dict[str, Callable[[], str]]:
    """Name -> what is done; in the order in which they can follow each other."""

    def loaded(act: Callable[[], str], *, bears_failures: bool = False) -> Callable[[], str]:
        return lambda: claims.under_load(given.rate, given.seconds, act, bears_failures=bears_failures)

    return {
        "install": lambda: nodes.installed(given.first, given.disks_on),
        "test": claims.tested,
        "network": claims.closed,
        "upgrade": loaded(lambda: claims.upgraded(given.next)),
        "rollback": loaded(claims.rolled_back),
        "upgrades": loaded(lambda: claims.renewed_often(given.first, given.next)),
        "kill": loaded(claims.killed, bears_failures=True),
        "never-ready": claims.never_ready,
        "migration-fails": loaded(lambda: faults.migration_failed(given.first)),
        "two-upgrades": loaded(lambda: faults.at_once(given.next)),
        "drain": loaded(nodes.drained),
        "node-loss": loaded(lambda: nodes.lost(given.node_stop, given.node_start), bears_failures=True),
        "restore": restoring.restored,
        "rotate": loaded(rotating.rotated),
        "test-again": claims.tested,
    }


def main() -> int:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", default="0.1.0", help="the tag to install, and to go back to")
    parser.add_argument("--next", default="0.1.1", help="the tag to upgrade to")
    parser.add_argument("--rate", type=float, default=50.0, help="requests a second of each load")
    parser.add_argument("--seconds", type=float, default=180.0, help="how long each load lasts at least")
    parser.add_argument("--disks-on", default="", help="the node that takes every disk, where disks are a node's own")
    parser.add_argument("--node-stop", default="", help="a command that takes the power from the node named behind it")
    parser.add_argument("--node-start", default="", help="a command that gives it back")
    parser.add_argument("claims", nargs="*", help="only these")
    given = parser.parse_args()
    _say(f"Kubernetes {cluster.reached()}")
    table = claims_of(given)
    failed = 0
    for name in given.claims or table:
        began = time.monotonic()
        try:
            _say(f"✓ {name}: {table[name]()}  ({time.monotonic() - began:.0f} s)")
        except NotSo as fault:
            failed += 1
            _say(f"✗ {name}: NOT SO: {fault}  ({time.monotonic() - began:.0f} s)")
    _say(f"{len(given.claims or table) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
