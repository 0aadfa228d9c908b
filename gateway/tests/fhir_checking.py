"""What is wrong with a FHIR resource, by the definitions in `fhir_definitions/` (its README says what is checked)."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DEFINITIONS = Path(__file__).parent / "fhir_definitions"
R4: dict[str, dict[str, Any]] = json.loads((DEFINITIONS / "r4.json").read_text(encoding="utf-8"))["types"]
_PROFILES = json.loads((DEFINITIONS / "profiles.json").read_text(encoding="utf-8"))
PROFILES: dict[str, dict[str, Any]] = _PROFILES["profiles"]
EXTENSIONS: dict[str, dict[str, Any]] = _PROFILES["extensions"]
TYPES = {"boolean": bool, "integer": int, "unsignedint": int, "positiveint": int, "decimal": (int, float)}
FORMS = {
    "id": re.compile(r"[A-Za-z0-9.-]{1,64}"),
    "code": re.compile(r"[^\s]+( [^\s]+)*"),
    "uri": re.compile(r"\S+"),
    "instant": re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?"),
    "time": re.compile(r"\d\d:\d\d:\d\d(\.\d+)?"),
}
Faults = Iterator[str]


def faults(resource: dict[str, Any]) -> list[str]:
    """All that is wrong: in the resource by R4, then by each profile that it claims."""
    type = resource["resourceType"]
    found = list(_element(type, {k: v for k, v in resource.items() if k != "resourceType"}, type))
    for profile in resource.get("meta", {}).get("profile", []):
        known = PROFILES.get(profile)
        if known is None or known["type"] != type:
            found.append(f"{type} claims {profile}")
        else:
            found += _profile(known, resource)
    return found


def _element(type: str, value: Any, path: str) -> Faults:
    if type == "Resource":
        yield from faults(value)
        return
    if type not in R4:
        yield from _primitive(type, value, path)
        return
    if not isinstance(value, dict) or not value:
        yield f"{path} is no {type}"
        return
    known = R4[type]
    for name, one in value.items():
        if name not in known:
            yield f"{path}.{name} does not exist"
            continue
        listed = known[name].get("list", False)
        if listed is not isinstance(one, list) or one == []:
            yield f"{path}.{name} is {'a' if listed else 'no'} list"
            continue
        for each in one if listed else [one]:
            yield from _element(known[name]["type"], each, f"{path}.{name}")
            yield from _bound(known[name], each, f"{path}.{name}")
    yield from (f"{path}.{name} lacks" for name, one in known.items() if one.get("required") and name not in value)
    if type == "Extension":
        yield from _extension(value, path)


def _primitive(type: str, value: Any, path: str) -> Faults:
    wanted = TYPES.get(type, str)
    right = isinstance(value, wanted) and (type == "boolean" or not isinstance(value, bool))
    if isinstance(value, str):
        right = right and bool(value.strip()) and (type not in FORMS or bool(FORMS[type].fullmatch(value)))
    if not right:
        yield f"{path} is no {type}"


def _bound(known: dict[str, Any], value: Any, path: str) -> Faults:
    if "codes" in known and value not in known["codes"]:
        yield f"{path} is none of its codes"
    if "targets" in known and isinstance(value, dict):
        type, _, id = str(value.get("reference", "")).partition("/")
        if type not in known["targets"] or not id:
            yield f"{path} refers to {type}"


def _extension(value: dict[str, Any], path: str) -> Faults:
    values = [name for name in value if name.startswith("value")]
    if len(values) + ("extension" in value) != 1:
        yield f"{path} has {len(values)} values"
        return
    known = _known(value["url"])
    if known is None:
        yield f"{path}: nobody defined {value['url']}"
    elif "extensions" in known:
        yield from _counted(known["extensions"], value.get("extension", []), path)
    elif values != [f"value{known['value']}"]:
        yield f"{path} is {values}"
    else:
        held = value[values[0]]
        yield from _cardinalities(known.get("elements", {}), held, path)
        yield from _coded(known, held, path)


def _coded(known: dict[str, Any], held: Any, path: str) -> Faults:
    """A text alone stands for what the nomenclature has no code for."""
    if "system" not in known:
        return
    for coding in [held] if "code" in held else held.get("coding", []):
        if coding.get("system") != known["system"] or coding.get("code") not in known.get(
            "codes", [coding.get("code")]
        ):
            yield f"{path} is coded {coding}"


def _known(url: str) -> dict[str, Any] | None:
    return EXTENSIONS.get(url) or (EXTENSIONS.get(url.rpartition("/")[2]) if "/StructureDefinition/" in url else None)


def _profile(known: dict[str, Any], resource: dict[str, Any]) -> Faults:
    type = known["type"]
    yield from _cardinalities(known["elements"], resource, type)
    for path, extensions in known.get("extensions", {}).items():
        for held in _at(resource, path) if path else [resource]:
            yield from _counted(extensions, held.get("extension", []), f"{type}.{path}")
    for path, systems in known.get("codings", {}).items():
        found = [coding["system"] for concept in _at(resource, path) for coding in concept["coding"]]
        yield from _counts(systems, found, f"{type}.{path}")
    yield from (
        f"{type}.{path} is {held}"
        for path, value in known.get("fixed", {}).items()
        for held in _at(resource, path)
        if held != value
    )
    numbers = resource.get("identifier", [])
    yield from _counts(known.get("systems", {}), [one.get("system") for one in numbers], f"{type}.identifier")
    for one in numbers:
        kinds = known.get("numbers", {}).get(one.get("system"))
        code = one.get("type", {}).get("coding", [{}])[0].get("code")
        if (kinds and code not in kinds) or code not in known.get("identifier_codes", [code]):
            yield f"{type}.identifier of type {code}"


def _cardinalities(elements: dict[str, Any], resource: Any, path: str) -> Faults:
    for name, (least, most) in elements.items():
        parent, _, last = name.rpartition(".")
        for held in _at(resource, parent) if parent else [resource]:
            count = len(held[last]) if isinstance(held.get(last), list) else int(last in held)
            if count < least or (most >= 0 and count > most):
                yield f"{path}.{name} comes {count} times"


def _counted(wanted: dict[str, Any], extensions: list[dict[str, Any]], path: str) -> Faults:
    urls = [one["url"] for one in extensions]
    yield from _counts(wanted, [url if url in wanted else url.rpartition("/")[2] for url in urls], path)


def _counts(wanted: dict[str, Any], found: list[Any], path: str) -> Faults:
    for name, (least, most) in wanted.items():
        count = found.count(name)
        if count < least or (most >= 0 and count > most):
            yield f"{path}: {name} comes {count} times"


def _at(resource: Any, path: str) -> list[Any]:
    """All values at a path."""
    found = [resource]
    for step in path.split("."):
        deeper = [one[step] for one in found if step in one]
        found = [each for one in deeper for each in (one if isinstance(one, list) else [one])]
    return found
