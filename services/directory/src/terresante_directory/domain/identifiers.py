"""National numbers: RPPS of a professional, FINESS and SIRET of a structure, and their keys.

Official samples of RPPS numbers fail their own Luhn key, so a wrong key in an RPPS or FINESS is a doubt that
the administrator is told, not a refusal. A wrong key in a typed SIRET is a typing mistake.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType
from uuid import UUID

from terresante_platform.refusals import Invalid, Unknown

ProfessionalId = NewType("ProfessionalId", UUID)
StructureId = NewType("StructureId", UUID)
PlaceId = NewType("PlaceId", UUID)
AdministratorId = NewType("AdministratorId", UUID)
TerritoryCode = NewType("TerritoryCode", str)

RPPS = re.compile(r"[0-9]{11}")
FINESS = re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{7}")
SIREN = re.compile(r"[0-9]{9}")
SIRET = re.compile(r"[0-9]{14}")
SEPARATORS = re.compile(r"[ \u00a0\u202f.]")
POSTE = "356000000"
"""SIREN of La Poste, whose sites have a key of their own: the sum of the 14 digits is a multiple of 5."""


class RppsInvalid(Invalid):
    reason = "RPPS_INVALID"


class StructureIdentifierInvalid(Invalid):
    reason = "STRUCTURE_IDENTIFIER_INVALID"


class StructureUnknown(Unknown):
    reason = "STRUCTURE_UNKNOWN"


class Doubt(StrEnum):
    """What looks wrong in a number and is told without refusing it."""

    RPPS_KEY = "RPPS_KEY"
    FINESS_KEY = "FINESS_KEY"


@dataclass(frozen=True, slots=True, repr=False)
class Rpps:
    """The national number of a health professional: 11 digits. Masked wherever it would be printed."""

    value: str

    def __repr__(self) -> str:
        return "Rpps(…)"

    @property
    def id_nat(self) -> str:
        """The number as the CPS card carries it in its common name: 8 followed by the RPPS (idNatPS)."""
        return f"8{self.value}"

    def doubts(self) -> tuple[Doubt, ...]:
        return () if luhn(self.value) else (Doubt.RPPS_KEY,)


def unknown_structure() -> StructureUnknown:
    return StructureUnknown("Cette structure n’existe pas.", "Recherchez-la ou inscrivez-la d’abord.")


def luhn(digits: str) -> bool:
    """Whether the last digit is the key of those before it."""
    doubled = [int(digit) * (2 if rank % 2 else 1) for rank, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def rpps(text: str) -> Rpps:
    """A typed RPPS, spaces ignored. Raises `RppsInvalid` unless 11 digits remain."""
    digits = SEPARATORS.sub("", text)
    if RPPS.fullmatch(digits) is None:
        raise RppsInvalid("Un numéro RPPS a 11 chiffres.", "Recopiez le numéro de la carte CPS ou de l’Annuaire Santé.")
    return Rpps(digits)


def finess(text: str) -> str:
    """A typed FINESS: 9 characters, upper case, spaces ignored. Raises `StructureIdentifierInvalid`."""
    number = SEPARATORS.sub("", text).upper()
    if FINESS.fullmatch(number) is None:
        raise StructureIdentifierInvalid(
            "Un numéro FINESS a 9 chiffres (2A ou 2B au début pour la Corse).",
            "Recopiez le numéro du répertoire FINESS, ou laissez le champ vide s’il n’y en a pas.",
        )
    return number


def finess_doubts(number: str) -> tuple[Doubt, ...]:
    """The key of a Corsican number is not judged: how its letter counts is not published with the others."""
    return () if not number.isdecimal() or luhn(number) else (Doubt.FINESS_KEY,)


def siren(text: str) -> str:
    """A typed SIREN: 9 digits with a right key, spaces ignored. Raises `StructureIdentifierInvalid`."""
    number = SEPARATORS.sub("", text)
    if SIREN.fullmatch(number) is None or not luhn(number):
        raise StructureIdentifierInvalid(
            "Un numéro SIREN a 9 chiffres, dont une clé : celui-ci comporte une erreur.",
            "Recopiez le numéro de l’avis de situation INSEE, ou laissez le champ vide s’il n’y en a pas.",
        )
    return number


def siret(text: str) -> str:
    """A typed SIRET: 14 digits with a right key, spaces ignored. Raises `StructureIdentifierInvalid`."""
    number = SEPARATORS.sub("", text)
    if SIRET.fullmatch(number) is None or not _siret_key_holds(number):
        raise StructureIdentifierInvalid(
            "Un numéro SIRET a 14 chiffres, dont une clé : celui-ci comporte une erreur.",
            "Recopiez le numéro de l’avis de situation INSEE, ou laissez le champ vide s’il n’y en a pas.",
        )
    return number


def _siret_key_holds(number: str) -> bool:
    if not luhn(number[:9]):
        return False
    if number.startswith(POSTE):
        return luhn(number) or sum(map(int, number)) % 5 == 0
    return luhn(number)
