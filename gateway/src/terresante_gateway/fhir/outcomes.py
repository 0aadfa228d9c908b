"""Refusals as FHIR clients see them: an OperationOutcome with the platform's reason, in French.

Of IHE PIXm (ITI-83, §2:3.83.4.2.2) come the diagnostics of an unknown identifier or domain.
"""

from typing import Any

import msgspec
from terresante_platform.refusals import Refusal

from terresante_gateway import problems
from terresante_gateway.fhir import terms
from terresante_gateway.problems import FieldError

ROOT = "/fhir/R4"
MEDIA_TYPE = "application/fhir+json"
CODES = {
    400: "invalid",
    401: "login",
    403: "forbidden",
    404: "not-found",
    405: "not-supported",
    408: "timeout",
    409: "conflict",
    412: "conflict",
    413: "too-long",
    415: "not-supported",
    422: "business-rule",
    428: "required",
    429: "throttled",
    500: "exception",
    503: "transient",
}
"""Issue types of FHIR R4 by HTTP status."""
_PIXM = {
    "SOURCE_UNKNOWN": ("not-found", "sourceIdentifier Patient Identifier not found"),
    "FHIR_SOURCE_SYSTEM_UNKNOWN": ("code-invalid", "sourceIdentifier Assigning Authority not found"),
    "FHIR_TARGET_SYSTEM_UNKNOWN": ("code-invalid", "targetSystem not found"),
}
_PLACE = f"Patient.extension('{terms.BIRTH_PLACE}').value"
_ELEMENTS = {
    "birth_name": "Patient.name.where(use = 'official').family",
    "given_names": "Patient.name.where(use = 'official').given",
    "first_name": "Patient.name.where(use = 'official').given",
    "birth_date": "Patient.birthDate",
    "sex": "Patient.gender",
    "birth_place": _PLACE,
    "birth_country": f"{_PLACE}.country",
    "birth_postal_code": f"{_PLACE}.postalCode",
    "ins_matricule": "Patient.identifier.value",
    "ins_oid": "Patient.identifier.system",
}
"""The element that identity's field came from."""
_encode = msgspec.json.Encoder().encode


def spoken_at(path: str) -> bool:
    """Whether answers at that address are FHIR, refusals included."""
    return path == ROOT or path.startswith(f"{ROOT}/")


def written(refusal: Refusal, trace_id: str) -> tuple[int, bytes, problems.Headers]:
    """A refusal as status, OperationOutcome and the headers that go with it. One issue for each refused field."""
    status = problems.status_of(refusal)
    code, diagnostics = _PIXM.get(refusal.reason, (CODES.get(status, "processing"), f"trace_id {trace_id}"))
    field = _ELEMENTS.get(refusal.details.get("field", ""), "")
    errors: list[FieldError] = getattr(refusal, "errors", None) or [
        FieldError(field, f"{refusal.sentence} {refusal.todo}".strip())
    ]
    issues = [
        issue("error", code, refusal.reason, error.problem, diagnostics=diagnostics, expression=error.field)
        for error in errors
    ]
    outcome = {"resourceType": "OperationOutcome", "issue": issues}
    return status, _encode(outcome), problems.headers_of(refusal, status)


def issue(
    severity: str, code: str, reason: str, text: str, *, diagnostics: str = "", expression: str = ""
) -> dict[str, Any]:
    """One issue. `text` is French; `expression` a FHIRPath, blank for the whole."""
    found: dict[str, Any] = {
        "severity": severity,
        "code": code,
        "details": {"coding": [{"system": terms.REASONS, "code": reason}], "text": text},
    }
    if diagnostics:
        found["diagnostics"] = diagnostics
    if expression:
        found["expression"] = [expression]
    return found
