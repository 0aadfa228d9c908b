"""What is said of an offer, as a form holds it and in words: ages and opening hours as people write them."""

import re
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from terresante.directory.v1 import ror_service_pb2 as pb
from terresante_platform.refusals import Invalid

from terresante_directory.valuesets import ValueSets
from terresante_directory.workbench import contents
from terresante_directory.workbench.forms import Typed

LABELS = {
    "structure_id": "Structure",
    "name": "Nom",
    "field": "Champ d’activité",
    "type": "Type d’offre",
    "activity": "Activité",
    "care_modes": "Modes de prise en charge",
    "ages": "Âges",
    "opening": "Horaires",
    "capacities": "Capacités",
    "telecoms": "Contacts",
    "sensitive": "Sensible",
    "intervention_communes": "Communes desservies",
    "description": "Description",
}
SETS = {"field": "activity_fields", "type": "offer_types", "activity": "activities"}
DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche", "jours fériés")
ALL_DAY = "24 h"
AGE = re.compile(r"\s*(\d{1,4})\s*(ans?|mois)?\s*", re.IGNORECASE)
SPAN = re.compile(r"\s*(\d{1,2})\s*[:hH]\s*(\d{2})?\s*(?:-|–|à)\s*(\d{1,2})\s*[:hH]\s*(\d{2})?\s*")
BETWEEN = re.compile(r"[\s,;]+")
CAPACITY = ("capacity_kind", "capacity_total", "capacity_available")


class AgeInvalid(Invalid):
    """An age that nobody can read."""

    reason = "AGE_INVALID"


class OpeningInvalid(Invalid):
    """Opening hours that nobody can read."""

    reason = "OPENING_INVALID"


class CapacityInvalid(Invalid):
    """A number of places that is none."""

    reason = "CAPACITY_INVALID"


def content(typed: Typed) -> pb.OfferContent:
    """What was typed, as the service takes it. Raises `AgeInvalid`, `OpeningInvalid`, `CapacityInvalid`."""
    said: dict[str, Any] = {
        name: typed.one(name) for name in ("structure_id", "name", "field", "type", "activity", "description")
    }
    told = pb.OfferContent(
        **said,
        care_modes=typed.all("care_modes"),
        age_from_months=_months(typed.one("age_from")),
        age_to_months=_months(typed.one("age_to")),
        opening=_opening([typed.one(f"day_{day}") for day in range(1, 9)]),
        capacities=_capacities(typed),
        telecoms=contents.telecoms(typed),
        sensitive=typed.one("sensitive") == "oui",
        intervention_communes=[code for code in BETWEEN.split(typed.one("intervention_communes")) if code],
    )
    try:
        latitude, longitude = float(typed.one("latitude")), float(typed.one("longitude"))
    except ValueError:
        return told
    told.position.latitude, told.position.longitude = latitude, longitude
    return told


def typed_of(said: pb.OfferContent) -> Typed:
    """The form that holds this content."""
    fields = contents.typed_contacts(said.telecoms)
    for name in ("structure_id", "name", "field", "type", "activity", "description"):
        fields[name] = [str(getattr(said, name))]
    fields["care_modes"] = list(said.care_modes)
    fields["age_from"] = [age(said.age_from_months)] if said.HasField("age_from_months") else []
    fields["age_to"] = [age(said.age_to_months)] if said.HasField("age_to_months") else []
    for day in range(1, 9):
        fields[f"day_{day}"] = [", ".join(_hours(one) for one in said.opening if day in one.days)]
    fields["capacity_kind"] = [one.kind for one in said.capacities]
    fields["capacity_total"] = [str(one.total) for one in said.capacities]
    fields["capacity_available"] = [str(one.available) if one.HasField("available") else "" for one in said.capacities]
    fields["sensitive"] = ["oui"] if said.sensitive else []
    fields["intervention_communes"] = [" ".join(said.intervention_communes)]
    if said.HasField("position"):
        fields["latitude"], fields["longitude"] = [str(said.position.latitude)], [str(said.position.longitude)]
    return Typed(fields)


