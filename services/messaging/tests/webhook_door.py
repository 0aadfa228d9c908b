"""The door of webhooks as tests use it: the real service, behind a consent that opens or not."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from terresante.consent.v1 import decision_service_pb2 as decisions_pb
from terresante.consent.v1.decision_service_pb2_grpc import (
    DecisionServiceServicer,
    DecisionServiceStub,
    add_DecisionServiceServicer_to_server,
)
from terresante.messaging.v1 import webhook_service_pb2 as pb
from terresante.messaging.v1.webhook_service_pb2_grpc import (
    WebhookServiceStub,
    add_WebhookServiceServicer_to_server,
)
from terresante_messaging.rpc.webhooks import Parts, WebhookService
from terresante_messaging.webhooks.guarding import Guard
from terresante_platform.rpc.allow import allow

from .webhook_post import MASTERS, Post

URL = "http://receiver.test:8080/told"


@dataclass
class Door:
    """What consent says of systems, and what it was asked."""

    open: bool = True
    silent: bool = False
    asked: list[decisions_pb.Question] = field(default_factory=list)


class Decisions(DecisionServiceServicer):
    """Answers as the door stands."""

    def __init__(self, door: Door) -> None:
        self._door = door

    @allow("professional", "patient", "administrator", "system", services=("messaging",))
    async def DecideMany(
        self, request: decisions_pb.DecideManyRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> decisions_pb.DecideManyResponse:
        """See the contract."""
        if self._door.silent:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "away")
        self._door.asked += request.questions
        closed = [] if self._door.open else ["ACCOUNT_SUSPENDED"]
        decision = decisions_pb.Decision(allowed=self._door.open, reasons=closed, sentence="Non.", entry_id="e")
        return decisions_pb.DecideManyResponse(decisions=[decision for _ in request.questions])


Decisions.__abstractmethods__ = frozenset()  # the rest is not asked here


async def served(post: Post, door: Door, guard: Guard, serve: Any, dial: Any) -> Any:
    """The real server behind the real client."""
    deciding = await serve("consent", partial(add_DecisionServiceServicer_to_server, Decisions(door)))  # type: ignore[abstract]  # see above
    consent = DecisionServiceStub(await dial(deciding, "consent", as_="messaging"))
    webhooks = WebhookService(Parts(post.database, consent, MASTERS, guard, lambda: post.now))
    address = await serve("messaging", partial(add_WebhookServiceServicer_to_server, webhooks))
    return WebhookServiceStub(await dial(address, "messaging"))


async def registered(service: Any, url: str = URL, label: str = "Portail") -> pb.RegisterWebhookResponse:
    reply: pb.RegisterWebhookResponse = await service.RegisterWebhook(pb.RegisterWebhookRequest(url=url, label=label))
    return reply


async def listed(service: Any) -> list[pb.Webhook]:
    return list((await service.ListWebhooks(pb.ListWebhooksRequest())).webhooks)


async def sent(service: Any, webhook: str, **more: Any) -> pb.ListDeliveriesResponse:
    reply: pb.ListDeliveriesResponse = await service.ListDeliveries(
        pb.ListDeliveriesRequest(webhook_id=webhook, **more)
    )
    return reply


def stamp(at: datetime) -> Timestamp:
    made = Timestamp()
    made.FromDatetime(at)
    return made
