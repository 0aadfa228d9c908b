"""What the benches found, read from their committed results: nothing is typed again here.

Costs are processor milliseconds of one request, by part of the platform; sizes are bytes.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from terresante_dev.nats import KEPT
from terresante_platform.forgetting import KEYS_KEPT
from terresante_platform.outbox import RETENTION

from bench.messaging import year

ROOT = Path(__file__).parents[2]
SERVICES = ("gateway", "consent", "records", "messaging", "identity", "directory")
PARTS = (*SERVICES, "postgres", "nats")
Cost = Mapping[str, float]
STREAM_DAYS = KEPT / 86_400
OUTBOX_DAYS = RETENTION.days
KEYS_DAYS = KEYS_KEPT.days

PERFORMANCE = "docs/performance.md"
LIVE, PAGES, UNREAD, IDLE, YEAR = (
    f"bench/messaging/results/{name}.txt" for name in ("live", "pages", "unread", "idle", "year")
)
MATCHING, LOADED = (f"bench/identity/results/12m-{name}.txt" for name in ("service-2", "load"))
DIRECTORY = "bench/directory/results/region.txt"
ROWS, CHAIN = (f"bench/sizing/results/{name}.txt" for name in ("rows", "chain"))
VALUES, PRODUCTION = (f"deploy/helm/terresante/{name}.yaml" for name in ("values", "values-production"))
A_DAY = year.POSTS * year.SHARE
"""Messages of all people on a day of messaging's simulated year."""
LOG_DAYS, NOTIFICATIONS_DAYS = 90, 366
"""For how long messaging keeps them (its `upkeep`, docs/messaging.md)."""


class ResultMissing(Exception):
    """A result that the sizing rests on is not in its file, or is said otherwise than it was."""


@dataclass(frozen=True, slots=True)
class Month:
    """What messaging's simulated year held at the end of a month: bytes by table, rows and indexes together."""

    tables: Mapping[str, float]

    @property
    def total(self) -> float:
        return sum(self.tables.values())


@dataclass(frozen=True, slots=True)
class Chained:
    """What so many writers of the one journal did: entries a second, ms at both quantiles, entries a batch, and
    processor milliseconds of an entry in all of them and in PostgreSQL. `load`: `flat out`, or a rate."""

    writers: int
    load: str
    a_second: float
    p50: float
    p99: float
    a_batch: float
    ours: float
    postgres: float


@dataclass(frozen=True, slots=True)
class Found:
    """All that is read. `costs` and `sources`: by kind of request, and the file each cost is from."""

    costs: Mapping[str, Cost]
    sources: Mapping[str, str]
    idle: Cost
    """Of an open stream, a second."""
    streams: Mapping[str, float]
    """Bytes of memory of an open stream, by service."""
    weights: Mapping[str, float]
    """Bytes on disk of one row and its indexes, or of one event in the stream."""
    journal_wal: float
    checking: float
    """Seconds of processor in which the check of the whole journal reads an entry."""
    chain: tuple[Chained, ...]
    identity: float
    """Bytes on disk of a person."""
    directory: float
    """Bytes on disk of the region's directory, ten years of facts."""
    year: tuple[Month, ...]
    """Messaging's simulated months, their sizes multiplied to those of all people."""
    year_messages: float
    """Messages of twelve of them."""
    measured: Mapping[str, Any]
    values: Mapping[str, Any]
    production: Mapping[str, Any]
    """The chart's defaults, and what its example for production puts in their place."""


