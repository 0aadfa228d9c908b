"""Writes what is generated of the chart: values.schema.json, and README.md from it. `--check`: are both current?

The settings that a service may be given come from its Settings class, so a chart never offers one that a start refuses.
"""

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

CHART = Path(__file__).parent / "terresante"
PARTS = ("gateway", "identity", "consent", "records", "messaging", "directory")
Json = dict[str, Any]

NAME = "^([a-z0-9]([a-z0-9.-]*[a-z0-9])?)?$"
QUANTITY = "^[0-9]+(\\.[0-9]+)?(m|Ki|Mi|Gi)?$"
HTTPS = "^(https://[^ ]+)?$"
HTTP = "^(https?://[^ ]+)?$"

# What the chart itself fills in, and files that would have to be mounted: neither is offered in `settings`.
FILLED = frozenset(
    {
        "listen",
        "issuers",
        "otlp_endpoint",
        "trace_ratio",
        "log_level",
        "drain_seconds",
        "database_url",
        "nats_url",
        "database_pool",
        "keycloak_url",
        "keycloak_realm",
        "store_url",
        "public_url",
        "cors_origins",
        "portal_url",
        "workbench_listen",
        "workbench_url",
        "smtp_host",
        "smtp_port",
        "smtp_security",
        "smtp_user",
        "mail_from",
    }
)


def text(description: str, pattern: str = "") -> Json:
    """A string."""
    return {"type": "string", "description": description} | ({"pattern": pattern} if pattern else {})


def secret(description: str) -> Json:
    """The name of an object of Kubernetes."""
    return text(description, NAME)


def number(description: str, least: int, most: int) -> Json:
    """A whole number."""
    return {"type": "integer", "description": description, "minimum": least, "maximum": most}


def yes(description: str) -> Json:
    """Whether or not."""
    return {"type": "boolean", "description": description}


def one_of(description: str, *values: Any) -> Json:
    """One of these."""
    return {"enum": [*values], "description": description}


def many(description: str, items: Json) -> Json:
    """A list."""
    return {"type": "array", "description": description, "items": items}


def words(description: str) -> Json:
    """Free names with text values."""
    return {"type": "object", "description": description, "additionalProperties": {"type": "string"}}


def these(description: str, properties: Json, required: tuple[str, ...] = ()) -> Json:
    """Exactly these properties."""
    strict: Json = {"type": "object", "description": description, "additionalProperties": False}
    return strict | ({"required": [*required]} if required else {}) | {"properties": properties}


def resources() -> Json:
    """What a pod asks for."""
    return these(
        "What a pod asks for",
        {
            "cpu": text("CPU request, such as 200m; there is no CPU limit", QUANTITY),
            "memory": text("Memory request and limit, such as 256Mi", QUANTITY),
        },
        ("cpu", "memory"),
    )


def settings(name: str) -> Json:
    """The settings of a service that the chart does not fill in by itself."""
    fields = import_module(f"terresante_{name}.settings").Settings.model_fields
    offered = [one for one in sorted(fields) if one not in FILLED and not one.endswith(("_address", "_file"))]
    kinds = {"type": ["string", "number"]}
    given = {one.upper(): kinds | {"description": fields[one].description} for one in offered}
    return these(f"More TERRESANTE_{name.upper()}_* settings (docs/configuration.md)", given)


def part(name: str) -> Json:
    """One entry of `services`."""
    properties: Json = {
        "replicas": number("Pods; with autoscaling, the fewest", 1, 50),
        "resources": {"$ref": "#/definitions/resources"},
        "autoscaling": {"$ref": "#/definitions/autoscaling"},
        "priorityClassName": secret("PriorityClass of its pods"),
        "tlsSecret": secret("Secret with tls.crt, tls.key, ca.crt; <release>-<part>-tls if empty"),
        "settings": settings(name),
    }
    if name != "gateway":
        properties["databasePool"] = number("Connections to PostgreSQL per pod", 1, 100)
        properties["databaseSecret"] = secret(
            "Secret with url (run-time role) and owner-url (migrations); <release>-<part>-database if empty"
        )
    return these(f"The part `{name}`", properties, ("replicas", "resources", "autoscaling"))


def definitions() -> Json:
    """What several values share."""
    scaling: Json = {
        "enabled": yes("Whether the number of pods follows the load"),
        "most": number("Most pods", 1, 50),
        "cpuPercent": number("Share of the CPU request that is aimed at, %", 10, 95),
        "inFlightPerPod": number(
            "Requests in flight per pod that are aimed at; needs a metrics adapter that serves "
            "http_server_active_requests",
            1,
            10_000,
        ),
    }
    place: Json = {
        "cidr": text("Address range, such as 10.0.0.0/24", "^[0-9a-f.:]+/[0-9]{1,3}$"),
        "port": number("TCP port", 1, 65_535),
    }
    return {
        "resources": resources(),
        "autoscaling": these("Horizontal scaling", scaling, ("enabled", "most", "cpuPercent")),
        "places": many("Addresses and port outside the release", these("A place", place, ("cidr", "port"))),
    }


def schema() -> Json:
    """The whole of it."""
    from schema_values import properties

    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "terresante",
        "definitions": definitions(),
        **these("Values of the terresante chart", properties({name: part(name) for name in PARTS})),
    }


def rows(described: Json, values: Any, path: str, shared: Json) -> list[str]:
    """A table row per value that is no object."""
    if "$ref" in described:
        described = shared[described["$ref"].rpartition("/")[2]]
    if described.get("properties"):
        given = values if isinstance(values, dict) else {}
        below = described["properties"].items()
        return [
            row for name, one in below for row in rows(one, given.get(name), f"{path}.{name}" if path else name, shared)
        ]
    kind = described.get("type") or "one of " + ", ".join(map(str, described.get("enum", [])))
    default = "" if values is None else f"`{json.dumps(values, ensure_ascii=False)}`"
    said = kind if isinstance(kind, str) else " or ".join(kind)
    return [f"| `{path}` | {said} | {default} | {described['description']} |"]


HEAD = """# terresante, the chart

Written by `python deploy/helm/schema.py` from the values' schema; do not edit. How to install, upgrade, roll back and
restore is in `docs/operations.md`. A value that is not listed, or of another kind, stops the installation with a line
that names it.

| Value | Kind | Default | Meaning |
|---|---|---|---|
"""


def readme(described: Json) -> str:
    """The page."""
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    return HEAD + "\n".join(rows(described, values, "", described["definitions"])) + "\n"


def main() -> None:
    """See the module."""
    described = schema()
    pages = {
        CHART / "values.schema.json": json.dumps(described, indent=1, ensure_ascii=False) + "\n",
        CHART / "README.md": readme(described),
    }
    if "--check" in sys.argv:
        stale = [page.name for page, written in pages.items() if not page.exists() or page.read_text() != written]
        sys.exit(f"{', '.join(stale)}: run `python deploy/helm/schema.py`" if stale else 0)
    for page, written in pages.items():
        page.write_text(written, encoding="utf-8")


if __name__ == "__main__":
    main()
