"""The national identifier (INS): matricule with its key, and the OID that says what kind of number it is."""

import re
from dataclasses import dataclass, field
from enum import StrEnum

from terresante_platform.refusals import Invalid

MATRICULE = re.compile(r"[0-9]{6}[A-Z0-9][0-9]{6}")
MATRICULE_LENGTH = 13
# Corsica: the letter at position 7 is replaced with these digits before the division.
CORSICA = {"2A": "19", "2B": "18"}
PREFIX = "1.2.250.1.213.1.4."


class InsMalformed(Invalid):
    reason = "INS_MALFORMED"


class InsKeyWrong(Invalid):
    reason = "INS_KEY_WRONG"


class InsOidUnknown(Invalid):
    reason = "INS_OID_UNKNOWN"


class InsOidOfOtherEnvironment(Invalid):
    reason = "INS_OID_OF_OTHER_ENVIRONMENT"


class Environment(StrEnum):
    """Where this instance runs: which numbers it may hold (R-ID5)."""

    PRODUCTION = "production"
    TEST = "test"


class Oid(StrEnum):
    """The OIDs that an INS may carry. INS-C (computed, obsolete), NSS and NDP numbers are not INS."""

    NIR = PREFIX + "8"
    NIA = PREFIX + "9"
    NIR_TEST = PREFIX + "10"
    NIR_DEMO = PREFIX + "11"

    @property
    def environment(self) -> Environment:
        return Environment.PRODUCTION if self in {Oid.NIR, Oid.NIA} else Environment.TEST


@dataclass(frozen=True, slots=True)
class Ins:
    """A matricule of 13 characters, its key of 2 and its OID. Never printed."""

    matricule: str = field(repr=False)
    key: str = field(repr=False)
    oid: Oid

    @property
    def whole(self) -> str:
        """The 15 characters as they are shown and carried."""
        return self.matricule + self.key

    @property
    def key_agrees(self) -> bool:
        """Whether the key is the one computed. False is a warning, never a reason to lose a message
        (R-ID4).
        """
        return key_of(self.matricule) == self.key


def key_of(matricule: str) -> str | None:
    """97 - (number mod 97) on two digits; None when a letter other than Corsica's makes it no number."""
    department = matricule[5:7]
    number = matricule[:5] + CORSICA.get(department, department) + matricule[7:]
    return f"{97 - int(number) % 97:02d}" if number.isascii() and number.isdigit() else None


def received_ins(whole: str, oid: str, environment: Environment) -> Ins:
    """An INS that INSi or another system sent. A wrong key is kept (`key_agrees`); the environment guard
    holds (R-ID5).
    """
    matricule, key = _parts(whole)
    return Ins(matricule, key, _oid(oid, environment))


def typed_ins(whole: str, oid: str, environment: Environment) -> Ins:
    """An INS typed by hand, spaces allowed between its parts: here a wrong key is a typing error and refused
    (R-ID4).
    """
    ins = received_ins(whole.replace(" ", ""), oid, environment)
    if not ins.key_agrees:
        raise InsKeyWrong(
            "La clé ne correspond pas au matricule INS (R-ID4).",
            "Vérifiez les treize caractères et les deux chiffres de la clé.",
            field="ins_matricule",
            rule="R-ID4",
        )
    return ins


def _parts(whole: str) -> tuple[str, str]:
    upper = whole.upper() if whole.isascii() else ""
    matricule, key = upper[:MATRICULE_LENGTH], upper[MATRICULE_LENGTH:]
    if MATRICULE.fullmatch(matricule) is None or re.fullmatch(r"[0-9]{2}", key) is None:
        raise InsMalformed(
            "Un matricule INS a treize caractères et une clé de deux chiffres (INSi, format du matricule).",
            "Quinze caractères sans espace, la septième position seule pouvant être une lettre.",
            field="ins_matricule",
            rule="INSi, format du matricule",
        )
    return matricule, key


def _oid(text: str, environment: Environment) -> Oid:
    try:
        oid = Oid(text)
    except ValueError:
        raise InsOidUnknown(
            "Cet OID n’est pas celui d’un matricule INS (R-ID5).",
            "Les OID d’une INS finissent par .4.8 ou .4.9 (production), .4.10 ou .4.11 (test, démonstration).",
            field="ins_oid",
            rule="R-ID5",
        ) from None
    if oid.environment is not environment:
        raise InsOidOfOtherEnvironment(
            "Ce matricule INS vient d’un autre environnement que celui-ci (R-ID5).",
            "Une instance de production refuse les INS de test, une instance de test celles de production.",
            field="ins_oid",
            rule="R-ID5",
        )
    return oid
