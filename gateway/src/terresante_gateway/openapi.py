"""The OpenAPI 3.1 of the gateway: FastAPI's reading of the signatures, the answers from their msgspec structs, and what
operations declare: who may ask, which headers, every problem.

`python -m terresante_gateway.openapi` writes docs/api/openapi.json and docs/api/problems.md; `--check` only compares.
"""

import argparse
import hashlib
import sys
from collections import defaultdict
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from terresante_gateway import asyncapi
from terresante_gateway.examples import Examples
from terresante_gateway.exchange import version_if_given, version_required
from terresante_gateway.operation import Operation, Stream
from terresante_gateway.parts import LARGEST_CONTENT, LARGEST_FILE, MIB, file_of
from terresante_gateway.problems import TITLES, Problem
from terresante_gateway.reasons import DECIDED, REASONS

REF = "#/components/schemas/{name}"
DESCRIPTION = (files(__package__) / "data" / "guide.md").read_text(encoding="utf-8")
_ALWAYS = ("HTTP_INVALID", "HEADER_REPEATED", "HEADERS_TOO_LARGE", "QUERY_INVALID", "OVERLOADED", "FAULT")
_GUARDED = ("LOGIN_REQUIRED", "TOKEN_INVALID", "LOGIN_TOO_WEAK", "KIND_NOT_ALLOWED", "ID_INVALID",
    "LOGIN_SERVICE_UNAVAILABLE", "DATABASE_UNAVAILABLE", "IDENTITY_UNAVAILABLE", "CONSENT_UNAVAILABLE",
    "RECORDS_UNAVAILABLE", "MESSAGING_UNAVAILABLE", "DIRECTORY_UNAVAILABLE")  # fmt: skip
_BODY = ("MEDIA_TYPE_UNSUPPORTED", "BODY_MISSING", "BODY_TOO_LARGE", "JSON_INVALID", "FIELDS_INVALID",
    "REQUEST_TOO_SLOW")  # fmt: skip
_HEADERS: dict[str, dict[str, Any]] = {
    "ETag": {"description": "La version, à renvoyer dans If-Match", "schema": {"type": "string", "examples": ['"3"']}},
    "Server-Timing": {"description": "Durée de la réponse, en millisecondes", "schema": {"type": "string"}},
    "Traceresponse": {"description": "La trace de cet appel (W3C)", "schema": {"type": "string"}},
}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "description": "L’ETag de la dernière lecture",
    "schema": {"type": "string", "pattern": '^"[1-9][0-9]{0,18}"$'},
    "example": '"3"',
}
_PLACE = {
    "name": "Terresante-Place",
    "in": "header",
    "required": False,
    "description": "Le lieu d’exercice choisi par le professionnel ; obligatoire s’il en a plusieurs",
    "schema": {"type": "string", "format": "uuid"},
}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "La même demande avec la même clé n’est faite qu’une fois, et reçoit la même réponse",
    "schema": {"type": "string", "minLength": 8, "maxLength": 128, "pattern": "^[!-~]{8,128}$"},
}


def reasons_of(operation: Operation) -> list[str]:
    """Every reason for which the operation may refuse: those of its RPCs, and the gateway's own."""
    declared = operation.declared
    found = [*declared.refuses, *_ALWAYS]
    if "ACCESS_REFUSED" in found:
        found += DECIDED
    if declared.authz.kinds:
        found += _GUARDED
    if operation.body_field is not None:
        found += _BODY
    if operation.body_may_lack:
        found.remove("BODY_MISSING")
    if operation.reads_query:
        found.append("FIELDS_INVALID")
    if operation.depends_on(version_required):
        found += ["VERSION_REQUIRED", "IF_MATCH_INVALID"]
    if operation.depends_on(version_if_given):
        found.append("IF_MATCH_INVALID")
    if declared.keyed:
        found.append("IDEMPOTENCY_KEY_INVALID")
    unknown = [reason for reason in found if reason not in REASONS]
    if unknown:
        raise ValueError(f"{operation.name}: not in reasons.py: {', '.join(unknown)}")
    return list(dict.fromkeys(found))


