"""The tables of docs/sizing.md, from what was reckoned: one column for each size."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

from bench.sizing.assumptions import Assumed
from bench.sizing.reckoning import Disk, Needs
from bench.sizing.results import CHAIN, PARTS, SERVICES, Found

BEGIN, END = "<!-- printed by `python -m bench.sizing`: begin -->", "<!-- end -->"
NAMES = {"postgres": "PostgreSQL", "nats": "NATS"}
Cells = Sequence[str]


def tables(needs: Sequence[Needs], assumed: Assumed, found: Found) -> str:
    """All of them, Markdown."""
    parts = [
        ("What is assumed", _people(needs, assumed)),
        ("What a request costs (measured)", _costs(assumed, found)),
        ("Requests and processors", _processors(needs, assumed)),
        ("Pods", _pods(needs, found)),
        ("PostgreSQL", _postgres(needs, assumed, found)),
        ("NATS, contents, network", _rest(needs, assumed)),
        ("What to scale first", _first(needs, assumed, found)),
        ("What comes near a limit", _limits(needs, assumed, found)),
    ]
    return "\n\n".join(f"## {title}\n\n{text}" for title, text in parts)


def within(page: str, printed: str) -> str:
    """The page with what is printed between its markers. Raises ValueError if they are not there."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page has no line '{BEGIN}' with '{END}' after it")
    return f"{before}{BEGIN}\n\n{printed}\n\n{END}{after}"


def _people(needs: Sequence[Needs], assumed: Assumed) -> str:
    busy, said = assumed.busy, assumed.contents
    rows = [
        ["users", *(f"{each.size.users:,}" for each in needs)],
        ["patients with consent and record", *(f"{each.size.patients:,}" for each in needs)],
        ["identities", *(f"{each.size.identities:,}" for each in needs)],
        ["users active in the busiest hour, each with an open stream", *(f"{each.active:,.0f}" for each in needs)],
        ["growth a year", *(f"{each.size.growth:.0%}" for each in needs)],
    ]
    reasons = [f"*{each.size.title}*: {each.size.reason}" for each in needs]
    reasons += [
        f"{busy['active_share']:.0%} {busy['active_reason']}",
        f"{busy['hour_share']:.0%} {busy['hour_reason']}",
        f"bursts × {busy['burst']} {busy['burst_reason']}",
        f"{busy['working_days']} working days {busy['days_reason']}",
        f"{busy['utilisation']:.0%} {busy['utilisation_reason']}",
        f"{busy['years']} years {busy['years_reason']}",
        "requests of an active user a minute: "
        + ", ".join(f"{read.a_minute:g} × {read.title}" for read in assumed.reads.values()),
        *(
            f"{act.title}: {act.a_year:,g} a year of each of the {act.of}; {act.reason}"
            for act in assumed.acts.values()
        ),
        f"a document has {said['document_kb']} kB: {said['document_reason']}",
        f"its content, × {said['opened']}: {said['opened_reason']}",
        f"attachments: {said['attachment_share']:.0%} of {said['attachment_kb']} kB {said['attachment_reason']}",
        f"{said['told']} {said['told_reason']}",
    ]
    return _by_size("", needs, rows) + "\n\n" + "\n".join(f"- {reason}" for reason in reasons)


def _costs(assumed: Assumed, found: Found) -> str:
    kinds = assumed.kinds
    rows = [
        [
            kinds[kind].title,
            _shown(sum(cost.values())),
            *(_shown(cost.get(part, 0.0)) for part in PARTS),
            f"`{found.sources[kind]}`",
        ]
        for kind, cost in found.costs.items()
    ]
    return _table(["ms of processor", "all", *map(_name, PARTS), "from"], rows)


def _processors(needs: Sequence[Needs], assumed: Assumed) -> str:
    kinds, burst = assumed.kinds, assumed.busy["burst"]
    rates = [[kinds[kind].title, *(_shown(each.rates[kind]) for each in needs)] for kind in kinds]
    rates.append(["**all**", *(f"**{_shown(sum(each.rates.values()))}**" for each in needs)])
    rows = [[_name(part), *(_burst(each.processors[part], burst) for each in needs)] for part in PARTS]
    rows.append(["**all**", *(f"**{_burst(sum(each.processors.values()), burst)}**" for each in needs)])
    return "\n\n".join(
        [_by_size("requests/s, busiest hour's mean", needs, rates), _by_size("processors: mean / burst", needs, rows)]
    )


