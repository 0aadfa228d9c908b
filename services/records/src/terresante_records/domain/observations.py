"""A structured observation: what was measured or noted, in which code, with its FHIR resource kept as it
came."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NewType, NoReturn
from uuid import UUID

from terresante_platform.readable import readable_line, readable_text
from terresante_platform.refusals import Invalid

from .entries import Authorship, PatientId, Visibility, require_past

ObservationId = NewType("ObservationId", UUID)
FHIR_AT_MOST = 64 * 1024
LABEL_AT_MOST = 200
TEXT_AT_MOST = 2_000
LOINC = "http://loinc.org"
_SYSTEM = re.compile(r"(?:https?://|urn:oid:|urn:uuid:)[!-~]{1,180}")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LOINC_CODE = re.compile(r"[0-9]{1,7}-[0-9]|LP[0-9]{1,7}-[0-9]")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,10})?")
_UNIT = re.compile(r"[!-~]{1,32}")


class ObservationInvalid(Invalid):
    """An observation that cannot be right. The detail `field` names what is wrong."""

    reason = "OBSERVATION_INVALID"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number and its unit. The number stays the decimal text that was sent: 37.50 is not 37.5."""

    value: str
    unit: str
    """UCUM code, 1 to 32 characters."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What was observed, whoever did it."""

    code_system: str
    """URI of the coding system."""
    code: str
    label: str
    """What the code means, French."""
    value: Quantity | str
    observed_at: datetime
    fhir_json: bytes = b""
    """The FHIR Observation byte for byte as received; empty if none came."""


@dataclass(frozen=True, slots=True)
class Observation:
    """A measure in a record."""

    id: ObservationId
    patient: PatientId
    category: str
    measure: Measure
    recorded: Authorship
    visibility: Visibility
    version: int = 1


def check(measure: Measure, now: datetime) -> Measure:
    """The measure, if it can be recorded. Refuses with OBSERVATION_INVALID, DATE_INVALID."""
    if not _SYSTEM.fullmatch(measure.code_system):
        _refuse("code_system", "Le système de codes doit être une URI, par exemple http://loinc.org.")
    if not is_code(measure.code_system, measure.code):
        _refuse("code", "Ce code n’a pas la forme d’un code de ce système.")
    if not readable_line(measure.label, LABEL_AT_MOST):
        _refuse("label", "Le libellé doit compter de 1 à 200 caractères lisibles, sur une ligne.")
    _check_value(measure.value)
    require_past(measure.observed_at, now)
    if measure.fhir_json:
        _check_fhir(measure)
    return measure


def _refuse(field: str, sentence: str) -> NoReturn:
    raise ObservationInvalid(sentence, "Corrigez l’observation, puis renvoyez-la.", field=field)


def is_code(system: str, code: str) -> bool:
    """Whether it has the form of a code of that system."""
    return bool((_LOINC_CODE if system == LOINC else _CODE).fullmatch(code))


def is_unit(text: str) -> bool:
    """Whether it has the form of a UCUM code."""
    return bool(_UNIT.fullmatch(text))


def _check_value(value: Quantity | str) -> None:
    if isinstance(value, str):
        if not readable_text(value, TEXT_AT_MOST):
            _refuse("text", "Le résultat en texte doit compter de 1 à 2 000 caractères lisibles.")
        return
    if not _DECIMAL.fullmatch(value.value):
        _refuse("quantity.value", "Le nombre s’écrit en chiffres, avec un point, sans exposant : 37.5.")
    if not is_unit(value.unit):
        _refuse("quantity.unit", "L’unité est un code UCUM de 1 à 32 caractères, sans espace : mmol/L.")


def _check_fhir(measure: Measure) -> None:
    """The resource must be one Observation, small enough, and say the same code and value as the columns
    beside it."""
    if len(measure.fhir_json) > FHIR_AT_MOST:
        _refuse("fhir_json", "La ressource FHIR dépasse 64 Kio.")
    resource = _parsed(measure.fhir_json)
    if not isinstance(resource, dict) or resource.get("resourceType") != "Observation":
        _refuse("fhir_json", "La ressource FHIR doit être un objet JSON de type Observation.")
    if not _same_code(resource, measure) or not _same_value(resource, measure.value):
        _refuse("fhir_json", "La ressource FHIR dit un autre code ou une autre valeur que l’observation.")


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(
            text.decode("utf-8"),
            parse_float=Decimal,
            parse_int=Decimal,
            parse_constant=_not_a_number,
            object_pairs_hook=_once_each,
        )
    except (ValueError, RecursionError):
        _refuse("fhir_json", "La ressource FHIR n’est pas du JSON valide.")


def _not_a_number(name: str) -> NoReturn:
    raise ValueError(name)


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    built = dict(pairs)
    if len(built) != len(pairs):
        raise ValueError("a key twice")
    return built


def _same_code(resource: dict[str, Any], measure: Measure) -> bool:
    code = resource.get("code")
    codings = code.get("coding") if isinstance(code, dict) else None
    if not isinstance(codings, list):
        return False
    return any(
        isinstance(coding, dict) and coding.get("system") == measure.code_system and coding.get("code") == measure.code
        for coding in codings
    )


def _same_value(resource: dict[str, Any], value: Quantity | str) -> bool:
    """Compares only what the resource states in the same form; a resource with components or a coded value is
    left alone."""
    stated = resource.get("valueQuantity")
    if isinstance(value, Quantity) and isinstance(stated, dict):
        number = stated.get("value")
        return isinstance(number, Decimal) and number == Decimal(value.value)
    told = resource.get("valueString")
    return not isinstance(value, str) or told is None or told == value
