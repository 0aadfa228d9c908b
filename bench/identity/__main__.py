"""`python -m bench.identity accuracy|speed|dedupe|febrl|load|service|answers|caps|all --size 60k|1m|12m [--without-peer]`: prints the table of figures.

`make bench-identity SIZE=60k` makes the sets and installs the packages of the group bench-identity first.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import sys
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from bench.identity import files, ours
from bench.identity.answering import answering
from bench.identity.caps import trying
from bench.identity.loading import WITHOUT, Row
from bench.identity.measures import Answered, Ints, Truth, best_f1, decisions, hit_at, one_to_one, recall_at
from bench.identity.service import filled, service


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.identity", description=__doc__)
    parser.add_argument(
        "what", choices=("accuracy", "speed", "dedupe", "febrl", "load", "service", "answers", "caps", "all")
    )
    parser.add_argument("--size", choices=("60k", "1m", "12m"), default="60k")
    parser.add_argument("--without-peer", action="store_true", help="ours alone")
    parser.add_argument(
        "--database-url",
        help="load: an empty region; service, answers and caps: one that `load` has filled with the set",
    )
    given = parser.parse_args()
    if given.what in ("answers", "caps") and not given.database_url:
        parser.error(f"{given.what} needs --database-url: a region that `load` has filled with the set")
    parts: dict[str, Callable[[str, bool], Iterable[Row]]] = {
        "accuracy": accuracy,
        "febrl": febrl,
        "speed": speed,
        "dedupe": dedupe,
        "load": lambda size, _: filled(size, given.database_url),
        "answers": lambda size, _: answering(size, given.database_url),
        "caps": lambda size, _: trying(size, given.database_url),
        "service": lambda size, _: service(size, given.database_url),
    }
    arguments = " ".join(["<URL>" if "://" in argument else argument for argument in sys.argv[1:]])
    print(f"python -m bench.identity {arguments}  ({platform.machine()}, Python {platform.python_version()})")
    compared = "in memory = 1" if given.what in ("load", "service", "answers", "caps") else "Splink 5.0.0"
    print(f"\n| what | ours | {compared} |\n|---|---|---|")
    try:
        for name, part in parts.items():
            if given.what == name or (given.what == "all" and name not in ("load", "answers", "caps")):
                for what, mine, theirs in part(given.size, not given.without_peer):
                    print(f"| {what} | {mine} | {theirs} |", flush=True)
    except files.NotMade as missing:
        print(missing, file=sys.stderr)
        return 1
    return 0


def _peer() -> Any:
    """Its packages are needed where it is run only: `uv sync --group bench-identity`."""
    from bench.identity import peer

    return peer


def accuracy(size: str, with_peer: bool) -> list[Row]:
    registered, asked, truth = files.test_set(size)
    mine, seconds = ours.matched(registered, asked)
    theirs, their_seconds = _peer().linked(registered, asked) if with_peer else (None, {})
    rows = [
        (
            f"{size}: R@P≥{precision}",
            f"{recall_at(mine, truth, precision):.4f}",
            _of(theirs, recall_at, truth, precision),
        )
        for precision in (0.99, 0.999)
    ]
    rows += [
        (f"{size}: hit@{rank}", f"{hit_at(mine, truth, rank):.4f}", _of(theirs, hit_at, truth, rank)) for rank in (1, 5)
    ]
    rows += _decided(size, mine, theirs, truth)
    what = f"{size}: {len(asked['sex'])} look-ups in one batch, s (registry prepared, or model trained, in)"
    told = (
        f"{part['look-ups']:.1f} ({part.get('registry', part.get('training', 0)):.1f})"
        for part in (seconds, their_seconds)
        if part
    )
    return [*rows, (what, next(told), next(told, WITHOUT))]


def _of(theirs: Answered | None, measure: Callable[..., float], truth: Truth, at: float) -> str:
    return WITHOUT if theirs is None else f"{measure(theirs, truth, at):.4f}"


def _decided(size: str, mine: Answered, theirs: Answered | None, truth: Truth) -> list[Row]:
    """Splink decides nothing: for its twins, all above the threshold that links as many as ours does."""
    done = decisions(mine, truth)
    twins = precision = WITHOUT
    if theirs is not None:
        best = theirs.best()
        order = best[np.argsort(-theirs.score[best], kind="stable")][: done.linked]
        linked = np.zeros(len(theirs.asked), dtype=bool)
        linked[order] = True
        peers = decisions(theirs, truth, linked)
        twins, precision = f"{peers.twins_linked} of {peers.twins}", f"{peers.precision:.4f} ({peers.linked})"
    queue = done.queued / len(truth.row)
    return [
        (f"{size}: absent twins auto-linked", f"{done.twins_linked} of {done.twins}", twins),
        (f"{size}: auto precision (links)", f"{done.precision:.4f} ({done.linked})", precision),
        (f"{size}: queue, of look-ups", f"{queue:.1%}", WITHOUT),
        (f"{size}: person in it, of present", f"{done.queued_shown / max(done.queued_present, 1):.1%}", WITHOUT),
    ]


def febrl(_: str, with_peer: bool) -> list[Row]:
    registered, asked, truth = files.febrl4()
    mine = _febrl4(ours.matched(registered, asked)[0], truth)
    theirs = _febrl4(_peer().linked(registered, asked)[0], truth) if with_peer else (WITHOUT, WITHOUT)
    lines, who = files.febrl3()
    found = _f1_of_pairs(ours.deduplicated(lines)[0], who)
    peers = _f1_of_pairs(_peer().deduplicated(lines)[0], who) if with_peer else WITHOUT
    return [
        ("FEBRL 4: pairwise F1", mine[0], theirs[0]),
        ("FEBRL 4: one-to-one F1", mine[1], theirs[1]),
        ("FEBRL 3: pairwise F1", found, peers),
    ]


def _febrl4(answered: Answered, truth: Truth) -> tuple[str, str]:
    right = truth.row[answered.asked] == answered.registered
    kept = one_to_one(answered.asked, answered.registered, answered.score)
    pairwise = best_f1(answered.score, right, truth.present)[0]
    return f"{pairwise:.4f}", f"{best_f1(answered.score[kept], right[kept], truth.present)[0]:.4f}"


def _f1_of_pairs(answered: Answered, who: Ints) -> str:
    sizes = np.bincount(who)
    right = who[answered.asked] == who[answered.registered]
    return f"{best_f1(answered.score, right, int((sizes * (sizes - 1) // 2).sum()))[0]:.4f}"


def speed(size: str, _: bool) -> list[Row]:
    registered, asked, _truth = files.test_set(size)
    times = np.array(ours.one_by_one(registered, asked))
    told = f"{np.quantile(times, 0.5):.1f} / {np.quantile(times, 0.99):.1f}"
    return [(f"{size}: one look-up in memory, ms p50 / p99", told, WITHOUT)]


def dedupe(size: str, with_peer: bool) -> list[Row]:
    lines, who = files.delivery(size)
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    found, seconds, processor = ours.deduplicated(lines)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    peers = WITHOUT
    if with_peer:
        theirs, took = _peer().deduplicated(lines)
        peers = f"{took['look-ups']:.1f} (F1 {_f1_of_pairs(theirs, who)})"
    told = f"{seconds:.1f} (processor {processor:.1f}; F1 {_f1_of_pairs(found, who)})"
    return [
        (f"{size}: {len(who)} lines deduplicated, s", told, peers),
        (f"{size}: memory at most, GB; load average before", f"{memory:.1f}; {load}", WITHOUT),
    ]


if __name__ == "__main__":
    sys.exit(main())
