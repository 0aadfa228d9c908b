"""Makes matching/data/known_names.csv.gz from the region's INSEE lists: `make_known_names.py FOLDER > FILE`.

FOLDER holds first_names.csv.gz and surnames.csv.gz (dev/src/terresante_dev/region/data, whose README gives the source).
Names are written as they are compared (A-Z, no space), with the number of births; the rarest are left out.
"""

import csv
import gzip
import sys
from collections import Counter
from pathlib import Path

from terresante_identity.matching.text import plain

FEWEST = {"first": 60, "birth": 250}


def main(folder: Path) -> None:
    counted: dict[str, Counter[str]] = {"first": Counter(), "birth": Counter()}
    for kind, name, skipped in (("first", "first_names.csv.gz", 2), ("birth", "surnames.csv.gz", 1)):
        with gzip.open(folder / name, "rt", encoding="utf-8") as file:
            rows = csv.reader(file)
            next(rows)
            for row in rows:
                spelt = "".join(plain(row[skipped - 1]).split())
                counted[kind][spelt] += sum(int(number or 0) for number in row[skipped:])
    lines = [f"{kind},{name},{births}\n" for kind in counted for name, births in sorted(counted[kind].items())
             if births >= FEWEST[kind]]  # fmt: skip
    sys.stdout.buffer.write(gzip.compress(("kind,name,births\n" + "".join(lines)).encode(), mtime=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
