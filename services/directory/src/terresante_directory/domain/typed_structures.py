"""What an administrator types of a structure: made right, or refused."""

import re
from dataclasses import replace

from terresante_directory.domain import words
from terresante_directory.domain.hierarchy import level
from terresante_directory.domain.identifiers import StructureIdentifierInvalid, finess, siren, siret
from terresante_directory.domain.positions import Position
from terresante_directory.domain.sheets import StructureContent
from terresante_directory.domain.structures import (
    StructureAddressInvalid,
    commune_name,
    postal_code_of,
    structure_kind,
    structure_name,
)
from terresante_directory.domain.telecoms import telecoms

COG = re.compile(r"[0-9][0-9AB][0-9]{3}")
MAX_ADDRESS_LINE = 200


def typed_structure(typed: StructureContent) -> StructureContent:
    """As kept. Raises `StructureNameInvalid`, `StructureKindUnknown`, `StructureLevelInvalid`,
    `StructureIdentifierInvalid`, `StructureAddressInvalid`, `TelecomInvalid`. Territory and parent are judged apart.
    """
    return replace(
        typed,
        name=structure_name(typed.name),
        level=level(typed.level),
        kind=structure_kind(typed.kind).value,
        **_numbers(typed),
        address_line=_address_line(typed.address_line),
        postal_code=postal_code_of(typed.postal_code),
        commune=commune_name(typed.commune),
        commune_code=_commune_code(typed.commune_code),
        position=_on_earth(typed),
        telecoms=telecoms(typed.telecoms),
        closed=False,
        closing_kind="",
    )


def _numbers(typed: StructureContent) -> dict[str, str]:
    numbers = {
        "finess": finess(typed.finess) if typed.finess else "",
        "siren": siren(typed.siren) if typed.siren else "",
        "siret": siret(typed.siret) if typed.siret else "",
    }
    if numbers["siren"] and numbers["siret"] and not numbers["siret"].startswith(numbers["siren"]):
        raise StructureIdentifierInvalid(
            "Un numéro SIRET commence par le numéro SIREN de la même entité.", "Corrigez l’un des deux."
        )
    return numbers


def _address_line(text: str) -> str:
    line = words.tidy(text)
    if len(line) > MAX_ADDRESS_LINE or not words.is_readable(line):
        raise StructureAddressInvalid(
            "Une ligne d’adresse s’écrit en 200 caractères lisibles au plus.", "Raccourcissez-la ou laissez-la vide."
        )
    return line


def _commune_code(text: str) -> str:
    code = text.strip().upper()
    if code and COG.fullmatch(code) is None:
        raise StructureAddressInvalid(
            "Un code de commune (COG) a 5 caractères.", "Choisissez la commune dans la liste, ou laissez-la vide."
        )
    return code


def _on_earth(typed: StructureContent) -> Position | None:
    if typed.position is not None and not typed.position.is_on_earth():
        raise StructureAddressInvalid("Ces coordonnées ne sont pas sur Terre.", "Corrigez-les ou laissez-les vides.")
    return typed.position
