"""docs/api/asyncapi.json (AsyncAPI 3.0): what the platform sends by itself: the stream, the feed's pages, webhooks.

Written with the OpenAPI, from the same structs.
"""

from typing import Any, get_args

import msgspec

from terresante_gateway.happenings import Happening, HappeningKind
from terresante_gateway.routes.stream import Happenings
from terresante_gateway.sse import Ended

_REF = "#/components/schemas/{name}"
_JSON = "application/json"
_NOT_BY_WEBHOOK = ("thread_marked",)
KINDS: tuple[str, ...] = get_args(HappeningKind)
BY_WEBHOOK = tuple(kind for kind in KINDS if kind not in _NOT_BY_WEBHOOK)
_ID = {"type": "string", "format": "uuid"}
_INFO = (
    "Ce que la plateforme envoie d’elle-même. Des identifiants seulement : ce dont il s’agit se lit par l’API des"
    " portails (openapi.json), avec la connexion de la personne, et se décide là. Au moins une fois, parfois deux."
)
_HEADERS = {
    "type": "object",
    "required": ["webhook-id", "webhook-timestamp", "webhook-signature"],
    "properties": {
        "webhook-id": {
            "description": "Le même à chaque essai : ce qui est déjà connu s’oublie",
            **_ID,
        },
        "webhook-timestamp": {"description": "Moment de l’essai, secondes depuis 1970", "type": "string"},
        "webhook-signature": {
            "description": "v1,base64 de HMAC-SHA256(secret, id.timestamp.corps) ; deux, avec une espace, pendant le"
            " jour qui suit un changement de secret (Standard Webhooks)",
            "type": "string",
        },
    },
}


def document() -> dict[str, Any]:
    """The whole description."""
    (happening, ended, page), schemas = msgspec.json.schema_components(
        [Happening, Ended, Happenings], ref_template=_REF
    )
    schemas["WebhookData"] = _webhook_data()
    live = {f"live_{kind}": _message(kind, _of_kind(happening, kind)) for kind in KINDS}
    hooks = {f"webhook_{kind}": _message(kind, _delivery(kind), _HEADERS) for kind in BY_WEBHOOK}
    messages = {
        **live,
        "end": _message("end", ended),
        "page": _message("page", page),
        **hooks,
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Terr-eSanté, ce que les portails entendent",
            "version": "1.0.0",
            "description": _INFO,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": _JSON,
        "servers": {
            "platform": {"host": "api.example", "protocol": "https", "description": "La passerelle"},
            "portal": {"host": "portail.example", "protocol": "https", "description": "L’adresse enregistrée"},
        },
        "channels": {
            "stream": _channel(
                "/v1/stream",
                "platform",
                "Server-sent events : `event` est la sorte, `id` le curseur, `data` ceci. Reprend après Last-Event-ID.",
                [*live, "end"],
            ),
            "feed": _channel("/v1/events", "platform", "La même chose, page par page, après un curseur.", ["page"]),
            "webhook": _channel(None, "portal", "Un POST par événement et par personne, signé.", list(hooks)),
        },
        "operations": {
            name: {"action": "send", "channel": {"$ref": f"#/channels/{channel}"}, "summary": summary}
            for name, channel, summary in (
                ("tellLive", "stream", "Dire en direct"),
                ("tellPage", "feed", "Dire une page"),
                ("tellPortal", "webhook", "Dire à un portail"),
            )
        },
        "components": {"messages": messages, "schemas": dict(sorted(schemas.items()))},
    }


def _message(name: str, payload: dict[str, Any], headers: dict[str, Any] | None = None) -> dict[str, Any]:
    made = {"name": name, "contentType": _JSON, "payload": payload}
    return made | ({"headers": headers} if headers else {})


def _channel(address: str | None, server: str, description: str, messages: list[str]) -> dict[str, Any]:
    return {
        "address": address,
        "description": description,
        "servers": [{"$ref": f"#/servers/{server}"}],
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
    }


def _of_kind(schema: dict[str, Any], kind: str) -> dict[str, Any]:
    return {"allOf": [schema, {"type": "object", "properties": {"kind": {"const": kind}}}]}


def _delivery(kind: str) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "additionalProperties": False,
        "properties": {
            "type": {"const": kind},
            "timestamp": {"type": "string", "format": "date-time", "description": "Quand c’est arrivé"},
            "data": {"$ref": _REF.format(name="WebhookData")},
        },
    }


def _webhook_data() -> dict[str, Any]:
    """What `data` holds: of a happening what has a value, its place in the one order, and whom it concerns."""
    ids = ("event_id", "patient_id", "thread_id", "message_id", "actor_id", "notification_id", "attachment_id")
    recipients = ("recipient_professional_id", "recipient_person_id")
    return {
        "title": "WebhookData",
        "type": "object",
        "required": ["event_id", "position", "urgent"],
        "additionalProperties": False,
        "properties": {
            **{name: _ID for name in ids},
            "position": {
                "type": "integer",
                "minimum": 1,
                "description": "Un seul ordre pour tout : ce qui arrive dans le désordre se remet en place",
            },
            "place": {"type": "integer", "minimum": 1, "description": "Du message dans son fil"},
            "urgent": {"type": "boolean"},
            **{name: _ID for name in recipients},
        },
        "oneOf": [{"required": [name]} for name in recipients],
    }