def shown(said: pb.OfferContent, values: ValueSets, names: Mapping[str, str]) -> dict[str, str]:
    """Field by field in words. `names`: of structures by id."""
    told = {name: values.label(of, getattr(said, name)) if getattr(said, name) else "" for name, of in SETS.items()}
    return {
        "structure_id": names.get(said.structure_id, ""),
        "name": said.name,
        **told,
        "care_modes": ", ".join(values.label("care_modes", code) for code in said.care_modes),
        "ages": ages(said),
        "opening": " ; ".join(opening(said)),
        "capacities": ", ".join(capacity(one, values) for one in said.capacities),
        "telecoms": " ; ".join(contents.telecom(one, values) for one in said.telecoms),
        "sensitive": "oui" if said.sensitive else "non",
        "intervention_communes": ", ".join(said.intervention_communes),
        "description": said.description,
    }


def age(months: int) -> str:
    """An age as people write it: 18 ans, 6 mois."""
    if months and months % 12 == 0:
        return f"{months // 12} an{'s' if months > 12 else ''}"
    return f"{months} mois"


def ages(said: pb.OfferContent) -> str:
    """For whom, by age; blank for all."""
    least = f"à partir de {age(said.age_from_months)}" if said.HasField("age_from_months") else ""
    most = f"jusqu’à {age(said.age_to_months)}" if said.HasField("age_to_months") else ""
    return ", ".join(one for one in (least, most) if one)


def opening(said: pb.OfferContent) -> list[str]:
    """A line per day that is open."""
    days = [(name, [_hours(one) for one in said.opening if day in one.days]) for day, name in enumerate(DAYS, 1)]
    return [f"{name} : {', '.join(hours)}" for name, hours in days if hours]


def capacity(one: pb.Capacity, values: ValueSets) -> str:
    """Places of a kind, and how many are free."""
    free = f", dont {one.available} libres" if one.HasField("available") else ""
    return f"{values.label('capacity_kinds', one.kind)} : {one.total}{free}"


def _hours(one: pb.OpeningHours) -> str:
    return f"{one.opens}-{one.closes}" if one.opens or one.closes else ALL_DAY


def _months(text: str) -> int | None:
    if not text.strip():
        return None
    found = AGE.fullmatch(text)
    if found is None:
        raise AgeInvalid("Un âge s’écrit en années ou en mois.", "Écrivez par exemple « 18 ans » ou « 6 mois ».")
    return int(found[1]) * (1 if (found[2] or "").lower() == "mois" else 12)


def _opening(days: Sequence[str]) -> list[pb.OpeningHours]:
    """Hours day by day, the same hours of several days together."""
    together: dict[tuple[str, str], list[int]] = {}
    for day, text in enumerate(days, 1):
        for part in filter(str.strip, text.split(",")):
            together.setdefault(_span(part), []).append(day)
    return [pb.OpeningHours(days=days, opens=opens, closes=closes) for (opens, closes), days in together.items()]


def _span(text: str) -> tuple[str, str]:
    if text.replace(" ", "").lower() in ("24h", "24h/24"):
        return "", ""
    found = SPAN.fullmatch(text)
    if found is None:
        raise OpeningInvalid(
            "Ces horaires ne se lisent pas.", "Écrivez par exemple « 8:30-12:00, 14:00-18:00 », ou « 24 h »."
        )
    return f"{int(found[1]):02}:{found[2] or '00'}", f"{int(found[3]):02}:{found[4] or '00'}"


def _capacities(typed: Typed) -> list[pb.Capacity]:
    lines = zip_longest(*(typed.all(name) for name in CAPACITY), fillvalue="")
    return [
        pb.Capacity(kind=kind, total=_count(total), available=_count(free) if free.strip() else None)
        for kind, total, free in lines
        if total.strip()
    ]


def _count(text: str) -> int:
    bare = text.strip()
    if not (bare.isascii() and bare.isdecimal() and len(bare) < 7):
        raise CapacityInvalid("Un nombre de places est un nombre entier.", "Corrigez-le ou laissez-le vide.")
    return int(bare)
