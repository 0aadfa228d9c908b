"""A portal's webhooks through the running service: what is refused, and changes nothing."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from terresante.messaging.v1 import webhook_service_pb2 as pb
from terresante.messaging.v1.webhook_service_pb2_grpc import (
    WebhookServiceServicer,
)
from terresante_messaging.webhooks.guarding import Guard
from terresante_platform.database import Database
from terresante_platform.refusals import (
    Denied,
    Invalid,
    Refusal,
    Unauthenticated,
    Unavailable,
    Unknown,
)

from .webhook_door import URL, Door, listed, registered, sent, served, stamp
from .webhook_post import START, Post, here, made


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
def post(database: Database) -> Post:
    return made(database)


@pytest.fixture
async def service(post: Post, door: Door, serve: Any, dial: Any) -> Any:
    return await served(post, door, Guard(["127.0.0.0/8"], here), serve, dial)


@pytest.fixture
def portal(post: Post, calling_as: Any) -> UUID:
    calling_as("system", post.portal)
    return post.portal


@pytest.mark.parametrize(
    ("url", "label", "kind", "reason"),
    [
        ("https://10.0.0.1/", "Portail", Denied, "URL_FORBIDDEN"),
        ("https://[::1]/", "Portail", Denied, "URL_FORBIDDEN"),
        ("https://169.254.169.254/latest/meta-data", "Portail", Denied, "URL_FORBIDDEN"),
        ("https://[64:ff9b::a9fe:a9fe]/", "Portail", Denied, "URL_FORBIDDEN"),
        ("http://1.1.1.1/", "Portail", Denied, "URL_FORBIDDEN"),
        ("https://receiver.test:25/", "Portail", Denied, "URL_FORBIDDEN"),
        ("https://user:word@receiver.test/", "Portail", Invalid, "URL_INVALID"),
        ("ldap://receiver.test/", "Portail", Invalid, "URL_INVALID"),
        ("", "Portail", Invalid, "URL_INVALID"),
        ("https://receiver.test/" + "a" * 1_000_000, "Portail", Invalid, "URL_INVALID"),
        (URL, "", Invalid, "LABEL_INVALID"),
        (URL, "Portail\u202e", Invalid, "LABEL_INVALID"),
        (URL, "x" * 1_000_000, Invalid, "LABEL_INVALID"),
        (URL, "nul\0", Invalid, "LABEL_INVALID"),
    ],
)
async def test_what_is_refused_registers_nothing(
    service: Any, portal: UUID, url: str, label: str, kind: type[Refusal], reason: str
) -> None:
    with pytest.raises(kind) as refused:
        await registered(service, url, label)

    assert refused.value.reason == reason and refused.value.sentence and refused.value.todo
    assert await listed(service) == []


async def test_people_have_no_webhooks(service: Any, calling_as: Any) -> None:
    for kind in ("professional", "patient", "administrator"):
        calling_as(kind, uuid4())
        with pytest.raises(Denied) as refused:
            await listed(service)
        assert refused.value.reason == "KIND_NOT_ALLOWED"
    calling_as(None)
    with pytest.raises(Unauthenticated):
        await listed(service)


METHODS = sorted(name for name in vars(WebhookServiceServicer) if name[0].isupper())


@pytest.mark.parametrize("method", METHODS)
async def test_every_call_is_decided_and_no_answer_means_no(
    service: Any, portal: UUID, door: Door, method: str
) -> None:
    call, request = getattr(service, method), getattr(pb, f"{method}Request")()
    door.open = False
    with pytest.raises(Denied) as refused:
        await call(request)
    assert refused.value.reason == "ACCOUNT_SUSPENDED" and refused.value.details["entry_id"] == "e"

    door.silent = True
    with pytest.raises(Unavailable):
        await call(request)


@pytest.mark.parametrize("method", [one for one in METHODS if one not in {"RegisterWebhook", "ListWebhooks"}])
async def test_anothers_webhook_is_as_unknown_as_none(service: Any, post: Post, calling_as: Any, method: str) -> None:
    calling_as("system", uuid4())
    others = (await registered(service)).webhook
    calling_as("system", post.portal)
    kind: Any = getattr(pb, f"{method}Request")
    more = {"Replay": {"since": stamp(START)}}.get(method, {})
    said = set()
    for id in (others.webhook_id, str(uuid4())):
        with pytest.raises(Unknown) as refused:
            await getattr(service, method)(kind(webhook_id=id, **more))
        said.add((refused.value.reason, refused.value.sentence, refused.value.todo))
    assert {reason for reason, _, _ in said} == {"WEBHOOK_UNKNOWN"} and len(said) == 1
    with pytest.raises(Invalid) as invalid:
        await getattr(service, method)(kind(webhook_id="nothing", **more))
    assert invalid.value.reason == "ID_INVALID"

    calling_as("system", UUID(int=1))
    calling_as("system", uuid4())
    assert await listed(service) == []


@pytest.mark.parametrize(
    ("more", "reason"),
    [({"limit": 101}, "LIMIT_INVALID"), ({"limit": -1}, "LIMIT_INVALID"), ({"cursor": "forged"}, "CURSOR_INVALID"),
     ({"state": 99}, "REQUEST_INVALID")],
)  # fmt: skip
async def test_pages_that_cannot_be_are_refused(service: Any, portal: UUID, more: Any, reason: str) -> None:
    id = (await registered(service)).webhook.webhook_id
    with pytest.raises(Invalid) as refused:
        await sent(service, id, **more)
    assert refused.value.reason == reason


@pytest.mark.parametrize("ago", [timedelta(days=15), timedelta(days=-1), None])
async def test_not_since_too_long_ago_nor_since_tomorrow(service: Any, portal: UUID, ago: timedelta | None) -> None:
    id = (await registered(service)).webhook.webhook_id
    since = Timestamp(seconds=10**15) if ago is None else stamp(START - ago)
    with pytest.raises(Invalid) as refused:
        await service.Replay(pb.ReplayRequest(webhook_id=id, since=since))
    assert refused.value.reason == "PERIOD_INVALID"
