"""What is said of a structure, as a form holds it and in words."""

from collections.abc import Iterable, Mapping
from itertools import zip_longest
from typing import Any

from terresante.directory.v1 import ror_service_pb2 as pb

from terresante_directory.gazetteer import Gazetteer, folded
from terresante_directory.valuesets import ValueSets
from terresante_directory.workbench import words
from terresante_directory.workbench.forms import Typed

TEXTS = (
    "name",
    "kind",
    "part_of",
    "territory_code",
    "finess",
    "siren",
    "siret",
    "address_line",
    "postal_code",
    "commune",
)
LEVELS = {
    "legal_entity": pb.STRUCTURE_LEVEL_LEGAL_ENTITY,
    "site": pb.STRUCTURE_LEVEL_SITE,
    "internal": pb.STRUCTURE_LEVEL_INTERNAL,
}
LEVEL_NAMES = {number: name for name, number in LEVELS.items()}
LABELS = words.STRUCTURE_LABELS
NO_LEVEL = 99
TELECOM = ("telecom_channel", "telecom_value", "telecom_label", "telecom_level")


def content(typed: Typed, communes: Gazetteer) -> pb.StructureContent:
    """What was typed, as the service takes it. The code of the commune follows from its name and postal code."""
    texts: dict[str, Any] = {name: typed.one(name) for name in TEXTS}
    said = pb.StructureContent(
        **texts,
        level=LEVELS.get(typed.one("level"), pb.STRUCTURE_LEVEL_UNSPECIFIED),
        commune_code=_commune_code(typed, communes),
        telecoms=telecoms(typed),
    )
    try:
        latitude, longitude = float(typed.one("latitude")), float(typed.one("longitude"))
    except ValueError:
        return said
    said.position.latitude, said.position.longitude = latitude, longitude
    return said


def telecoms(typed: Typed) -> list[pb.Telecom]:
    """The contacts of a form, lines without a value left out."""
    lines = zip_longest(*(typed.all(name) for name in TELECOM), fillvalue="")
    return [
        pb.Telecom(channel=channel, value=value, label=label, confidentiality=_level(level))
        for channel, value, label, level in lines
        if value.strip()
    ]


def typed_of(said: pb.StructureContent) -> Typed:
    """The form that holds this content."""
    fields = typed_contacts(said.telecoms) | {name: [str(getattr(said, name))] for name in TEXTS}
    fields["level"] = [LEVEL_NAMES.get(said.level, "")]
    if said.HasField("position"):
        fields["latitude"], fields["longitude"] = [str(said.position.latitude)], [str(said.position.longitude)]
    return Typed(fields)


def typed_contacts(told: Iterable[pb.Telecom]) -> dict[str, list[str]]:
    """The lines of a form that hold these contacts."""
    ones = list(told)
    return {
        "telecom_channel": [one.channel for one in ones],
        "telecom_value": [one.value for one in ones],
        "telecom_label": [one.label for one in ones],
        "telecom_level": [str(one.confidentiality or 1) for one in ones],
    }


def shown(said: pb.StructureContent, values: ValueSets, names: Mapping[str, str]) -> dict[str, str]:
    """Field by field in words. `names`: of structures and territories by id and code."""
    told = {name: str(getattr(said, name)) for name in TEXTS}
    told["level"] = words.LEVELS.get(said.level, "")
    told["kind"] = words.kind(said.kind)
    told["part_of"] = names.get(said.part_of, "")
    told["territory_code"] = names.get(said.territory_code, said.territory_code)
    told["telecoms"] = " ; ".join(telecom(one, values) for one in said.telecoms)
    return {name: told[name] for name in LABELS}


def telecom(one: pb.Telecom, values: ValueSets) -> str:
    """A contact on one line."""
    purpose = f" ({one.label})" if one.label else ""
    return f"{values.label('telecom_channels', one.channel)} {one.value}{purpose}"


def _level(text: str) -> int:
    """A level as typed; what is none is refused by the service, never widened here."""
    return int(text) if text in ("1", "2", "3") else NO_LEVEL


def _commune_code(typed: Typed, communes: Gazetteer) -> str:
    at = communes.at(typed.one("postal_code"))
    named = [one for one in at if folded(one.name) == folded(typed.one("commune"))]
    return named[0].code if named else ""
