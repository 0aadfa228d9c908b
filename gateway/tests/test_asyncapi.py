"""docs/api/asyncapi.json is what the stream, the feed and webhooks send."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import jsonschema  # type: ignore[import-untyped]
import msgspec
import pytest
from terresante.messaging.v1 import feed_service_pb2 as feed
from terresante_gateway import asyncapi
from terresante_gateway.happenings import Happening
from terresante_messaging.domain.log import Entry, EntryKind, NewEntry
from terresante_messaging.domain.people import ActorId, MessageId, PatientId, Realm, Recipient, ThreadId
from terresante_messaging.domain.webhooks import TOLD, event_name
from terresante_messaging.webhooks import composing
from terresante_platform.ids import new_id

from .feed_calls import POSTED

DOCUMENT = asyncapi.document()
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


def checked(value: Any, message: str) -> None:
    """Against a message of the document. Raises ValidationError."""
    schema = DOCUMENT["components"]["messages"][message]["payload"]
    jsonschema.validate(value, {**schema, "components": DOCUMENT["components"]}, jsonschema.Draft202012Validator)


def test_every_kind_of_event_of_the_contract_is_described() -> None:
    kinds = {name.removeprefix("EVENT_KIND_").lower() for name, number in feed.EventKind.items() if number}

    assert set(asyncapi.KINDS) == kinds
    assert set(DOCUMENT["channels"]["stream"]["messages"]) == {f"live_{kind}" for kind in kinds} | {"end"}
    assert set(asyncapi.BY_WEBHOOK) == {event_name(kind) for kind in TOLD}


def test_every_reference_leads_somewhere() -> None:
    def references(value: Any) -> list[str]:
        below = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
        found = [value["$ref"]] if isinstance(value, dict) and isinstance(value.get("$ref"), str) else []
        return found + [one for each in below for one in references(each)]

    every = references(DOCUMENT)
    assert len(every) > 40
    for reference in every:
        found: Any = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]


def test_what_the_stream_sends_is_as_described() -> None:
    sent = json.loads(msgspec.json.encode(Happening.of(POSTED, "cursor")))

    checked(sent, "live_message_posted")
    with pytest.raises(jsonschema.ValidationError):
        checked(sent, "live_message_deleted")


@pytest.mark.parametrize("kind", sorted(TOLD))
@pytest.mark.parametrize("realm", [Realm.PROFESSIONAL, Realm.PERSON])
def test_what_webhooks_send_is_as_described(kind: EntryKind, realm: Realm) -> None:
    what = NewEntry(
        kind, MONDAY, PatientId(uuid4()), ThreadId(uuid4()), MessageId(uuid4()), 7, ActorId(uuid4()), urgent=True
    )
    sent = json.loads(composing.body(Entry(12, new_id(), what), Recipient(realm, uuid4())))

    checked(sent, f"webhook_{event_name(kind)}")
    checked(json.loads(composing.body(Entry(1, new_id(), NewEntry(kind, MONDAY)), Recipient(realm, uuid4()))),
        f"webhook_{event_name(kind)}")  # fmt: skip
    with pytest.raises(jsonschema.ValidationError):
        checked(sent | {"text": "Bonjour"}, f"webhook_{event_name(kind)}")


def test_the_operations_of_the_description_are_those_of_the_api() -> None:
    from terresante_gateway import app

    paths = {one.path for one in app.described(app.State())[1]}
    addresses = {one["address"] for one in DOCUMENT["channels"].values()} - {None}
    assert addresses == {"/v1/stream", "/v1/events"} and addresses <= paths
