"""A field's value as people read it: codes by their labels, hours and contacts written out, moments as days."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from google.protobuf.json_format import ParseDict, ParseError
from terresante.directory.v1 import ror_service_pb2 as pb

from terresante_directory.workbench import contents, offerings, words
from terresante_directory.workbench.visits import Workbench

LEVELS = {2: "professionnels", 3: "administrateurs"}
PLAIN = {"true": "oui", "false": "non", "True": "oui", "False": "non"}


def said(field: str, text: str, names: Mapping[str, str], workbench: Workbench) -> str:
    """`names`: of structures and territories by id and code. What is not as the field should be is told as it is."""
    if not text or field not in WORDS:
        return PLAIN.get(text, names.get(text, text))
    try:
        return WORDS[field](text, workbench)
    except (ValueError, KeyError, TypeError, AttributeError, ParseError):
        return text


def _labelled(text: str, workbench: Workbench, *, of: tuple[str, ...]) -> str:
    """By the first value set that knows the code."""
    values = workbench.values
    return values.label(next((name for name in of if values.knows(name, text)), of[0]), text)


def _opening(text: str, _: Workbench) -> str:
    hours = [_as(pb.OpeningHours(), one) for one in json.loads(text)]
    return " ; ".join(offerings.opening(pb.OfferContent(opening=hours)))


def _capacities(text: str, workbench: Workbench) -> str:
    return ", ".join(offerings.capacity(_as(pb.Capacity(), one), workbench.values) for one in json.loads(text))


def _telecoms(text: str, workbench: Workbench) -> str:
    told = [_as(pb.Telecom(), one) for one in json.loads(text)]
    return " ; ".join(contents.telecom(one, workbench.values) + _for(one.confidentiality) for one in told)


def _for(level: int) -> str:
    return f", pour les {LEVELS[level]}" if level in LEVELS else ""


def _care_modes(text: str, workbench: Workbench) -> str:
    return ", ".join(workbench.values.label("care_modes", str(code)) for code in json.loads(text))


def _communes(text: str, workbench: Workbench) -> str:
    known = workbench.communes.communes
    return ", ".join(known[code].name if code in known else str(code) for code in json.loads(text))


def _position(text: str, _: Workbench) -> str:
    told = json.loads(text)
    return f"{told['latitude']:.5f}, {told['longitude']:.5f}"


def _as(message: Any, one: dict[str, Any]) -> Any:
    return ParseDict({name: value for name, value in one.items() if value is not None}, message)


def _age(text: str, _: Workbench) -> str:
    return offerings.age(int(text))


def _day(text: str, _: Workbench) -> str:
    return words.day(datetime.fromisoformat(text))


WORDS: Mapping[str, Callable[[str, Workbench], str]] = {
    "closing_kind": partial(_labelled, of=("structure_closing_kinds", "closing_kinds")),
    "field": partial(_labelled, of=("activity_fields",)),
    "type": partial(_labelled, of=("offer_types",)),
    "activity": partial(_labelled, of=("activities",)),
    "opening": _opening,
    "capacities": _capacities,
    "telecoms": _telecoms,
    "care_modes": _care_modes,
    "intervention_communes": _communes,
    "position": _position,
    "age_from_months": _age,
    "age_to_months": _age,
    "confirmed_at": _day,
    "continues_since": _day,
    "profession": lambda text, workbench: workbench.professions.get(text, text),
    "kind": lambda text, _: words.kind(text),
    "level": lambda text, _: words.LEVEL_NAMES.get(text, text),
}
"""By field, how its text is told."""