def document(app: FastAPI, operations: list[Operation]) -> dict[str, Any]:
    """The whole description."""
    found = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=app.description,
        license_info=app.license_info,
        servers=app.servers or None,
        routes=app.routes,
    )
    schemas: dict[str, Any] = found.setdefault("components", {}).setdefault("schemas", {})
    for fastapis in ("HTTPValidationError", "ValidationError"):
        schemas.pop(fastapis, None)
    answers = [shape for one in operations for shape in (one.answer, one.declared.line) if _is_struct(shape)]
    refs, structs = msgspec.json.schema_components([*answers, Problem], ref_template=REF)
    clashes = schemas.keys() & structs.keys()
    if clashes:
        raise ValueError(f"one name for two schemas: {', '.join(sorted(clashes))}")
    schemas.update(structs)
    found["components"]["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    examples = Examples.read()
    used = {reason for operation in operations for reason in reasons_of(operation)}
    found["components"]["examples"] = {reason: {"value": examples.problem(reason)} for reason in sorted(used)}
    found["components"]["responses"] = {}
    by_struct = dict(zip(answers, refs, strict=False))
    for operation in operations:
        described = found["paths"][operation.path][operation.declared.method.lower()]
        _complete(described, operation, by_struct, found["components"], examples)
    found["components"]["responses"] = dict(sorted(found["components"]["responses"].items()))
    return found


def _is_struct(answer: Any) -> bool:
    return isinstance(answer, type) and issubclass(answer, msgspec.Struct)


def _complete(
    described: dict[str, Any],
    operation: Operation,
    refs: dict[Any, dict[str, Any]],
    components: dict[str, Any],
    examples: Examples,
) -> None:
    declared, schemas = operation.declared, components["schemas"]
    if declared.authz.kinds:
        described["security"] = [{"bearer": []}]
    described["description"] = described.get("description", "") or declared.summary
    parameters = described.setdefault("parameters", [])
    if operation.depends_on(version_required) or operation.depends_on(version_if_given):
        parameters.append({**_IF_MATCH, "required": operation.depends_on(version_required)})
    if declared.keyed:
        parameters.append(_KEY)
    if "professional" in declared.authz.kinds:
        parameters.append(_PLACE)
    if declared.form is not None:
        largest = LARGEST_FILE if operation.depends_on(file_of) else LARGEST_CONTENT
        described["requestBody"] = _form(declared.form, largest, schemas)
        content = described["requestBody"]["content"]["multipart/form-data"]
        content["example"] = examples.sent(described["operationId"], declared.status, content["schema"], schemas)
    elif "requestBody" in described:
        content = described["requestBody"]["content"]["application/json"]
        if operation.body_may_lack:
            content["schema"] = content["schema"]["anyOf"][0]  # it may be left out, but it is not `null`
        content["example"] = examples.sent(described["operationId"], declared.status, content["schema"], schemas)
    statuses = [declared.status, *([declared.unless.status] if declared.unless else [])]
    described["responses"] = {
        **{str(status): _success(operation, status, refs, schemas, examples) for status in statuses},
        **_problems(reasons_of(operation), components["responses"]),
    }


def _success(
    operation: Operation, status: int, refs: dict[Any, dict[str, Any]], schemas: dict[str, Any], examples: Examples
) -> dict[str, Any]:
    declared = operation.declared
    headers = {name: _HEADERS[name] for name in ("Server-Timing", "Traceresponse")}
    if declared.etag:
        headers["ETag"] = _HEADERS["ETag"]
    found: dict[str, Any] = {"description": declared.summary, "headers": headers}
    if declared.line is not None:
        found["content"] = {declared.answer_media_type: {"schema": refs[declared.line]}}
    elif operation.answer is Stream:
        binary = declared.answer_media_type == "application/octet-stream"
        schema = {"type": "string", "format": "binary"} if binary else {"type": "object"}
        found["content"] = {"*/*" if binary else declared.answer_media_type: {"schema": schema}}
    elif operation.answer in refs:
        schema = refs[operation.answer]
        example = examples.answered(str(operation.operation_id), status, schema, schemas)
        found["content"] = {"application/json": {"schema": schema, "example": example}}
    return found


def _problems(reasons: list[str], shared: dict[str, Any]) -> dict[str, Any]:
    """Answers by status. Operations that refuse alike share one description, named after what is in it."""
    by_status: dict[int, list[str]] = defaultdict(list)
    for reason in sorted(reasons):
        by_status[REASONS[reason].status].append(reason)
        if REASONS[reason].also:
            by_status[REASONS[reason].also].append(reason)
    found = {}
    for status, listed in sorted(by_status.items()):
        name = f"problem-{status}-{hashlib.sha256(' '.join(listed).encode()).hexdigest()[:8]}"
        shared[name] = {
            "description": f"{TITLES[status]} : {', '.join(listed)}",
            "content": {
                "application/problem+json": {
                    "schema": {"$ref": REF.format(name="Problem")},
                    "examples": {
                        reason: {"$ref": f"#/components/examples/{reason}"}
                        for reason in listed
                        if REASONS[reason].status == status
                    },
                }
            },
        }
        found[str(status)] = {"$ref": f"#/components/responses/{name}"}
    return found


def _form(model: type[BaseModel], largest: int, schemas: dict[str, Any]) -> dict[str, Any]:
    """The two parts of a form: what `model` describes, then at most `largest` bytes."""
    made = model.model_json_schema(ref_template=REF.replace("{name}", "{model}"))
    for name, schema in made.pop("$defs", {}).items():
        schemas.setdefault(name, schema)
    schemas[model.__name__] = made
    reference = {"$ref": REF.format(name=model.__name__)}
    return {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["description", "content"],
                    "properties": {
                        "description": {**reference, "description": "D’abord"},
                        "content": {
                            "type": "string",
                            "format": "binary",
                            "description": f"Ensuite, {largest // MIB} Mio au plus",
                        },
                    },
                },
                "encoding": {"description": {"contentType": "application/json"}},
            }
        },
    }