def read(root: Path = ROOT) -> Found:
    """Everything. Raises `ResultMissing` with file and what was looked for."""
    files = Files(root)
    costs, sources = _costs(files)
    months = _year(files)
    streams = {
        "messaging": 1000 * files.number(IDLE, r"messaging with \d+ streams, of \d+ straight.*\((\d+) kB a stream\)"),
        "gateway": 1000 * files.number(IDLE, r"gateway with \d+ streams.*\((\d+) kB a stream\)"),
    }
    of_streams = files.number(IDLE, r"resident memory of messaging with (\d+) streams")
    rest = _told(files.line(IDLE, "s of them"), "ms of processor a second")
    people = files.number(LOADED, r"of which \| ([\d,]+) lines in")
    return Found(
        costs=costs,
        sources=sources,
        idle={part: ms / of_streams for part, ms in rest.items()},
        streams=streams,
        weights=_weights(files) | _bounded(months),
        journal_wal=files.number(ROWS, r"^journal entry, alone in its batch.*WAL (\d+)"),
        checking=1e-6 * files.number(ROWS, r"^journal entry checked, alone in its batch +(\d+) µs"),
        chain=_chain(files),
        identity=1e9 * files.number(LOADED, r"database, GB \| ([\d.]+)") / people,
        directory=1e6 * files.number(DIRECTORY, r"account_week.*; (\d+) MB"),
        year=months,
        year_messages=A_DAY * year.DAYS * 12,
        measured=tomllib.loads(files.text("bench/sizing/measured.toml")),
        values=yaml.safe_load(files.text(VALUES)),
        production=yaml.safe_load(files.text(PRODUCTION)),
    )


class Files:
    """The committed files under a root, each read once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._texts: dict[str, str] = {}

    def text(self, file: str) -> str:
        """Raises `ResultMissing` if it is not there."""
        if file not in self._texts:
            try:
                self._texts[file] = (self._root / file).read_text("utf-8")
            except FileNotFoundError:
                raise ResultMissing(f"{file} is not there: run the bench that writes it") from None
        return self._texts[file]

    def line(self, file: str, what: str) -> str:
        """The first line that has `what` in it. Raises `ResultMissing`."""
        for line in self.text(file).splitlines():
            if what in line:
                return line
        raise ResultMissing(f"{file}: no line with '{what}'")

    def number(self, file: str, pattern: str) -> float:
        """The group of the pattern, in the first line where it is found. Raises `ResultMissing`."""
        found = re.search(pattern, self.text(file), re.MULTILINE)
        if found is None:
            raise ResultMissing(f"{file}: nothing like '{pattern}'")
        return float(found[1].replace(",", ""))


def _costs(files: Files) -> tuple[dict[str, Cost], dict[str, str]]:
    door = {"gateway": _performance(files, "guarded read", "100/s")["gateway"]}
    decided = _performance(files, "access decision, journalled", "200/s")
    asked: dict[str, tuple[str, Callable[[], Cost]]] = {
        "list": (PERFORMANCE, lambda: _performance(files, "list of 50", "50/s")),
        "read": (PERFORMANCE, lambda: _performance(files, "guarded read", "100/s")),
        "look": (PERFORMANCE, lambda: _performance(files, "list of 50", "50/s")),
        "document": (PERFORMANCE, lambda: _performance(files, "document published", "30/s")),
        "observation": (PERFORMANCE, lambda: _performance(files, "observation published", "50/s")),
        "message": (LIVE, lambda: _together(_messaging(files, LIVE, "streams on B, 100/s"), door)),
        "thread": (PAGES, lambda: _together(_messaging(files, PAGES, "10,000,000 stored: newest page"), door)),
        "unread": (UNREAD, lambda: _together(_messaging(files, UNREAD, "300 patients, 5 unread"), door)),
        "find": (DIRECTORY, lambda: _together(_directory(files, "find as one types"), door)),
        "offers": (DIRECTORY, lambda: _together(_directory(files, "offers with filters"), door)),
        "match": (MATCHING, lambda: _together(_identity(files, "Match through gRPC"), decided, door)),
        "register": (MATCHING, lambda: _together(_identity(files, "RegisterIdentity through gRPC"), decided, door)),
    }
    return {kind: cost() for kind, (_, cost) in asked.items()}, {kind: file for kind, (file, _) in asked.items()}


def _performance(files: Files, what: str, load: str) -> Cost:
    """A row of the table "What it gave". Parts too small to be named there are shared among those that are."""
    named = ""
    for line in files.text(PERFORMANCE).splitlines():
        cells = [cell.strip().strip("*") for cell in line.strip().strip("|").split("|")]
        if len(cells) != 7:
            continue
        named = cells[0] or named
        if (named, cells[1]) == (what, load):
            return _shared(float(cells[4]), _parts(cells[6].lower().replace("postgresql", "postgres")))
    raise ResultMissing(f"{PERFORMANCE}: no row '{what}' at {load}")


def _shared(total: float, parts: Cost) -> Cost:
    """The parts, enlarged to the total."""
    named = sum(parts.values())
    return {part: ms * total / named for part, ms in parts.items()}


def _messaging(files: Files, file: str, what: str) -> Cost:
    return _told(files.line(file, what), "ms of processor each")


def _told(line: str, after: str) -> Cost:
    """`messaging 11.34  consent 4.00  …  (ms of processor …`: the platform's parts; client and sink are left out."""
    before, found, _ = line.partition(f"({after}")
    if not found:
        raise ResultMissing(f"no '{after}' in: {line}")
    return _parts(before)


