"""Webhooks, between protobuf and the domain."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from google.protobuf.timestamp_pb2 import Timestamp
from terresante.messaging.v1 import webhook_service_pb2 as pb
from terresante_platform.ids import parsed
from terresante_platform.refusals import Invalid

from terresante_messaging.domain.webhooks import (
    Delivery,
    DeliveryState,
    PeriodInvalid,
    Queue,
    Webhook,
    WebhookId,
)
from terresante_messaging.wire.notifications import TooManyIds
from terresante_messaging.wire.parts import stamp

MOST = 100


class StateInvalid(Invalid):
    """A state of which the contract knows nothing."""

    reason = "REQUEST_INVALID"


def webhook_id(text: str) -> WebhookId:
    """Refuses with ID_INVALID."""
    return WebhookId(parsed(text, "webhook_id"))


def delivery_ids(texts: Sequence[str]) -> set[UUID]:
    """1 to 100. Refuses with TOO_MANY_IDS, ID_INVALID."""
    if len(texts) > MOST:
        raise TooManyIds(f"Pas plus de {MOST} envois à la fois.", "Renvoyez-les en plusieurs fois.")
    return {parsed(text, "delivery_ids") for text in texts}


def state(value: Any) -> DeliveryState | None:
    """None for all states. Refuses with REQUEST_INVALID a number that is none."""
    if value == pb.DELIVERY_STATE_UNSPECIFIED:
        return None
    if value not in pb.DeliveryState.values():
        raise StateInvalid("Cet état n’existe pas.", "Choisissez un des états documentés.", field="state")
    return DeliveryState(pb.DeliveryState.Name(value).removeprefix("DELIVERY_STATE_"))


def moment(value: Timestamp) -> datetime:
    """Refuses with PERIOD_INVALID what is no moment of a calendar."""
    try:
        return value.ToDatetime(UTC)
    except (ValueError, OverflowError):
        raise PeriodInvalid(
            "Ce moment n’existe pas.", "Donnez un moment des 14 derniers jours.", field="since"
        ) from None


def webhook_to_proto(webhook: Webhook, queue: Queue) -> pb.Webhook:
    """A webhook, with what waits."""
    return pb.Webhook(
        webhook_id=str(webhook.id),
        url=webhook.url,
        label=webhook.label,
        paused=webhook.paused,
        registered_at=stamp(webhook.registered_at),
        version=webhook.version,
        waiting=queue.waiting,
        parked=queue.parked,
        oldest_waiting_at=stamp(queue.oldest),
        last_success_at=stamp(webhook.last_success_at),
        last_failure_at=stamp(webhook.last_failure_at),
        last_failure=webhook.last_failure,
    )


def delivery_to_proto(delivery: Delivery) -> pb.Delivery:
    """A delivery."""
    return pb.Delivery(
        delivery_id=str(delivery.id),
        event_kind=delivery.event,
        state=pb.DeliveryState.Value(f"DELIVERY_STATE_{delivery.state.value}"),
        attempts=delivery.attempts,
        at=stamp(delivery.at),
        next_try_at=stamp(delivery.next_try_at),
        done_at=stamp(delivery.done_at),
        last_failure=delivery.last_failure,
    )
