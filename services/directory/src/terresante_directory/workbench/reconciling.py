"""Differences as a page shows them: by subject, side by side, in words; and what of them was ticked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from terresante.directory.v1 import import_service_pb2 as pb
from terresante.directory.v1 import ror_service_pb2 as ror

from terresante_directory.workbench import asking, labels, words
from terresante_directory.workbench.forms import Typed
from terresante_directory.workbench.visits import Visit

SOURCES = {"finess": "FINESS", "annuaire": "Annuaire Santé", "ror": "ROR"}
KINDS = {"structure": "Structures", "professional": "Professionnels", "offer": "Offres"}
ONE_OF = {"structure": "Structure", "professional": "Professionnel", "offer": "Offre"}
DATES = frozenset({"opened", "closes", "since", "until"})
FIELDS = {
    "phone": "Téléphone",
    "capacity": "Capacité",
    "opened": "Ouverte le",
    "closes": "Ferme le",
    "since": "Depuis le",
    "until": "Jusqu’au",
    "structure": "Structure",
    "professional": "Professionnel",
    "confidentiality": "Confidentialité du contact",
}
"""What files say, and the directory in other words."""
PAGE = 50
MOST_COUNTED = 1_000


@dataclass(frozen=True, slots=True)
class Asked:
    """Which differences, as an address says it; what it says wrongly is left out. `kept`: those decided before."""

    source: str = ""
    territory: str = ""
    kind: str = ""
    subject: str = ""
    kept: bool = False

    @classmethod
    def of(cls, typed: Typed, own: Sequence[str]) -> "Asked":
        """`own`: territories of the administrator."""
        source, territory, kind, subject = (typed.one(name) for name in ("source", "territoire", "genre", "fiche"))
        kind = kind if kind in KINDS else ""
        return cls(
            source=source if source in SOURCES else "",
            territory=territory if territory in own else "",
            kind=kind,
            subject=subject if kind and asking.is_id(subject) else "",
            kept=typed.one("vue") == "gardes",
        )

    def fields(self) -> dict[str, str]:
        """As an address or a form holds them."""
        return {
            "source": self.source,
            "territoire": self.territory,
            "genre": self.kind,
            "fiche": self.subject,
            "vue": "gardes" if self.kept else "",
        }

    def request(self, source: str, cursor: str = "") -> pb.ListDifferencesRequest:
        """As the service is asked."""
        about = ror.Subject(kind=self.kind, id=self.subject) if self.kind else None
        return pb.ListDifferencesRequest(
            source=source, territory_code=self.territory, subject=about, cursor=cursor, limit=PAGE, kept=self.kept
        )


@dataclass(frozen=True, slots=True)
class Line:
    """A field on both sides, in words. `ticked`: chosen when the form was refused."""

    told: pb.Difference
    label: str
    here: str
    there: str
    ticked: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """What differs of one subject. `all`: the names of its lines, for who chooses the whole."""

    told: pb.Difference
    href: str
    lines: tuple[Line, ...]
    ticked: bool

    @property
    def kind(self) -> str:
        """What it is, in words."""
        return ONE_OF[self.told.subject.kind]

    @property
    def all(self) -> str:
        """The names of its differences, apart by a blank."""
        return " ".join(line.told.difference_id for line in self.lines)


def sheets(visit: Visit, differences: Iterable[pb.Difference]) -> list[Sheet]:
    """By subject, in the order in which they come."""
    by_subject: dict[tuple[str, str], list[pb.Difference]] = {}
    for one in differences:
        by_subject.setdefault((one.subject.kind, one.subject.id), []).append(one)
    return [_sheet(visit, found) for found in by_subject.values()]


def chosen(typed: Typed) -> list[str]:
    """The names of the differences that were ticked, alone or with their whole subject; each once."""
    whole = [id for text in typed.all("toute") for id in text.split()]
    return list(dict.fromkeys([*typed.all("ecart"), *whole]))


def worded(visit: Visit, one: ror.FieldChange, names: Mapping[str, str]) -> labels.Line:
    """A field before and after as people read it. `names`: of structures and territories by id and code."""
    line = labels.line(one, names, visit.workbench)
    if one.field == "care_modes":
        return replace(line, before=_modes(visit, one.before), after=_modes(visit, one.after))
    line = replace(line, label=FIELDS.get(one.field, line.label))
    return replace(line, before=_day(line.before), after=_day(line.after)) if one.field in DATES else line


def _day(text: str) -> str:
    """2025-03-01 as « 1er mars 2025 »; what is no day stays as it is."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return text
    return words.day(datetime(day.year, day.month, day.day, 12, tzinfo=words.PARIS))


def _modes(visit: Visit, codes: str) -> str:
    return ", ".join(visit.workbench.values.label("care_modes", code) for code in codes.split(",") if code)


def _sheet(visit: Visit, found: Sequence[pb.Difference]) -> Sheet:
    first = found[0]
    lines = tuple(_line(visit, one) for one in found)
    ticked = " ".join(one.difference_id for one in found) in visit.typed.all("toute")
    return Sheet(first, f"/{labels.PAGES[first.subject.kind]}/{first.subject.id}", lines, ticked)


def _line(visit: Visit, one: pb.Difference) -> Line:
    change = ror.FieldChange(field=one.field, before=one.local_value, after=one.source_value)
    said = worded(visit, change, {})
    return Line(one, said.label, said.before, said.after, one.difference_id in visit.typed.all("ecart"))