def _parts(text: str) -> Cost:
    found = {name: float(ms) for name, ms in re.findall(r"([a-z]+) +(\d+\.?\d*)(?= *(?:,|$|[a-z]+ +\d| *\())", text)}
    return {part: ms for part, ms in found.items() if part in PARTS}


def _identity(files: Files, what: str) -> Cost:
    line = files.line(MATCHING, what)
    found = re.search(r"\(identity ([\d.]+) \+ PostgreSQL ([\d.]+)\)", line)
    if found is None:
        raise ResultMissing(f"{MATCHING}: no processor time at '{what}'")
    return {"identity": float(found[1]), "postgres": float(found[2])}


def _directory(files: Files, what: str) -> Cost:
    line = files.line(DIRECTORY, what)
    found = re.search(r"service +([\d.]+), PostgreSQL +([\d.]+)", line)
    if found is None:
        raise ResultMissing(f"{DIRECTORY}: no processor time at '{what}'")
    return {"directory": float(found[1]), "postgres": float(found[2])}


def _together(*costs: Cost) -> Cost:
    return {part: sum(cost.get(part, 0.0) for cost in costs) for part in PARTS if any(part in cost for cost in costs)}


def _weights(files: Files) -> dict[str, float]:
    return {
        name: files.number(ROWS, rf"^{re.escape(what)}\D* (\d+) bytes each")
        for name, what in {
            "journal": "journal entry, alone in its batch",
            "shared": "consent, circle of four",
            "patient": "key of a patient",
            "document": "document, without its content",
            "observation": "observation",
            "event": "event in the stream",
            "outbox": "event in the outbox, published",
        }.items()
    }


_CHAINED = re.compile(
    r"^ *(\d+) writers, (flat out|\d+/s paced) +([\d.]+) entries/s  p50 ([\d.]+)  p99 ([\d.]+) ms  ([\d.]+) a batch  "
    r"writers ([\d.]+)  postgres ([\d.]+) ",
    re.MULTILINE,
)


def _chain(files: Files) -> tuple[Chained, ...]:
    found = _CHAINED.findall(files.text(CHAIN))
    if not found:
        raise ResultMissing(f"{CHAIN}: no line of writers")
    return tuple(Chained(int(writers), load, *map(float, rest)) for writers, load, *rest in found)


def _bounded(months: Sequence[Month]) -> dict[str, float]:
    """Bytes of a row of what messaging keeps for some days only, from months that held a known number of them."""
    entries = 1 + year.MARKS + year.NOTIFIED
    return {
        "key": months[0].tables["idempotency_key"] / (A_DAY * KEYS_DAYS),
        "log_entry": months[2].tables["log_entry"] / (A_DAY * LOG_DAYS * entries),
        "notification": months[11].tables["notification"] / (A_DAY * 12 * year.DAYS * year.NOTIFIED),
    }


def _year(files: Files) -> tuple[Month, ...]:
    """Each month, times the share of the people that was written. Raises `ResultMissing` for fewer than are asked."""
    months = [
        Month({
            table: year.SHARE * 1e6 * (float(rows) + float(indexes))
            for table, rows, indexes in re.findall(r"([a-z_]+) ([\d.]+)\+([\d.]+) MB", line)
        })
        for line in files.text(YEAR).splitlines()
        if line.startswith("year: month ")
    ]  # fmt: skip
    if len(months) < year.MONTHS:
        raise ResultMissing(f"{YEAR}: {len(months)} months instead of {year.MONTHS}")
    return tuple(months)
