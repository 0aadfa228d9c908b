"""Indicators of a territory as their page and its files say them."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from io import StringIO

from google.protobuf.timestamp_pb2 import Timestamp
from terresante.directory.v1 import enrolment_service_pb2 as pb

from terresante_directory.domain.imports.said import neutral
from terresante_directory.workbench.charts import Chart, Values, chart
from terresante_directory.workbench.words import PARIS, day

WHOLE = "Ensemble"
UNKNOWN = "inconnu"
MASKED = "masqué"
BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of series: its title, what it counts, and who is asked. `few`: how a count that is masked is written, and
    `under`: what there were too few of, with their number.
    """

    title: str
    what: str
    counter: str = "le service qui compte les cercles de soins"
    few: str = "moins de {}"
    under: str = "Sous {}"


KINDS: Mapping[str, Kind] = {
    "enrolled": Kind("Professionnels inscrits", "Qui exerce dans le territoire à la fin de la semaine, par métier."),
    "active_users": Kind("Utilisateurs actifs", "Professionnels du territoire qui se sont connectés dans la semaine."),
    "messages": Kind(
        "Messages écrits",
        "Messages que les professionnels du territoire ont écrits dans la semaine.",
        counter="le service qui compte les messages",
        few=MASKED,
        under="Si moins de {} professionnels ont écrit",
    ),
    "consents": Kind(
        "Patients consentants", "Patients dont le consentement est en vigueur, suivis par quelqu’un du territoire."
    ),
    "circles": Kind("Cercles de soins", "Cercles dont un membre, professionnel ou structure, est du territoire."),
    "structures": Kind("Structures", "Structures ouvertes à la fin de la semaine."),
    "offers": Kind("Offres", "Offres ouvertes des structures du territoire."),
    "offers_stale": Kind("Offres à confirmer", "Offres que personne n’a confirmées depuis longtemps."),
    "places": Kind("Lieux d’exercice", "Un professionnel qui exerce à deux endroits y compte deux fois."),
}
"""In the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One kind: a chart, and a table of the same. `rows`: cells by week, one for each of `columns`.
    `weeks`, `days`: when each begins, as files and as people write it.

    `unknown`: it is not known now. `told`: how its small or rounded counts are told, in French. `desc`: the chart in
    words. `others`: how many lines the chart leaves to the table.
    """

    code: str
    kind: Kind
    unknown: bool
    told: str
    columns: tuple[str, ...]
    weeks: tuple[str, ...]
    days: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    chart: Chart | None
    desc: str
    others: int


def shown(series: Sequence[pb.IndicatorSeries]) -> list[Shown]:
    """All kinds that there are, in order."""
    of = {code: [one for one in series if one.kind == code] for code in KINDS}
    return [_shown(code, some) for code, some in of.items() if some]


def table(one: Shown) -> bytes:
    """The table as a CSV that spreadsheets open: UTF-8 with its mark, semicolons, nothing that they would compute."""
    written = StringIO()
    writer = csv.writer(written, delimiter=";", lineterminator="\r\n")
    writer.writerow(["Semaine du", *map(neutral, one.columns)])
    for week, cells in zip(one.weeks, one.rows, strict=True):
        writer.writerow([week, *map(neutral, cells)])
    if one.unknown:
        writer.writerow([UNKNOWN for _ in range(len(one.columns) + 1)])
    if one.told:
        writer.writerow([neutral(one.told)])
    return (BYTE_ORDER_MARK + written.getvalue()).encode()


def _shown(code: str, some: Sequence[pb.IndicatorSeries]) -> Shown:
    whole, *parts = sorted(some, key=lambda one: (bool(one.label), one.label))
    weeks = tuple(_week(point.week) for point in whole.points)
    days = tuple(day(point.week) for point in whole.points)
    has_parts = bool(parts)
    values = [(one.label or WHOLE, _values(one)) for one in (whole, *parts)]
    drawn = [values[0], *sorted(values[1:], key=lambda pair: -(_last(pair[1]) or 0))]
    made = chart(drawn, [_short(point.week) for point in whole.points]) if weeks else None
    return Shown(
        code=code,
        kind=KINDS[code],
        unknown=whole.unknown,
        told=_told(whole, has_parts),
        columns=tuple(label for label, _ in values) if has_parts else (KINDS[code].title,),
        weeks=weeks,
        days=days,
        rows=tuple(_cells([each[number] for _, each in values], whole, has_parts) for number in range(len(weeks))),
        chart=made,
        desc=_in_words(KINDS[code], days, values[0][1], whole, has_parts),
        others=len(drawn) - len(made.lines) if made else 0,
    )


def _cells(values: Iterable[int | None], whole: pb.IndicatorSeries, has_parts: bool) -> tuple[str, ...]:
    return tuple(_masked(whole, has_parts) if value is None else str(value) for value in values)


def _masked(whole: pb.IndicatorSeries, has_parts: bool) -> str:
    """Of a kind with parts, more is masked than small counts: what is written must not say which."""
    return MASKED if has_parts else KINDS[whole.kind].few.format(whole.smallest)


def _told(whole: pb.IndicatorSeries, has_parts: bool) -> str:
    """How counts are told that are not told exactly."""
    if not whole.smallest:
        return ""
    small = f"{KINDS[whole.kind].under.format(whole.smallest)}, le nombre est masqué"
    if whole.rounded_to > 1:
        return f"{small} ; au-delà, il est arrondi au multiple de {whole.rounded_to} inférieur."
    return f"{small} ; d’autres le sont aussi s’ils permettent de le calculer." if has_parts else f"{small}."


def _in_words(kind: Kind, days: Sequence[str], values: Values, whole: pb.IndicatorSeries, has_parts: bool) -> str:
    if not days:
        return ""
    first, last = _cells((values[0], values[-1]), whole, has_parts)
    highest = max((value for value in values if value is not None), default=None)
    top = f" Au plus haut : {highest}." if highest is not None else ""
    return f"{kind.title} : {first} la semaine du {days[0]}, {last} la semaine du {days[-1]}.{top}"


def _values(series: pb.IndicatorSeries) -> list[int | None]:
    return [None if point.masked else point.value for point in series.points]


def _last(values: Values) -> int | None:
    return next((value for value in reversed(values) if value is not None), None)


def _week(moment: Timestamp) -> str:
    return moment.ToDatetime(UTC).astimezone(PARIS).date().isoformat()


def _short(moment: Timestamp) -> str:
    return f"{moment.ToDatetime(UTC).astimezone(PARIS):%d/%m/%y}"
