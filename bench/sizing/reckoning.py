"""What a size needs: processors, pods, memory, connections, disks, streams, contents, network. No I/O."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from bench.sizing.assumptions import Assumed, Size
from bench.sizing.results import (
    KEYS_DAYS,
    LOG_DAYS,
    NOTIFICATIONS_DAYS,
    OUTBOX_DAYS,
    PARTS,
    SERVICES,
    STREAM_DAYS,
    Found,
)

YEAR_DAYS = 365
OWN_CONNECTIONS, WORKERS = 4, 6
"""Of a pod besides its pool; of messaging's workers (docs/operations.md, "Connections"; `_platform.tpl`)."""
MEBI = 2**20


@dataclass(frozen=True, slots=True)
class Disk:
    """Bytes of a database: what is there for so many people, and what each year adds for ever."""

    stock: float
    a_year: float
    grows: bool = True
    """Whether what is there grows with the users and patients."""

    def after(self, years: int, growth: float) -> float:
        """At the end of so many years, people and what they do growing by `growth` from each to the next."""
        if not self.grows:
            return self.stock
        return self.stock * (1 + growth) ** (years - 1) + self.a_year * sum(
            (1 + growth) ** year for year in range(years)
        )


@dataclass(frozen=True, slots=True)
class Pods:
    """Pods of a service: how many, the memory of each (bytes), what the chart grants each."""

    replicas: int
    memory: float
    granted: float


@dataclass(frozen=True, slots=True)
class Needs:
    """What one size needs. Rates a second in the busiest hour, processors in its mean; sizes in bytes."""

    size: Size
    active: float
    rates: Mapping[str, float]
    processors: Mapping[str, float]
    pods: Mapping[str, Pods]
    connections: int
    journal_rate: float
    journal_year: float
    journal_wal_day: float
    journal_check: float
    """Seconds of processor to check what a year adds."""
    disks: Mapping[str, Disk]
    looked_up: float
    """What look-ups of identities read: better in PostgreSQL's shared memory."""
    stream: float
    """One copy of NATS's stream."""
    contents: Disk
    sent: float
    """Bytes a second to clients in the busiest hour's mean, contents included."""


def reckon(size: Size, assumed: Assumed, found: Found) -> Needs:
    """All of it."""
    busy = assumed.busy
    active = size.users * busy["active_share"]
    rates = _rates(size, assumed, active)
    processors = _processors(rates, active, found)
    pods = {name: _pods(name, size, processors[name], active, assumed, found) for name in SERVICES}
    yearly = _yearly(size, assumed, rates)
    entries = sum(each * assumed.kinds[kind].journal for kind, each in yearly.items())
    return Needs(
        size=size,
        active=active,
        rates=rates,
        processors=processors,
        pods=pods,
        connections=sum(connections(name, each.replicas, found) for name, each in pods.items()),
        journal_rate=sum(rate * assumed.kinds[kind].journal for kind, rate in rates.items()),
        journal_year=entries,
        journal_wal_day=entries / busy["working_days"] * found.journal_wal,
        journal_check=entries * found.checking,
        disks=_disks(size, yearly, entries, assumed, found),
        looked_up=found.measured["lookups_gb"]["a_million"] * 1e3 * size.identities,
        stream=sum(yearly[kind] * act.events for kind, act in assumed.acts.items())
        * (STREAM_DAYS / YEAR_DAYS * found.weights["event"]),
        contents=Disk(0, _contents(yearly, assumed)),
        sent=_sent(rates, assumed),
    )


def connections(service: str, replicas: int, found: Found) -> int:
    """The most that pods of a service open to PostgreSQL, one more than run while they are replaced."""
    if service == "gateway":
        return 0
    pool = int(found.values["services"][service]["databasePool"])
    more = {"identity": pool, "records": pool, "messaging": WORKERS}.get(service, 0)
    return (replicas + 1) * (OWN_CONNECTIONS + pool + more)


