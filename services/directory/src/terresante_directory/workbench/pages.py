"""Pages from templates: everything escaped, a name that a template does not know is a fault, files named by content."""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse
from terresante_platform.refusals import Refusal

from terresante_directory.workbench import navigation, words

HERE = Path(__file__).parent
STATIC = HERE / "static"
HTMX = {
    "historyCacheSize": 0,  # nothing personal is left in the browser: going back asks again
    "refreshOnHistoryMiss": True,
    "includeIndicatorStyles": False,
    "allowEval": False,
    "allowScriptTags": False,
    "selfRequestsOnly": True,
    "scrollIntoViewOnBoost": False,
    "timeout": 15000,
}
STATUS = {
    "INVALID": 400,
    "UNAUTHENTICATED": 401,
    "DENIED": 403,
    "UNKNOWN": 404,
    "CONFLICT": 409,
    "STALE": 409,
    "TOO_LARGE": 413,
    "UNSUPPORTED": 415,
    "UNPROCESSABLE": 422,
    "PRECONDITION_MISSING": 428,
    "TOO_MANY": 429,
    "UNAVAILABLE": 503,
}
"""HTTP status by kind of refusal."""
NOT_YOURS = "TERRITORY_NOT_YOURS"
FIELDS = {
    "STRUCTURE_NAME_INVALID": "name",
    "STRUCTURE_KIND_UNKNOWN": "kind",
    "STRUCTURE_ADDRESS_INVALID": "postal_code",
    "STRUCTURE_IDENTIFIER_INVALID": "finess",
    "STRUCTURE_ALREADY": "finess",
    "TERRITORY_UNKNOWN": "territory_code",
    "STRUCTURE_LEVEL_INVALID": "level",
    "STRUCTURE_PARENT_INVALID": "part_of",
    "TELECOM_INVALID": "telecoms",
    "WHY_INVALID": "why",
    "DAY_INVALID": "from",
    "MOMENT_INVALID": "from",
    "CLOSING_KIND_INVALID": "closing_kind",
    "OFFER_NAME_INVALID": "name",
    "OFFER_CODE_INVALID": "activity",
    "AGE_RANGE_INVALID": "age_from",
    "AGE_INVALID": "age_from",
    "OPENING_INVALID": "day_1",
    "CAPACITY_INVALID": "capacities",
    "PROFESSIONAL_NAME_INVALID": "family_name",
    "PROFESSIONAL_ALREADY": "rpps",
    "PROFESSION_UNKNOWN": "profession",
    "RPPS_INVALID": "rpps",
    "PLACE_INVALID": "role",
    "PLACE_ALREADY": "structure",
    "STRUCTURE_UNKNOWN": "structure",
    "ACCOUNT_MEANS_INVALID": "means",
    "ACCOUNT_CARD_TAKEN": "means",
    "MANDATE_EMPTY": "territory_codes",
    "FEEDER_NAME_INVALID": "name",
    "ISSUER_INVALID": "issuers",
    "ISSUER_TAKEN": "issuers",
    "FEEDING_POLICY_UNKNOWN": "policy",
    "CERTIFICATE_SUBJECT_INVALID": "certificate_subject",
    "CERTIFICATE_SUBJECT_TAKEN": "certificate_subject",
    "TERMS_NOT_ACCEPTED": "accepte",
    "PLACE_NOT_CHOSEN": "place",
    "EVIDENCE_INVALID": "evidence",
    "NOBODY_CHOSEN": "professional_ids",
    "NOWHERE_CHOSEN": "territory_codes",
    "COMMENT_INVALID": "comment",
    "ASSIGNEE_INVALID": "assign_to",
}
"""The field that a reason is about, where a form has it."""
Values = Mapping[str, object]


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["day"] = words.day
    made.filters["minute"] = words.minute
    made.filters["kind"] = words.kind
    made.filters["account"] = words.account
    made.filters["act"] = words.act
    made.globals.update(
        static=static,
        has_static=has_static,
        htmx_config=json.dumps(HTMX),
        kinds=words.KINDS,
        levels=words.LEVELS,
        policies=words.POLICIES,
        doubt_words=words.DOUBTS,
        query=query,
        sections=navigation.sections,
        new_sending=lambda: str(uuid4()),
        field_of=FIELDS,
        pairs_of=lambda names: sorted(names.items(), key=lambda pair: pair[1]),
        pairs=lambda territories: [(one.code, one.name) for one in territories],
    )
    return made


def page(template: str, values: Values, status: int = 200, headers: Mapping[str, str] | None = None) -> HTMLResponse:
    """An HTML answer."""
    return HTMLResponse(_environment().get_template(template).render(values), status, dict(headers or {}))


def status_of(refusal: Refusal) -> int:
    """What is another territory's is answered as what does not exist."""
    return 404 if refusal.reason == NOT_YOURS else STATUS.get(refusal.kind, 503)


@cache
def static(name: str) -> str:
    """The address of a file of ours; it changes with the file, so browsers may keep it."""
    return f"/static/{name}?v={_fingerprint(STATIC / name)}"


def has_static(name: str) -> bool:
    """Whether the file is there: libraries of others come at build."""
    return (STATIC / name).is_file()


def query(**parameters: Any) -> str:
    """The query part of an address, blank ones left out."""
    kept = {name: value for name, value in parameters.items() if value}
    return f"?{urlencode(kept, doseq=True)}" if kept else ""


def quoted(text: str) -> str:
    """A text as a part of an address."""
    return quote(text, safe="")


def _fingerprint(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:16] if file.is_file() else "none"