def _pods(needs: Sequence[Needs], found: Found) -> str:
    def told(name: str, each: Needs) -> str:
        pods = each.pods[name]
        over = " (more than the chart grants)" if pods.memory > pods.granted else ""
        return f"{pods.replicas} × {pods.memory / 2**20:.0f} MiB{over}"

    demo = {name: mib for name, mib in found.measured["demo_mib"].items() if name != "source"}
    rows = [
        [
            name,
            f"{needs[0].pods[name].granted / 2**20:.0f} MiB",
            _most(name, found),
            *(told(name, each) for each in needs),
        ]
        for name in SERVICES
    ]
    total = [sum(pods.replicas * pods.memory for pods in each.pods.values()) for each in needs]
    rows.append(["**all**", "", "", *(f"**{bytes / 2**30:.1f} GiB**" for bytes in total)])
    alone = (total[0] / 2**20 + sum(demo.values())) / 1024
    head = ["pods × memory of each", "granted each", "most in `values-production.yaml`"]
    granted = ", ".join(f"{_name(part)} ({mib} MiB)" for part, mib in demo.items())
    return "\n\n".join(
        [
            _table([*head, *(each.size.title for each in needs)], rows),
            f"On one machine, with what the chart's demo grants {granted}: **{alone:.1f} GiB**.",
            _autoscaled(needs, found),
        ]
    )


def _autoscaled(needs: Sequence[Needs], found: Found) -> str:
    """When the chart's own autoscaling adds a pod, and how many it would run of the busiest service."""
    part = found.values["services"]["messaging"]
    asked, share = float(part["resources"]["cpu"].removesuffix("m")) / 1000, part["autoscaling"]["cpuPercent"] / 100
    pods = ", ".join(
        f"{math.ceil(each.processors['messaging'] / (asked * share))} in {each.size.title}" for each in needs
    )
    return (
        f"Autoscaling counts from what a pod asks for: with the chart's {asked:g} processors and {share:.0%} it adds a pod from "
        f"{asked * share:.2f} processors each, long before a pod is full. Of messaging it would run {pods} at the busiest hour's "
        "mean, if `most` let it, and its connections with them: ask for more processors a pod (`resources.cpu`) to have fewer."
    )


def _postgres(needs: Sequence[Needs], assumed: Assumed, found: Found) -> str:
    burst, years = assumed.busy["burst"], assumed.busy["years"]
    rows = [
        ["processors: mean / burst", *(_burst(each.processors["postgres"], burst) for each in needs)],
        [
            "processors to give it, so that the burst leaves as much free as in a pod",
            *(f"{math.ceil(each.processors['postgres'] * burst / assumed.busy['utilisation'])}" for each in needs),
        ],
        ["connections at most", *(f"{each.connections:,}" for each in needs)],
        ["shared memory for look-ups of identities", *(_bytes(each.looked_up) for each in needs)],
        ["WAL of the journal alone, a working day", *(_bytes(each.journal_wal_day) for each in needs)],
    ]
    return "\n\n".join(
        [
            _by_size("", needs, rows),
            f"`values-production.yaml` allows {found.production['database']['maxConnections']} connections: with pods that "
            "could open more, it does not install.",
            _disks(needs, years),
        ]
    )


def _disks(needs: Sequence[Needs], years: int) -> str:
    def told(each: Needs, disks: Iterable[Disk]) -> str:
        kept = list(disks)
        sums = (
            sum(disk.after(1, 0) for disk in kept),
            sum(disk.a_year for disk in kept),
            sum(disk.after(years, each.size.growth) for disk in kept),
        )
        return " / ".join(map(_bytes, sums))

    rows = [[name, *(told(each, [each.disks[name]]) for each in needs)] for name in needs[0].disks]
    rows.append(["**all**", *(f"**{told(each, each.disks.values())}**" for each in needs)])
    return _by_size(f"disk: first year / each later year / after {years} years with growth", needs, rows)


