"""Refusals as HTTP clients see them: RFC 9457 problem details, with the headers that go with each status."""

from typing import Annotated, Any, ClassVar, NamedTuple

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from terresante_platform.refusals import Conflict, Invalid, Refusal, Unavailable

MEDIA_TYPE = b"application/problem+json"
STATUS = {
    "INVALID": 400,
    "UNAUTHENTICATED": 401,
    "DENIED": 403,
    "UNKNOWN": 404,
    "CONFLICT": 409,
    "STALE": 412,
    "TOO_LARGE": 413,
    "UNSUPPORTED": 415,
    "UNPROCESSABLE": 422,
    "PRECONDITION_MISSING": 428,
    "TOO_MANY": 429,
    "UNAVAILABLE": 503,
}
"""HTTP status by kind of refusal; a subclass of ours may say another in `status`."""

TITLES = {
    400: "Demande invalide",
    401: "Connexion requise",
    403: "Accès refusé",
    404: "Introuvable",
    405: "Méthode non permise",
    408: "Demande trop lente",
    409: "Conflit avec l’état présent",
    412: "Version dépassée",
    413: "Contenu trop grand",
    415: "Type de contenu non accepté",
    422: "Demande contradictoire",
    428: "Version manquante",
    429: "Trop de demandes",
    431: "En-têtes trop grands",
    500: "Panne interne",
    503: "Momentanément indisponible",
}
_RETRY_AFTER = {429: "30", 503: "2"}


class FieldError(Struct):
    """Un champ refusé."""

    field: Annotated[str, Meta(description="Chemin du champ, par exemple `traits.birth_date`", examples=["title"])]
    problem: Annotated[str, Meta(description="Ce qui ne va pas, en français", examples=["Ce champ est obligatoire."])]


class Problem(Struct, omit_defaults=True):
    """Refus ou panne, selon la RFC 9457. Les programmes se règlent sur `reason`, les personnes lisent `detail`."""

    type: Annotated[str, Meta(description="`urn:terresante:` suivi du motif")]
    title: Annotated[str, Meta(description="Sorte de refus, en français")]
    status: Annotated[int, Meta(description="Code HTTP", ge=400, le=599)]
    reason: Annotated[str, Meta(description="Motif, stable : voir docs/api/problems.md", pattern="^[A-Z0-9_]+$")]
    detail: Annotated[str, Meta(description="Ce qui est refusé et pourquoi, en français")]
    todo: Annotated[str, Meta(description="Ce que l’on peut faire, en français")]
    trace_id: Annotated[str, Meta(description="À donner à l’assistance ; ne dit rien de personne")]
    details: Annotated[
        dict[str, str] | UnsetType, Meta(description="Précisions pour les programmes, selon le motif")
    ] = UNSET
    errors: Annotated[list[FieldError] | UnsetType, Meta(description="Champs refusés, un par ligne")] = UNSET
    candidates: Annotated[
        list[Any] | UnsetType,
        Meta(description="Avec IDENTITY_CANDIDATES seulement : les personnes qui pourraient être celle-ci"),
    ] = UNSET


class FieldsInvalid(Invalid):
    """Fields of a body or query that were refused, each with its French sentence."""

    reason = "FIELDS_INVALID"

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__(
            "Un ou plusieurs champs ne sont pas acceptés.", "Corrigez les champs indiqués dans « errors »."
        )
        self.errors = errors


class CandidatesExist(Conflict):
    """Persons that may be the one to be created (R-ID2)."""

    reason = "IDENTITY_CANDIDATES"

    def __init__(self, candidates: list[Any]) -> None:
        super().__init__(
            "Une ou plusieurs personnes déjà connues pourraient être celle-ci ; aucune n’a été créée.",
            "Comparez les candidats ; si aucun n’est la personne, recommencez en les citant tous dans"
            " « confirm_distinct_from ».",
        )
        self.candidates = candidates


class RouteUnknown(Invalid):
    """No such path."""

    reason = "ROUTE_UNKNOWN"
    status: ClassVar[int] = 404


class MethodNotAllowed(Invalid):
    """The path exists, not with this method."""

    reason = "METHOD_NOT_ALLOWED"
    status: ClassVar[int] = 405


class RequestTooSlow(Invalid):
    """The body did not come in time."""

    reason = "REQUEST_TOO_SLOW"
    status: ClassVar[int] = 408


class Overloaded(Unavailable):
    """More requests at once than are served."""

    reason = "OVERLOADED"


class Fault(Unavailable):
    """A fault of ours; what it was is in the logs, under the trace id."""

    reason = "FAULT"
    status: ClassVar[int] = 500


class Reason(NamedTuple):
    """An HTTP status, a sentence, and the status it has where another part says the same."""

    status: int
    sentence: str
    also: int = 0


_encode = msgspec.json.Encoder().encode
Headers = list[tuple[bytes, bytes]]


def status_of(refusal: Refusal) -> int:
    """The HTTP status of a refusal."""
    return int(getattr(refusal, "status", 0)) or STATUS.get(refusal.kind, 503)


def written(refusal: Refusal, trace_id: str) -> tuple[int, bytes, Headers]:
    """A refusal as status, problem and the headers that go with the status."""
    status = status_of(refusal)
    problem = Problem(
        type=f"urn:terresante:{refusal.reason}",
        title=TITLES.get(status, "Refus"),
        status=status,
        reason=refusal.reason,
        detail=refusal.sentence,
        todo=refusal.todo,
        trace_id=trace_id,
        details=dict(refusal.details) or UNSET,
        errors=getattr(refusal, "errors", UNSET),
        candidates=getattr(refusal, "candidates", UNSET),
    )
    return status, _encode(problem), headers_of(refusal, status)


def headers_of(refusal: Refusal, status: int) -> Headers:
    """The headers that RFC 6750, 9110 and 9470 ask for: how to log in, when to come back, which methods there are."""
    headers: Headers = []
    if status == 401:
        headers.append((b"www-authenticate", _challenge(refusal)))
    elif status in _RETRY_AFTER:
        seconds = refusal.details.get("retry_after", "")
        headers.append((b"retry-after", (seconds if seconds.isdecimal() else _RETRY_AFTER[status]).encode()))
    elif status == 405:
        headers.append((b"allow", refusal.details.get("allow", "").encode()))
    return headers


def _challenge(refusal: Refusal) -> bytes:
    """`WWW-Authenticate` (RFC 6750 §3, RFC 9470 §3). Without a token no error is named."""
    if refusal.reason == "LOGIN_REQUIRED":
        return b'Bearer realm="terresante"'
    if refusal.reason not in ("LOGIN_TOO_WEAK", "LOGIN_TOO_OLD"):
        return b'Bearer realm="terresante", error="invalid_token"'
    asked = "".join(
        f', {parameter}="{refusal.details[name]}"'
        for parameter, name in (("acr_values", "acr"), ("max_age", "max_age"))
        if refusal.details.get(name, "").isdecimal()
    )
    return f'Bearer realm="terresante", error="insufficient_user_authentication"{asked}'.encode()
