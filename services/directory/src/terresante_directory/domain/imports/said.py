"""What a line of a file says, as texts by field, whatever its source.

Fields of a structure: level, name, kind, finess, siren, siret, address_line, postal_code, commune, commune_code, phone,
territory_code, parent (key), opened, closed (days), closing_kind.
Of a professional: rpps, family_name, given_name, profession. Of a place: professional, structure (keys), role, since,
until (days). Of an offer: structure (key), name, field, type, activity, care_modes, age_from_months, age_to_months,
phone, confidentiality, capacity, sensitive, opened, closed, closing_kind.
A field that a source leaves blank is not there: silence takes nothing away.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from terresante_platform.refusals import Refusal

from terresante_directory.domain import words
from terresante_directory.domain.facts import SubjectKind
from terresante_directory.domain.identifiers import finess, finess_doubts, luhn, rpps, siren, siret
from terresante_directory.domain.structures import commune_name, postal_code_of, structure_name

Texts = Mapping[str, str]
MAX_CELL = 10_000
MAX_TEXT = 250
EARLIEST_YEAR, LATEST_YEAR = 1900, 2100
UNREADABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Controls, halves of characters, and what turns the direction of writing."""
FORMULAS = ("=", "@", "\t", "\r")
SIGNS = ("+", "-")


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that a line says. `key`: by which its source knows it."""

    kind: SubjectKind
    key: str
    content: Texts


@dataclass(frozen=True, slots=True)
class Line:
    """`said`: what the line is about first, then what else it tells. `rejected`: cannot be read, `reasons` say why."""

    number: int
    said: tuple[Said, ...] = ()
    reasons: tuple[str, ...] = ()
    rejected: bool = False

    def because(self, *reasons: str) -> "Line":
        """The same, with more reasons."""
        return replace(self, reasons=tuple(dict.fromkeys((*self.reasons, *reasons)))) if reasons else self


class NotSaid(Exception):
    """A line that cannot be taken: `reason`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def must_be_readable(line: Line) -> Line:
    """Raises `NotSaid` CHARACTER_UNREADABLE where something said has characters that nobody could have meant."""
    for one in line.said:
        if UNREADABLE.search(one.key) or any(UNREADABLE.search(text) for text in one.content.values()):
            raise NotSaid("CHARACTER_UNREADABLE")
    return line


def filled(**fields: str) -> dict[str, str]:
    """Those that say something."""
    return {name: value for name, value in fields.items() if value}


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would compute it: as text it is kept, and told. A signed number or telephone is none."""
    if text.startswith(FORMULAS):
        return True
    return text.startswith(SIGNS) and not text[1:].replace(" ", "").replace(".", "").isdecimal()


def neutral(text: str) -> str:
    """The same for a cell of a CSV that a spreadsheet may open: never computed."""
    return f"'{text}" if is_formula(text) else text


def formulas(fields: Texts) -> tuple[str, ...]:
    return ("FORMULA",) if any(is_formula(value) for value in fields.values()) else ()


def day(text: str) -> str:
    """A day as YYYY-MM-DD, given so, as DD/MM/YYYY or YYYYMMDD; blank stays so. Raises `NotSaid` DATE_INVALID."""
    told = text.strip()
    if not told:
        return ""
    try:
        if "/" in told:
            first, month, year = told.split("/")
            return date(int(year), int(month), int(first)).isoformat()
        found = date.fromisoformat(told[:10])
    except ValueError:
        raise NotSaid("DATE_INVALID") from None
    if not EARLIEST_YEAR <= found.year <= LATEST_YEAR:
        raise NotSaid("DATE_INVALID")
    return found.isoformat()


def days(begins: str, ends: str) -> tuple[str, str]:
    """Raises `NotSaid` DATE_INVALID, DATES_REVERSED."""
    first, last = day(begins), day(ends)
    if first and last and last < first:
        raise NotSaid("DATES_REVERSED")
    return first, last


def midnight(told: str) -> datetime:
    """The beginning of a day that was read."""
    return datetime.combine(date.fromisoformat(told), datetime.min.time(), UTC)


def structure_texts(fields: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """A structure's fields as kept, and doubts. Raises `NotSaid` with the reason of the rule that is broken."""
    kept, doubts = dict(fields), list(formulas(fields))
    try:
        kept["name"] = structure_name(fields.get("name", ""))
        kept["postal_code"] = postal_code_of(fields.get("postal_code", ""))
        kept["commune"] = commune_name(fields.get("commune", ""))
        if number := fields.get("finess"):
            kept["finess"] = finess(number)
            doubts += [doubt.value for doubt in finess_doubts(kept["finess"])]
    except Refusal as refusal:
        raise NotSaid(refusal.reason) from None
    for name, length, read, doubt in (("siret", 14, siret, "SIRET_KEY"), ("siren", 9, siren, "SIREN_KEY")):
        if number := fields.get(name):
            try:
                kept[name] = read(number)
            except Refusal:
                doubts.append(doubt)
                kept[name] = number if number.isdecimal() and len(number) == length else ""
    kept["address_line"] = words.tidy(fields.get("address_line", ""))
    if len(kept["address_line"]) > 200 or not words.is_readable(kept["address_line"]):
        raise NotSaid("STRUCTURE_ADDRESS_INVALID")
    return filled(**kept), doubts


def person_texts(number: str, family_name: str, given_name: str, profession: str) -> tuple[dict[str, str], list[str]]:
    """A professional's fields as kept, and doubts. Raises `NotSaid`."""
    try:
        kept = filled(
            rpps=rpps(number).value if number else "",
            family_name=words.person_name(family_name),
            given_name=words.person_name(given_name),
            profession=profession.strip(),
        )
    except Refusal as refusal:
        raise NotSaid(refusal.reason) from None
    doubts = ["RPPS_KEY"] if number and not luhn(kept["rpps"]) else []
    return kept, doubts
