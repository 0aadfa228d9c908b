"""`terresante-identity match | dedupe | load`: who somebody is, who is registered twice, on files; or a region filled.

Files are CSV (UTF-8, separator read off the header) or Parquet, with the columns person_id or query_id, birth_name,
first_names, birth_date, sex, birth_place; other names are given by --columns. A column or a value may be missing. Lines
that cannot be read go to a file with their reason; the others are answered.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from tqdm import tqdm

from terresante_identity.cli.blocks import FileUnreadable
from terresante_identity.cli.columns import MapUnreadable, columns_of
from terresante_identity.cli.filling import DatabaseUnusable, RegionHasPeople
from terresante_identity.cli.labels import labels_of_pairs, labels_of_queries, refitted
from terresante_identity.cli.load import add_to, load
from terresante_identity.cli.reading import Table, read_table
from terresante_identity.cli.writing import write_answers, write_doubles, write_rejected
from terresante_identity.matching.batch import answers, registry
from terresante_identity.matching.dedupe import doubles
from terresante_identity.matching.people import People, people_of_columns
from terresante_identity.matching.places import are_french
from terresante_identity.matching.regression import NotFitted
from terresante_identity.matching.weights import Policy, Weights, WeightsUnreadable, parsed_weights, shipped

REFUSED = (FileUnreadable, MapUnreadable, WeightsUnreadable, NotFitted, RegionHasPeople, DatabaseUnusable)
# A line was left out, or none: what scripts ask.
DONE, LEFT_OUT, FAILED = 0, 3, 1


def main(arguments: Sequence[str] | None = None) -> int:
    """0: done; 3: done, but lines were rejected; 1: nothing done, and why."""
    given = _parser().parse_args(arguments)
    try:
        rejected = COMMANDS[given.command](given)
    except REFUSED as refused:
        print(f"terresante-identity: {refused}", file=sys.stderr)  # noqa: T201
        return FAILED
    except OSError as refused:
        print(f"terresante-identity: {refused.filename}: {refused.strerror}", file=sys.stderr)  # noqa: T201
        return FAILED
    return LEFT_OUT if rejected else DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="terresante-identity", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    match = commands.add_parser("match", help="who each of those asked for is")
    match.add_argument("--registry", type=Path, required=True, help="those registered, by person_id")
    match.add_argument("--queries", type=Path, required=True, help="those asked for, by query_id")
    match.add_argument("--out", type=Path, required=True, help="answers: query_id, person_id, score, decision")
    dedupe = commands.add_parser("dedupe", help="who is registered twice")
    dedupe.add_argument("file", type=Path, metavar="FILE", help="those registered, by person_id")
    dedupe.add_argument("--out", type=Path, help="pairs: person_id, other_id, score, decision (FILE.doubles.csv)")
    for command in (match, dedupe):
        command.add_argument("--columns", type=Path, metavar="MAP.toml", help='birth_name = "surname", …')
        command.add_argument("--policy", default="auto", help="strict, suggest or auto")
        command.add_argument("--weights", type=Path, metavar="FILE.json", help="other weights than those shipped")
        command.add_argument("--rejected", type=Path, metavar="FILE", help="lines left out (OUT.rejected.csv)")
        command.add_argument("--encoding", default="utf-8", help="of CSV files")
        command.add_argument("--quiet", action="store_true", help="no progress bar")
        command.add_argument("--refit", type=Path, metavar="LABELS.csv", help="learn from decided cases first")
    add_to(commands)
    return parser


def _match(given: argparse.Namespace) -> int:
    registered = _read(given, given.registry, "person_id", "registry")
    asked = _read(given, given.queries, "query_id", "queries")
    theirs, ours = _people(registered), _people(asked)
    weights = _weights(given, theirs)
    if given.refit:
        weights = refitted(weights, given.refit, labels_of_queries(given.refit, asked, registered, ours, theirs))
    with _bar(given, len(asked.ids), " look-ups") as bar:
        found = answers(registry(theirs), ours, weights, _policy(weights, given.policy), progress=bar.update)
    write_answers(given.out, asked, registered, found)
    return _left_out(given, given.out, [(given.registry, registered), (given.queries, asked)])


def _dedupe(given: argparse.Namespace) -> int:
    registered = _read(given, given.file, "person_id", "file")
    out = given.out or given.file.with_suffix(".doubles.csv")
    who = _people(registered)
    weights = _weights(given, who)
    if given.refit:
        weights = refitted(weights, given.refit, labels_of_pairs(given.refit, registered, who))
    with _bar(given, 100, "%") as bar:
        found = doubles(who, weights, _policy(weights, given.policy), progress=bar.update)
    write_doubles(out, registered, found)
    return _left_out(given, out, [(given.file, registered)])


def _read(given: argparse.Namespace, path: Path, id_name: str, file: str) -> Table:
    return read_table(path, id_name, columns_of(given.columns, file), given.encoding, given.quiet)


def _people(table: Table) -> People:
    return people_of_columns(table.traits, datetime.now(UTC).year)


def _weights(given: argparse.Namespace, registered: People) -> Weights:
    """Those given, or those shipped for files like these: French places, or another country's."""
    if given.weights is None:
        return shipped(are_french(registered.places))
    try:
        return parsed_weights(given.weights.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as wrong:
        raise WeightsUnreadable(f"{given.weights}: cannot be read") from wrong


def _policy(weights: Weights, name: str) -> Policy:
    if name not in weights.policies:
        raise WeightsUnreadable(f"no policy {name}: there are {', '.join(weights.policies)}")
    return weights.policies[name]


def _bar(given: argparse.Namespace, total: int, unit: str) -> "tqdm[NoReturn]":
    return tqdm(total=total, unit=unit, disable=given.quiet, unit_scale=True)


def _left_out(given: argparse.Namespace, out: Path, files: list[tuple[Path, Table]]) -> int:
    path = given.rejected or out.with_suffix(".rejected.csv")
    count = write_rejected(path, [(file, table.rejected) for file, table in files])
    if count:
        print(f"terresante-identity: {count} lines left out, see {path}", file=sys.stderr)  # noqa: T201
    return count


COMMANDS = {"match": _match, "dedupe": _dedupe, "load": load}