def _rates(size: Size, assumed: Assumed, active: float) -> dict[str, float]:
    busy = assumed.busy
    reads = {name: active * read.a_minute / 60 for name, read in assumed.reads.items()}
    of_year = busy["hour_share"] / busy["working_days"] / 3600
    return reads | {name: size.people(act.of) * act.a_year * of_year for name, act in assumed.acts.items()}


def _yearly(size: Size, assumed: Assumed, rates: Mapping[str, float]) -> dict[str, float]:
    busy = assumed.busy
    hours = 3600 / busy["hour_share"] * busy["working_days"]
    reads = {name: rates[name] * hours for name in assumed.reads}
    return reads | {name: size.people(act.of) * act.a_year for name, act in assumed.acts.items()}


def _processors(rates: Mapping[str, float], active: float, found: Found) -> dict[str, float]:
    """Mean of the busiest hour; a stream is open for each active user."""
    return {
        part: sum(rate * found.costs[kind].get(part, 0.0) for kind, rate in rates.items()) / 1000
        + active * found.idle.get(part, 0.0) / 1000
        for part in PARTS
    }


def _pods(name: str, size: Size, processors: float, active: float, assumed: Assumed, found: Found) -> Pods:
    """A pod uses one processor at most: it is one Python process. Three of gateway and consent, two of others at least."""
    least = 1 if not size.spread else 3 if name in {"gateway", "consent"} else 2
    at_burst = processors * assumed.busy["burst"] / assumed.busy["utilisation"]
    replicas = max(least, math.ceil(at_burst))
    memory = found.measured["memory_mib"][name] * MEBI + active / replicas * found.streams.get(name, 0.0)
    granted = str(found.values["services"][name]["resources"]["memory"])
    return Pods(replicas, memory, float(granted.removesuffix("Mi")) * MEBI)


def _disks(size: Size, yearly: Mapping[str, float], entries: float, assumed: Assumed, found: Found) -> dict[str, Disk]:
    weights, published = found.weights, yearly["document"] + yearly["observation"]
    own_events = (published / YEAR_DAYS) * (OUTBOX_DAYS * weights["outbox"] + KEYS_DAYS * weights["key"])
    contents = yearly["document"] * weights["document"] + yearly["observation"] * weights["observation"]
    return {
        "identity": Disk(size.identities * found.identity, 0, grows=False),
        "consent": Disk(size.patients * weights["shared"], entries * weights["journal"]),
        "records": Disk(size.patients * weights["patient"] + own_events, contents),
        "messaging": _conversations(yearly["message"], published * assumed.contents["told"], found),
        "directory": Disk(size.directory * found.directory, 0, grows=False),
    }


def _conversations(messages: float, told: float, found: Found) -> Disk:
    """Messages grow as in the last month of the simulated year; all else is bounded by then, or is taken to be.
    `told`: notifications of documents and observations a year; that year has none of them."""
    last, before = found.year[-1], found.year[-2]
    grows = 12 * (last.tables["message"] - before.tables["message"])
    share = messages / found.year_messages
    bounded = last.total - len(found.year) * grows / 12
    kept = found.weights["notification"] * NOTIFICATIONS_DAYS + found.weights["log_entry"] * LOG_DAYS
    notified = told * kept / YEAR_DAYS
    return Disk(share * bounded + notified, share * grows)


def _contents(yearly: Mapping[str, float], assumed: Assumed) -> float:
    """Bytes a year in the object store."""
    said = assumed.contents
    attached = yearly["message"] * float(said["attachment_share"]) * float(said["attachment_kb"])
    return 1e3 * (yearly["document"] * float(said["document_kb"]) + attached)


def _sent(rates: Mapping[str, float], assumed: Assumed) -> float:
    """Bytes a second to clients: answers, and the contents of documents."""
    said = assumed.contents
    opened = rates["document"] * float(said["opened"]) * float(said["document_kb"])
    return 1e3 * (opened + sum(rate * assumed.kinds[kind].kb for kind, rate in rates.items()))
