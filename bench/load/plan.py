"""What a load is, and what came of it: the messages between the bench and its generator process."""

from __future__ import annotations

import math
from itertools import accumulate
from random import Random

import msgspec

SEED = 20_240_229
"""The same arrivals in every run."""


class Request(msgspec.Struct, frozen=True):
    """One request. HTTP: method, path, headers, body. gRPC: `path` is the method, `headers` the metadata."""

    path: str
    method: str = "GET"
    headers: dict[str, str] = {}
    body: bytes = b""


class Target(msgspec.Struct, frozen=True):
    """What is loaded.

    `kind`: `https` (address host:port), `grpc` (address as in gRPC targets, mutual TLS, `peer` is the name in its
    certificate), `asyncpg` or `core` (address is a PostgreSQL URL, each request's path an id to read).
    """

    kind: str
    address: str
    authority: str = ""
    certificate: str = ""
    key: str = ""
    peer: str = ""


class Plan(msgspec.Struct, frozen=True):
    """When requests are sent: open loop at `rate` a second, or, with `in_flight`, the next as soon as one is answered.

    Latencies of a closed loop say nothing of what people wait for: they are used for processor time only.
    """

    count: int
    rate: float = 0.0
    in_flight: int = 0
    connections: int = 32
    warm_up: int = 200
    limit_seconds: float = 10.0

    def due(self) -> list[float]:
        """Seconds after the start at which each request is due: independent arrivals (Poisson), known in advance."""
        chance = Random(SEED)
        return list(accumulate(chance.expovariate(self.rate) for _ in range(self.count)))


class Job(msgspec.Struct, frozen=True):
    """All that the generator is told. Requests are taken in turn, from the first, warm-up included."""

    target: Target
    plan: Plan
    requests: list[Request]


class Outcome(msgspec.Struct):
    """What came of a load, times in seconds. One latency per request that ended well, in the order of their ends.

    `late`: how long after it was due each request was handed to a connection; the latency contains it.
    `outcomes`: how many got which answer (HTTP status, gRPC code, or the kind of fault). `sample`: one answer's body.
    """

    latencies: list[float]
    late: list[float]
    outcomes: dict[str, int]
    sample: bytes
    seconds: float
    cpu: float

    @property
    def good(self) -> int:
        return sum(count for name, count in self.outcomes.items() if name in GOOD)

    def percentile(self, share: float) -> float:
        """Latency that `share` of all requests stayed within; infinite if it falls among those that failed."""
        return percentile(self.latencies, share, sum(self.outcomes.values()))


GOOD = frozenset({"200", "201", "204", "OK"})


def percentile(values: list[float], share: float, of: int) -> float:
    """The value within which `share` of `of` cases stay, `values` being those that ended well (nearest rank)."""
    rank = max(0, math.ceil(share * of - 1e-9) - 1)
    ordered = sorted(values)
    return ordered[rank] if rank < len(ordered) else float("inf")