def _rest(needs: Sequence[Needs], assumed: Assumed) -> str:
    burst, years = assumed.busy["burst"], assumed.busy["years"]
    rows = [
        ["NATS: one copy of the stream (three on a cluster)", *(_bytes(each.stream) for each in needs)],
        ["NATS: processors, mean / burst", *(_burst(each.processors["nats"], burst) for each in needs)],
        ["contents: a year", *(_bytes(each.contents.a_year) for each in needs)],
        [f"contents: after {years} years with growth", *(_bytes(each.contents.after(years, each.size.growth)) for each in needs)],
        ["to clients, Mbit/s: mean / burst", *(_burst(each.sent * 8 / 1e6, burst) for each in needs)],
    ]  # fmt: skip
    return _by_size("", needs, rows)


def _first(needs: Sequence[Needs], assumed: Assumed, found: Found) -> str:
    """By what takes most of the processors of the second size; the shares differ little between sizes."""
    kinds, of = assumed.kinds, needs[1]
    used = {kind: rate * sum(found.costs[kind].values()) / 1000 for kind, rate in of.rates.items()}
    parts = _ranked(of.processors, _name)
    asked = _ranked(used, lambda kind: kinds[kind].title)
    return (
        f"Shares of the processors in {of.size.title}, largest first.\n\n"
        f"- By part: {parts}.\n- By kind of request: {asked}.\n"
        f"- Of the disks, {_share(of.disks['consent'].a_year, [disk.a_year for disk in of.disks.values()])} of what each "
        "year adds is the access journal."
    )


def _limits(needs: Sequence[Needs], assumed: Assumed, found: Found) -> str:
    burst = assumed.busy["burst"]
    rows = [
        ["entries of the access journal a second: mean / burst", *(_burst(each.journal_rate, burst) for each in needs)],
        ["entries of the access journal a year", *(f"{each.journal_year / 1e6:,.1f} million" for each in needs)],
        ["hours of processor to check the entries of a year", *(_shown(each.journal_check / 3600) for each in needs)],
        ["messages a second: mean / burst", *(_burst(each.rates["message"], burst) for each in needs)],
        ["persons looked for and registered a second: mean / burst", *(_burst(each.rates["match"] + each.rates["register"], burst) for each in needs)],
        ["pods of consent, each of which writes to one journal", *(str(each.pods["consent"].replicas) for each in needs)],
        ["pods of messaging, each of which reads the whole log", *(str(each.pods["messaging"].replicas) for each in needs)],
    ]  # fmt: skip
    return _by_size("", needs, rows) + "\n\n" + _chain(found)


def _chain(found: Found) -> str:
    """The one journal with several writers, as measured."""
    head = [
        "writers",
        "load",
        "entries/s",
        "p50, p99 ms",
        "entries a batch",
        "ms of processor each: writers",
        "PostgreSQL",
    ]
    rows = [
        [
            str(each.writers),
            each.load,
            f"{each.a_second:,.0f}",
            f"{each.p50:g}, {each.p99:g}",
            f"{each.a_batch:g}",
            f"{each.ours:g}",
            f"{each.postgres:g}",
        ]
        for each in found.chain
    ]
    return f"The one journal with several writers, from `{CHAIN}`:\n\n{_table(head, rows)}"


def _most(name: str, found: Found) -> str:
    return str(found.production["services"][name]["autoscaling"]["most"])


def _ranked(used: Mapping[str, float], name: Callable[[str], str]) -> str:
    order = sorted(used.items(), key=lambda each: -each[1])
    return ", ".join(f"{name(what)} {_share(share, used.values())}" for what, share in order)


def _share(part: float, whole: Iterable[float]) -> str:
    return f"{part / sum(whole):.0%}"


def _name(part: str) -> str:
    return NAMES.get(part, part)


def _by_size(what: str, needs: Sequence[Needs], rows: Iterable[Cells]) -> str:
    return _table([what, *(each.size.title for each in needs)], rows)


def _table(head: Cells, rows: Iterable[Cells]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])


def _burst(mean: float, burst: float) -> str:
    return f"{_shown(mean)} / {_shown(mean * burst)}"


def _shown(value: float) -> str:
    """Two digits that count, and no more than the figure deserves."""
    if value == 0:
        return "–"
    if value < 0.01:
        return "< 0.01"
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def _bytes(size: float) -> str:
    for unit, bytes in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if size >= bytes:
            return f"{_shown(size / bytes)} {unit}"
    return "< 1 MB" if size else "–"
