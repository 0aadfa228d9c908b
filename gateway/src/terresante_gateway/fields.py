"""The fields of a JSON schema as flat rows, to be read by people."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_DEEPEST = 4
_WORDS = {"string": "texte", "integer": "entier", "number": "nombre", "boolean": "oui ou non", "object": "objet"}
_FORMATS = {"date-time": "date et heure", "uuid": "identifiant", "binary": "octets"}


@dataclass(frozen=True, slots=True)
class Row:
    """One field: its path (`items[].id`), what it looks like, what it means."""

    name: str
    form: str
    meaning: str
    required: bool


def rows(schema: dict[str, Any], schemas: dict[str, Any], path: str = "", depth: int = 0) -> Iterator[Row]:
    """All fields of an object, those within below it."""
    whole = _resolved(schema, schemas)
    if whole.get("type") == "array":
        yield from rows(whole.get("items", {}), schemas, f"{path}[]", depth)
        return
    for field, below in whole.get("properties", {}).items():
        name = f"{path}.{field}" if path else field
        found = _resolved(below, schemas)
        meaning = below.get("description") or found.get("description", "")
        yield Row(name, _form(below, schemas), meaning, field in whole.get("required", ()))
        if depth < _DEEPEST:
            yield from rows(below, schemas, name, depth + 1)


def _resolved(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """Behind references, and beside null."""
    while "$ref" in schema or "anyOf" in schema:
        if "$ref" in schema:
            schema = schemas[schema["$ref"].rsplit("/", 1)[1]]
        else:
            schema = next((one for one in schema["anyOf"] if one.get("type") != "null"), {})
    return schema


def _form(schema: dict[str, Any], schemas: dict[str, Any]) -> str:
    or_null = any(one.get("type") == "null" for one in schema.get("anyOf", ()))
    whole = _resolved(schema, schemas)
    return _word(whole, schemas) + (" ou null" if or_null else "")


def _word(whole: dict[str, Any], schemas: dict[str, Any]) -> str:
    if "enum" in whole:
        return " | ".join(str(one) for one in whole["enum"] if one is not None)
    kind = str(whole.get("type", ""))
    if kind == "array":
        return f"liste : {_word(_resolved(whole.get('items', {}), schemas), schemas)}"
    return _FORMATS.get(whole.get("format", ""), _WORDS.get(kind, kind))