def problems_page() -> str:
    """docs/api/problems.md."""
    rows = [
        f"| `{reason}` | {one.status}{f', {one.also}' if one.also else ''} | {one.sentence} |"
        for reason, one in sorted(REASONS.items())
    ]
    return "\n".join(
        [
            "# Problems: every reason for which the API refuses",
            "",
            "Written by `python -m terresante_gateway.openapi` from the gateway's `reasons.py`; do not edit.",
            "",
            "An answer that isn't a success is `application/problem+json` (RFC 9457): `type` is `urn:terresante:` and",
            "the reason, `detail` and `todo` are French, `trace_id` leads to the logs and spans. Programs branch on",
            "`reason` only.",
            "401 comes with `WWW-Authenticate` (RFC 6750, RFC 9470), 429 and 503 with `Retry-After`, 405 with `Allow`.",
            "`FIELDS_INVALID` lists the fields in `errors`; `IDENTITY_CANDIDATES` the persons in `candidates`.",
            "Under `/fhir/R4` the same reasons come in an OperationOutcome: `issue.details.coding.code`.",
            "",
            "| Reason | Status | Meaning |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def main(arguments: list[str]) -> int:
    """Writes or compares the three files; 1 if they differ."""
    from terresante_gateway import app

    parser = argparse.ArgumentParser(description="The OpenAPI of the gateway, as a file")
    parser.add_argument("--check", action="store_true", help="compare only; 1 if the files are not up to date")
    parser.add_argument("--folder", type=Path, default=Path("docs/api"))
    given = parser.parse_args(arguments)
    text = orjson.dumps(document(*app.described(app.State())), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    told = orjson.dumps(asyncapi.document(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    files = {
        given.folder / "openapi.json": text,
        given.folder / "asyncapi.json": told,
        given.folder / "problems.md": problems_page().encode(),
    }
    if not given.check:
        given.folder.mkdir(parents=True, exist_ok=True)
        for path, content in files.items():
            path.write_bytes(content)
        return 0
    stale = [str(path) for path, content in files.items() if not path.exists() or path.read_bytes() != content]
    for path in stale:
        sys.stderr.write(f"{path} is not what the code says: run `python -m terresante_gateway.openapi`\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
