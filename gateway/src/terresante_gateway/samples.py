"""Examples for the OpenAPI: made-up values of the right shape, from a schema and its own `examples`."""

from typing import Any

_ID = "0190f3c2-8a4e-7cc1-9d20-5b7e3f1a6c44"
_MOMENT = "2026-03-02T08:15:00Z"
_SHA256 = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


def sample(schema: dict[str, Any], schemas: dict[str, Any], name: str = "") -> Any:
    """A value of `schema`; `name`: the field it is for."""
    if "$ref" in schema:
        return sample(schemas[schema["$ref"].rsplit("/", 1)[1]], schemas, name)
    fixed = [*schema.get("examples", ()), schema.get("const"), schema.get("default"), *schema.get("enum", ())]
    given = next((value for value in fixed if value is not None), None)
    if given is not None:
        return given
    if "anyOf" in schema:
        return sample(schema["anyOf"][0], schemas, name)
    kind = schema.get("type")
    if kind == "object":
        return {field: sample(below, schemas, field) for field, below in schema.get("properties", {}).items()}
    if kind == "array":
        return [sample(schema.get("items", {}), schemas, name.removesuffix("s"))]
    return _text(schema, name) if kind == "string" else {"integer": 1, "boolean": False}.get(str(kind))


def _text(schema: dict[str, Any], name: str) -> str:
    if schema.get("format") == "date-time":
        return _MOMENT
    if name == "sha256":
        return _SHA256
    if name == "id" or name.endswith(("_id", "_by", "replaces", "_from")) or schema.get("format") == "uuid":
        return _ID
    return "…"
