"""A FHIR search as it comes in an address: parameters, each once but where repetition means something, their values.

FHIR R4 search.html. What this server does not search by is refused, never passed over: a client must not take more for
what it asked.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends

from terresante_gateway.exchange import Exchange
from terresante_gateway.problems import FieldError, FieldsInvalid

MOST_PARAMETERS = 40
MOST_VALUES = 100
LONGEST = 2_000
REPEATED = frozenset({
    "_include", "_include:iterate", "_revinclude", "_lastUpdated", "_typeFilter", "age-range-low", "age-range-high",
    "period-end", "notavailable-closing-reopeningdate",
})  # fmt: skip
FORMS = frozenset({"json", "application/json", "application/fhir+json", "application/fhir json"})
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,60}")
_DATE = re.compile(
    r"(?P<year>\d{4})(-(?P<month>\d\d)(-(?P<day>\d\d)(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?)?)?", re.ASCII
)
_COMPARED = re.compile(r"(?P<prefix>eq|ne|gt|lt|ge|le|sa|eb|ap)?(?P<value>.*)", re.DOTALL)


def refused(name: str, sentence: str) -> FieldsInvalid:
    """The refusal of one parameter, which is named only as far as it looks like a name."""
    shown = name if _NAME.fullmatch(name) else "?"
    return FieldsInvalid([FieldError("", f"Paramètre « {shown} » : {sentence}")])


@dataclass(slots=True)
class Query:
    """The parameters of a search. What is read is crossed off, so that the rest can be refused."""

    given: dict[str, list[str]]
    text: str = ""
    _read: set[str] = field(default_factory=set)

    def every(self, name: str) -> list[str]:
        """Its values as they came."""
        self._read.add(name)
        return self.given.get(name, [])

    def one(self, name: str) -> str:
        """Its value; blank without it."""
        found = self.every(name)
        return found[0] if found else ""

    def choices(self, name: str) -> list[str]:
        """Its values, any of which will do: `a,b`. Refuses with FIELDS_INVALID too many, or a blank one."""
        text = self.one(name)
        if not text:
            return []
        found = [part.replace("\\,", ",") for part in re.split(r"(?<!\\),", text)]
        if len(found) > MOST_VALUES or not all(found):
            raise refused(name, f"de 1 à {MOST_VALUES} valeurs, sans valeur vide.")
        return found

    def form(self) -> None:
        """What FHIR lets every request ask of the answer's form: there is one. Refuses with FIELDS_INVALID."""
        if (self.one("_format") or "json") not in FORMS:
            raise refused("_format", "seul le JSON est servi (application/fhir+json).")
        if (self.one("_pretty") or "false") not in ("true", "false"):
            raise refused("_pretty", "true ou false.")

    def only(self, known: Iterable[str]) -> None:
        """Refuses with FIELDS_INVALID what was not read. `known`: what is searched by here."""
        for name in self.given:
            if name not in self._read:
                raise refused(name, f"n’est pas cherché ici. Paramètres connus : {', '.join(sorted(known))}.")


def query_of(exchange: Exchange) -> Query:
    """The query of a request. Refuses with FIELDS_INVALID."""
    text = exchange.scope["query_string"]
    try:
        pairs = parse_qsl(
            text.decode("ascii"), keep_blank_values=True, strict_parsing=bool(text), errors="strict",
            max_num_fields=MOST_PARAMETERS,
        )  # fmt: skip
    except ValueError:
        raise FieldsInvalid([FieldError("", "Les paramètres ne sont pas lisibles.")]) from None
    return parsed(pairs, text.decode("ascii"))


def parsed(pairs: Iterable[tuple[str, str]], text: str = "") -> Query:
    """Refuses with FIELDS_INVALID a parameter that comes twice, is blank, too long or has a NUL."""
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        if name in given and name not in REPEATED:
            raise refused(name, "donné deux fois.")
        if not value or len(value) > LONGEST or "\0" in value:
            raise refused(name, "sa valeur est vide, trop longue ou illisible.")
        given.setdefault(name, []).append(value)
    return Query(given, text)


Asked = Annotated[Query, Depends(query_of)]
"""A parameter: the query of the request."""


def token(name: str, text: str, systems: Collection[str]) -> tuple[str, str]:
    """System (blank if none is said) and code. Refuses with FIELDS_INVALID a system of another nomenclature."""
    system, bar, code = text.rpartition("|")
    if not code:
        raise refused(name, "un code est attendu.")
    if bar and system not in systems:
        raise refused(name, f"le système attendu est {' ou '.join(sorted(systems))}.")
    return system, code


def compared(text: str) -> tuple[str, str]:
    """Prefix (`eq` if none is said) and value."""
    found = _COMPARED.fullmatch(text)
    return (found["prefix"] or "eq", found["value"]) if found else ("eq", text)


def period(name: str, text: str) -> tuple[datetime, datetime]:
    """The span that a FHIR date means, from its start to before its end. A day without time is UTC's.

    Refuses with FIELDS_INVALID.
    """
    found = _DATE.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        if "T" in text:
            moment = datetime.fromisoformat(text).astimezone(UTC)
            return moment, moment + timedelta(seconds=1 if "." not in text else 0, microseconds=1 if "." in text else 0)
        year, month, day = int(found["year"]), int(found["month"] or 1), int(found["day"] or 1)
        start = datetime(year, month, day, tzinfo=UTC)
        if found["day"]:
            return start, start + timedelta(days=1)
        later = (year + 1, 1) if not found["month"] or month == 12 else (year, month + 1)
        return start, datetime(*later, 1, tzinfo=UTC)
    except (ValueError, OverflowError):
        raise refused(name, "une date FHIR est attendue (2026, 2026-11, 2026-11-30, 2026-11-30T08:00:00Z).") from None


def bounds(name: str, texts: list[str]) -> tuple[datetime | None, datetime | None]:
    """From when on, and before when, the dates asked for are. Refuses with FIELDS_INVALID."""
    first: datetime | None = None
    last: datetime | None = None
    for text in texts:
        prefix, value = compared(text)
        start, end = period(name, value)
        if prefix not in ("eq", "ge", "gt", "sa", "le", "lt", "eb"):
            raise refused(name, "les préfixes connus sont eq, ge, gt, le, lt, sa, eb.")
        least = {"eq": start, "ge": start, "gt": end, "sa": end}.get(prefix)
        most = {"eq": end, "le": end, "lt": start, "eb": start}.get(prefix)
        first = max(filter(None, (first, least)), default=None)
        last = min(filter(None, (last, most)), default=None)
    return first, last
