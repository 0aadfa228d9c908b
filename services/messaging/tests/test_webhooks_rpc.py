"""A portal's webhooks through the running service: registered, changed, listed, sent again."""

import asyncio
import base64
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from terresante.consent.v1 import decision_service_pb2 as decisions_pb
from terresante.messaging.v1 import webhook_service_pb2 as pb
from terresante_messaging.domain.webhooks import AT_MOST
from terresante_messaging.store import webhooks as store
from terresante_messaging.webhooks.guarding import Guard
from terresante_platform.database import Database
from terresante_platform.refusals import (
    Conflict,
    Denied,
    Invalid,
    Refusal,
    Stale,
    Unknown,
    Unprocessable,
)

from .webhook_door import URL, Door, listed, registered, sent, served, stamp
from .webhook_post import START, Post, here, made
from .webhook_world import receiving


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


async def test_an_address_is_registered_and_its_secret_told_once(service: Any, portal: UUID, door: Door) -> None:
    reply = await registered(service, label="  Mon portail ")

    webhook = reply.webhook
    assert (webhook.url, webhook.label, webhook.paused, webhook.version) == (URL, "Mon portail", False, 1)
    assert webhook.registered_at.ToDatetime().replace(tzinfo=START.tzinfo) == START
    assert reply.secret.startswith("whsec_") and len(base64.b64decode(reply.secret[6:])) == 32
    assert await listed(service) == [webhook]
    assert {one.action for one in door.asked} == {decisions_pb.ACTION_HEAR_AS_PORTAL} and len(door.asked) == 2


async def test_registered_twice_under_one_key_is_one_webhook_with_one_secret(
    service: Any, post: Post, calling_as: Any
) -> None:
    calling_as("system", post.portal, key="one")
    first, second = await registered(service), await registered(service)

    assert first == second
    assert len(await listed(service)) == 1
    async with post.database.reading() as connection:
        kept = (await connection.execute(text("select request_sha256, reply from idempotency_key"))).one()
    assert first.secret.encode() not in kept.reply and URL.encode() not in kept.reply

    with pytest.raises(Unprocessable) as refused:
        await registered(service, label="Autre")
    assert refused.value.reason == "IDEMPOTENCY_KEY_REUSED"


async def test_a_portal_has_five_also_when_it_asks_for_many_at_once(service: Any, portal: UUID) -> None:
    asked = await asyncio.gather(*(registered(service) for _ in range(AT_MOST + 3)), return_exceptions=True)

    refused = [one for one in asked if isinstance(one, Refusal)]
    assert {(type(one), one.reason) for one in refused} == {(Conflict, "WEBHOOKS_TOO_MANY")} and len(refused) == 3
    assert len(await listed(service)) == AT_MOST


async def test_address_label_and_pause_are_changed_by_who_knows_the_version(service: Any, portal: UUID) -> None:
    id = (await registered(service)).webhook.webhook_id

    reply = await service.ChangeWebhook(pb.ChangeWebhookRequest(webhook_id=id, version=1, paused=True, label="Autre"))
    assert (reply.webhook.paused, reply.webhook.label, reply.webhook.url, reply.webhook.version) == (
        True, "Autre", URL, 2,
    )  # fmt: skip
    with pytest.raises(Stale) as stale:
        await service.ChangeWebhook(pb.ChangeWebhookRequest(webhook_id=id, version=1, paused=False))
    assert stale.value.reason == "VERSION_STALE"
    with pytest.raises(Denied) as refused:
        await service.ChangeWebhook(pb.ChangeWebhookRequest(webhook_id=id, version=2, url="https://10.0.0.1/"))
    assert refused.value.reason == "URL_FORBIDDEN"
    assert await listed(service) == [reply.webhook]


async def test_a_name_that_does_not_resolve_today_may_be_registered(
    post: Post, door: Door, serve: Any, dial: Any, portal: UUID
) -> None:
    async def nobody(host: str, port: int) -> Any:
        raise OSError("no such name")

    service = await served(post, door, Guard([], nobody), serve, dial)

    assert (await registered(service, "https://soon.example/")).webhook.url == "https://soon.example/"


