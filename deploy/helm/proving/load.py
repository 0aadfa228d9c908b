"""Steady work through the door, in a pod, while something is done to the platform."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from proving import cluster
from proving.cluster import NotSo

NAME = "terresante-load"
ENOUGH = "/tmp/enough"  # noqa: S108 - the pod's own
ENROLLING = 120.0
"""Seconds for the pod's people to be enrolled."""
ENDING = 180.0
"""Seconds within which the load looks at what came of it."""


class Working:
    """A load that runs for some seconds at least, and until its figures are asked for."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def begun(self) -> bool:
        """Whether people are enrolled and requests go out."""
        return "begins" in cluster.kubectl("logs", NAME, "--tail=5")

    def figures(self) -> dict[str, Any]:
        """What came of it. Raises NotSo if the work itself could not be done."""
        cluster.inside(NAME, "/app/bin/python", "-c", f"import pathlib; pathlib.Path({ENOUGH!r}).touch()")
        _, log = cluster.ended(NAME, self._seconds + ENDING)
        last = log.strip().splitlines()[-1]
        if not last.startswith("{"):
            raise NotSo(f"the load ended without figures: {log.strip()[-800:]}")
        told: dict[str, Any] = json.loads(last)
        return told


@contextmanager
def working(rate: float, seconds: float) -> Iterator[Working]:
    """Work in course while in the block."""
    pod = cluster.hook("test-story")
    (container,) = pod["spec"]["containers"]
    container["command"] = [
        "/app/bin/python", "-m", "terresante_deploy.proof.load",
        "--rate", str(rate), "--seconds", str(seconds), "--until", ENOUGH,
    ]  # fmt: skip
    cluster.started(pod, NAME)
    load = Working(seconds)
    cluster.soon(lambda: cluster.kubectl("get", "pod", NAME, "-o", "jsonpath={.status.phase}") == "Running", 60, "load")
    cluster.soon(load.begun, ENROLLING, "the load's people are enrolled")
    yield load


def line(told: dict[str, Any]) -> str:
    """The figures in a line."""
    failed = f"{told['failed']} failed" + (f" ({told['why']})" if told["failed"] else "")
    when = f", from {told['failures_from_s']} to {told['failures_to_s']} s" if told["failed"] else ""
    return (
        f"{told['sent']} requests, {failed}{when}; p50 {told['p50_ms']} ms, p99 {told['p99_ms']} ms, "
        f"longest {told['longest_ms']} ms; {told['notes_acknowledged']} notes, {told['notes_lost']} lost; "
        f"{told['messages_acknowledged']} messages, {told['messages_lost']} lost; the stream, opened "
        f"{told['stream_opened']} times and away for {told['stream_away_s']} s at most, missed "
        f"{told['stream_missed']} and doubled {told['stream_doubled']}"
    )
