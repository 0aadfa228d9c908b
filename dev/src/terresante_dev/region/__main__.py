"""Writes the sets as CSV files. `python -m terresante_dev.region SET --help` tells each one's options."""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable
from pathlib import Path

from tqdm import tqdm

from terresante_dev.region import sets
from terresante_dev.region.registry import Registry

TRAITS = ("birth_name", "first_names", "birth_date", "sex", "birth_place")
PERSON = ("person_id", *TRAITS)
QUERY = ("query_id", *TRAITS)
TRUTH = ("query_id", "person_id", "relation", "relative_id", "feeder", "errors")
PAIR = ("pair_id", "same", "kind", *(f"registered_{one}" for one in TRAITS), *(f"typed_{one}" for one in TRAITS))


def write_registry(registry: Registry, folder: Path) -> None:
    """registry.csv: the persons with their true traits."""
    with (folder / "registry.csv").open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(PERSON) + "\n")
        for chunk in tqdm(registry.chunks(), total=len(registry), desc="registry", unit="chunk"):
            # No trait of the RNIV's alphabet needs quoting.
            file.writelines(",".join(row) + "\n" for row in chunk.rows())


def write_queries(registry: Registry, count: int, seed: int, folder: Path) -> None:
    """queries.csv and truth.csv."""
    made = tqdm(sets.queries(registry, count, seed), total=count, desc="queries")
    _write_both(folder / "queries.csv", QUERY, folder / "truth.csv", TRUTH, made)


def write_pairs(registry: Registry, count: int, seed: int, folder: Path) -> None:
    """pairs.csv."""
    with (folder / "pairs.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(PAIR)
        writer.writerows(tqdm(sets.pairs(registry, count, seed), total=count, desc="pairs"))


def write_delivery(registry: Registry, seed: int, folder: Path) -> None:
    """delivery.csv, and delivery-truth.csv with the person of each record."""
    made = tqdm(sets.delivery(registry, seed), desc="delivery", unit="record")
    record, truth = ("record_id", *TRAITS), ("record_id", "person_id")
    _write_both(folder / "delivery.csv", record, folder / "delivery-truth.csv", truth, made)


def _write_both(
    one: Path, one_head: sets.Row, other: Path, other_head: sets.Row, made: Iterable[tuple[sets.Row, sets.Row]]
) -> None:
    with one.open("w", encoding="utf-8", newline="") as left, other.open("w", encoding="utf-8", newline="") as right:
        first, second = csv.writer(left, lineterminator="\n"), csv.writer(right, lineterminator="\n")
        first.writerow(one_head)
        second.writerow(other_head)
        for row, truth in made:
            first.writerow(row)
            second.writerow(truth)


def arguments() -> argparse.ArgumentParser:
    """What the command line takes."""
    parser = argparse.ArgumentParser(prog="python -m terresante_dev.region", description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True)
    for kind, told in (
        ("registry", "persons with their true traits"),
        ("queries", "look-ups and their truth"),
        ("pairs", "labelled pairs to fit on"),
        ("delivery", "a file to deduplicate, and its truth"),
    ):
        one = kinds.add_parser(kind, help=told)
        one.add_argument("--size", type=int, default=60_000, help="persons in the registry (default 60000)")
        one.add_argument("--seed", type=int, default=1, help="of the registry (default 1)")
        one.add_argument("--out", type=Path, required=True, help="folder to write into")
        if kind != "registry":
            one.add_argument("--set-seed", type=int, default=1, help="of the errors and the choice (default 1)")
        if kind in ("queries", "pairs"):
            one.add_argument("--count", type=int, default=8_000, help="rows (default 8000)")
    return parser


def main() -> None:
    """Writes one set."""
    told = arguments().parse_args()
    told.out.mkdir(parents=True, exist_ok=True)
    registry = Registry(told.size, told.seed)
    if told.kind == "registry":
        write_registry(registry, told.out)
    elif told.kind == "queries":
        write_queries(registry, told.count, told.set_seed, told.out)
    elif told.kind == "pairs":
        write_pairs(registry, told.count, told.set_seed, told.out)
    else:
        write_delivery(registry, told.set_seed, told.out)


if __name__ == "__main__":
    main()
