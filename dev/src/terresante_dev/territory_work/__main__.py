"""Writes a made-up directory as the field's files: national extract, FINESS extract, and this platform's own CSV.

python -m terresante_dev.territory_work --out FOLDER [--structures N] [--professionals N] [--offers N] [--territories N]
"""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from terresante_dev.territory_work import annuaire, finess, own
from terresante_dev.territory_work.making import Size, directory
from terresante_dev.territory_work.past import changes


def arguments() -> argparse.ArgumentParser:
    """What the command line takes."""
    parser = argparse.ArgumentParser(prog="python -m terresante_dev.territory_work", description=__doc__)
    whole = Size()
    for name, told in (
        ("structures", "legal entities, sites and internal organisations together"),
        ("professionals", "people"),
        ("offers", "offers"),
        ("territories", "the fourteen, then made-up ones"),
    ):
        default = getattr(whole, name)
        parser.add_argument(f"--{name}", type=int, default=default, help=f"{told} (default {default})")
    parser.add_argument("--seed", type=int, default=1, help="default 1")
    parser.add_argument("--day", type=date.fromisoformat, default=date(2026, 1, 5), help="default 2026-01-05")
    parser.add_argument("--encoding", default="utf-8", help="of both extracts: utf-8 (default) or iso-8859-15")
    parser.add_argument("--out", type=Path, required=True, help="folder to write into")
    return parser


def main() -> None:
    """Writes six files."""
    told = arguments().parse_args()
    size = Size(told.structures, told.professionals, told.offers, told.territories)
    made = directory(size, told.seed, told.day)
    told.out.mkdir(parents=True, exist_ok=True)
    day = told.day.strftime("%Y%m%d")
    annuaire.write(made, told.out / f"PS_LibreAcces_Personne_activite_{day}0000.txt", told.encoding)
    finess.write(made, told.out / f"etalab-cs1100502-stock-{day}-0000.csv", told.encoding)
    own.write(made, changes(made, told.seed), told.out)
    print(f"{made.structures} structures, {len(made.professionals)} professionals, {len(made.places)} places, "
          f"{len(made.offers)} offers, {len(made.territories)} territories")  # fmt: skip


if __name__ == "__main__":
    main()
