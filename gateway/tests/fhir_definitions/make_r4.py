"""Writes `r4.json`: the elements of the resources and types that the tests check, as FHIR R4B defines them.

Needs `pip install fhir.resources==8.3.0` (BSD-3-Clause), which the workspace does not have: run by hand, in its own
environment. R4B differs from R4 in none of these resources and types. Facts only: names, types, cardinalities, codes.

    python gateway/tests/fhir_definitions/make_r4.py
"""

import importlib
import json
from pathlib import Path
from typing import Any, get_args, get_origin

ROOTS = (
    "Bundle", "CapabilityStatement", "HealthcareService", "Location", "OperationOutcome", "Organization",
    "Practitioner", "PractitionerRole",
)  # fmt: skip
SKIPPED = frozenset({
    "Age", "Annotation", "Attachment", "CodeableReference", "ContactDetail", "Contributor", "Count", "DataRequirement",
    "Dosage", "Duration", "Expression", "FHIRPrimitiveExtension", "Money", "Narrative", "ParameterDefinition", "Ratio",
    "RatioRange", "RelatedArtifact", "Resource", "SampledData", "Signature", "Timing", "TriggerDefinition",
    "UsageContext",
})  # fmt: skip
"""What nothing that we write is made of."""
PRIMITIVES = {"bool": "boolean", "int": "integer", "float": "decimal", "Decimal": "decimal", "datetime": "instant"}
PACKAGE = "fhir.resources.R4B"


def model(type: str) -> Any:
    """The class of a type, which may be a backbone of a resource's module."""
    for length in range(len(type), 0, -1):
        try:
            module = importlib.import_module(f"{PACKAGE}.{type[:length].lower()}")
        except ImportError:
            continue
        if hasattr(module, type):
            return getattr(module, type)
    raise KeyError(type)


def innermost(annotation: Any) -> tuple[Any, bool]:
    """The annotation without Optional, Annotated and lists; whether there was a list."""
    listed = False
    while get_args(annotation):
        listed |= get_origin(annotation) is list
        inner = [each for each in get_args(annotation) if each is not type(None)]
        marks = [each.__class__.__name__ for each in inner[1:] if not isinstance(each, type)]
        if marks and get_origin(annotation) is not list:
            named = marks[0].lower() if marks[0][0].isupper() else ""
            return named or inner[0], listed
        annotation = inner[0]
    return annotation, listed


def told(type: str) -> dict[str, Any]:
    """Its elements."""
    elements: dict[str, Any] = {}
    for name, field in model(type).model_fields.items():
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        if name.endswith("__ext") or not extra.get("element_property"):
            continue
        inner, listed = innermost(field.annotation)
        shown = inner if isinstance(inner, str) else getattr(inner, "__name__", str(inner))
        shown = PRIMITIVES.get(shown, shown.removesuffix("Type"))
        one: dict[str, Any] = {"type": shown}
        if listed:
            one["list"] = True
        if extra.get("element_required") or field.is_required():
            one["required"] = True
        if extra.get("enum_reference_types"):
            one["targets"] = sorted(extra["enum_reference_types"])
        if extra.get("enum_values") and not any("mime" in each for each in extra["enum_values"]):
            one["codes"] = sorted(extra["enum_values"])
        if extra.get("one_of_many"):
            one["one_of"] = extra["one_of_many"]
        elements[field.alias or name] = one
    return elements


def main() -> None:
    """All that the roots are made of."""
    found: dict[str, Any] = {}
    waiting = list(ROOTS)
    while waiting:
        type = waiting.pop()
        if type in found or type in SKIPPED or not type[0].isupper():
            continue
        found[type] = told(type)
        waiting += [one["type"] for one in found[type].values()]
    lines = ",\n".join(f'    "{type}": {json.dumps(found[type], sort_keys=True)}' for type in sorted(found))
    provenance = "Made by make_r4.py from fhir.resources 8.3.0 (R4B, BSD-3-Clause); names, types, cardinalities, codes."
    text = f'{{\n  "provenance": {json.dumps(provenance)},\n  "types": {{\n{lines}\n  }}\n}}\n'
    (Path(__file__).parent / "r4.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