async def test_another_secret_signs_from_now_on(service: Any, portal: UUID) -> None:
    made = await registered(service)
    reply = await service.RotateSecret(pb.RotateSecretRequest(webhook_id=made.webhook.webhook_id))

    assert reply.secret != made.secret and reply.secret.startswith("whsec_")
    assert reply.former_until == stamp(START + timedelta(days=1))


async def test_a_removed_webhook_is_gone_and_leaves_room(service: Any, portal: UUID) -> None:
    for _ in range(AT_MOST):
        made = await registered(service)
    await service.RemoveWebhook(pb.RemoveWebhookRequest(webhook_id=made.webhook.webhook_id))
    await registered(service)

    with pytest.raises(Unknown):
        await service.RemoveWebhook(pb.RemoveWebhookRequest(webhook_id=made.webhook.webhook_id))
    assert len(await listed(service)) == AT_MOST


async def test_deliveries_are_listed_newest_first_in_pages_and_by_state(service: Any, portal: UUID, post: Post) -> None:
    async with receiving() as receiver:
        id, _ = await post.webhook(receiver), await post.reader()
        await post.happens(3)
        while await post.send():
            pass
        await post.happens(2)

    page = await sent(service, str(id), limit=3)
    assert [one.state for one in page.deliveries] == [pb.DELIVERY_STATE_WAITING] * 2 + [pb.DELIVERY_STATE_SENT]
    rest = await sent(service, str(id), limit=3, cursor=page.next_cursor)
    assert [one.event_kind for one in rest.deliveries] == ["message_posted"] * 2 and rest.next_cursor == ""
    assert len({one.delivery_id for one in [*page.deliveries, *rest.deliveries]}) == 5
    waiting = await sent(service, str(id), state=pb.DELIVERY_STATE_WAITING)
    assert len(waiting.deliveries) == 2 and waiting.deliveries[0].HasField("next_try_at")
    (shown,) = await listed(service)
    assert (shown.waiting, shown.parked, shown.oldest_waiting_at) == (2, 0, stamp(START))


async def test_what_was_sent_is_sent_again_by_hand_all_of_it_or_nothing(service: Any, portal: UUID, post: Post) -> None:
    async with receiving() as receiver:
        id, _ = await post.webhook(receiver), await post.reader()
        await post.happens(2)
        await post.send()
        ids = [one.delivery_id for one in (await sent(service, str(id))).deliveries]

        with pytest.raises(Unknown) as refused:
            await service.Resend(pb.ResendRequest(webhook_id=str(id), delivery_ids=[*ids, str(uuid4())]))
        assert refused.value.reason == "DELIVERY_UNKNOWN"
        assert await post.send() == 0
        with pytest.raises(Invalid) as many:
            await service.Resend(pb.ResendRequest(webhook_id=str(id), delivery_ids=[str(uuid4())] * 101))
        assert many.value.reason == "TOO_MANY_IDS"

        reply = await service.Resend(pb.ResendRequest(webhook_id=str(id), delivery_ids=ids))
        assert reply.waiting == 2
        await post.send()

    assert sorted(receiver.ids) == sorted(ids * 2)


async def test_all_since_a_moment_is_sent_again(service: Any, portal: UUID, post: Post) -> None:
    async with receiving() as receiver:
        id, _ = await post.webhook(receiver), await post.reader()
        await post.happens(5)
        while await post.send():
            pass
        await service.Replay(pb.ReplayRequest(webhook_id=str(id), since=stamp(START - timedelta(hours=1))))
        await post.queueing.replay()
        while await post.send():
            pass

    assert len(receiver.ids) == 10 and len(set(receiver.ids)) == 5


async def test_people_choose_among_portals_that_have_a_webhook(service: Any, post: Post, calling_as: Any) -> None:
    for label in ("Zénith", "Aurore"):
        calling_as("system", uuid4())
        await registered(service, label=label)
        last = (await registered(service, label="seconde adresse")).webhook
    await service.RemoveWebhook(pb.RemoveWebhookRequest(webhook_id=last.webhook_id))

    async with post.database.reading() as connection:
        found = await store.portals(connection)
    assert [label for _, label in found] == ["Aurore", "Zénith"]
    assert all(isinstance(id, UUID) for id, _ in found)
