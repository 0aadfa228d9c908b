"""/webhooks: where a portal is told of what happens, and what became of it. For the portal's own login, a system's."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from msgspec import Meta, Struct
from pydantic import Field
from terresante.messaging.v1 import webhook_service_pb2 as pb

from terresante_gateway import words
from terresante_gateway.codes import codes_of
from terresante_gateway.happenings import HappeningKind
from terresante_gateway.operation import Authz, Id, Kind, To, Version, on
from terresante_gateway.pages import ListQuery, Pages
from terresante_gateway.words import Input, Line, Moment, OpaqueId

router = APIRouter(prefix="/v1/webhooks", tags=["Webhooks"])
PORTALS: tuple[Kind, ...] = ("system",)
DeliveryState = Literal["waiting", "sent", "parked", "withheld"]
STATES = codes_of(pb.DeliveryState, "DELIVERY_STATE_")
_WEBHOOK = ("ACCESS_REFUSED", "CONSENT_UNAVAILABLE")
_ONE = (*_WEBHOOK, "WEBHOOK_UNKNOWN")
_ADDRESS = ("URL_INVALID", "URL_FORBIDDEN", "LABEL_INVALID")
Url = Annotated[Line, Field(min_length=1, max_length=2_048, examples=["https://portail.example/evenements"])]
Label = Annotated[Line, Field(min_length=1, max_length=80, examples=["Mon espace du territoire"])]


class Webhook(Struct):
    """Une adresse du portail, et comment elle va."""

    id: str
    url: Annotated[str, Meta(examples=["https://portail.example/evenements"])]
    label: Annotated[str, Meta(description="Ce que lit qui choisit ce portail", examples=["Mon espace du territoire"])]
    paused: bool
    registered_at: datetime
    waiting: Annotated[int, Meta(description="Envois en attente, jusqu’à 100 000", ge=0)]
    parked: Annotated[int, Meta(description="Envois mis de côté après trois jours, jusqu’à 100 000", ge=0)]
    oldest_waiting_at: datetime | None
    last_success_at: datetime | None
    last_failure_at: datetime | None
    last_failure: Annotated[
        str | None,
        Meta(
            description="HTTP_500, TIMEOUT, URL_FORBIDDEN, TLS, CONNECTION, ANSWER_TOO_LARGE ; null si le dernier essai"
            " a réussi",
            examples=["HTTP_500"],
        ),
    ]
    version: Annotated[int, Meta(description="À renvoyer dans If-Match", ge=1)]

    @classmethod
    def of(cls, webhook: pb.Webhook) -> "Webhook":
        """From the service's message."""
        return cls(
            webhook.webhook_id,
            webhook.url,
            webhook.label,
            webhook.paused,
            words.read(webhook.registered_at),
            webhook.waiting,
            webhook.parked,
            words.read(webhook.oldest_waiting_at) if webhook.HasField("oldest_waiting_at") else None,
            words.read(webhook.last_success_at) if webhook.HasField("last_success_at") else None,
            words.read(webhook.last_failure_at) if webhook.HasField("last_failure_at") else None,
            webhook.last_failure or None,
            webhook.version,
        )


class Webhooks(Struct):
    """Les webhooks du portail, par date d’enregistrement."""

    items: list[Webhook]


class NewWebhook(Input):
    """Ce que l’on enregistre."""

    url: Url = Field(description="https, joignable depuis Internet")
    label: Label = Field(description="Ce que liront les personnes qui choisissent ce portail")


class RegisteredWebhook(Struct):
    """Le webhook, et le secret qui signe : il n’est dit qu’ici."""

    webhook: Webhook
    secret: Annotated[
        str, Meta(description="whsec_ et du base64", examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="])
    ]
    version: Annotated[int, Meta(description="Celle du webhook", ge=1)]


class WebhookChange(Input):
    """Ce qui change ; ce qui n’est pas donné reste."""

    url: Url | None = None
    label: Label | None = None
    paused: bool | None = None


class WebhookSecret(Struct):
    """Le nouveau secret."""

    secret: Annotated[str, Meta(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="])]
    former_until: Annotated[datetime, Meta(description="Jusque-là, l’ancien signe aussi")]


class Delivery(Struct):
    """Un événement, pour une personne, vers ce webhook."""

    id: Annotated[str, Meta(description="Le webhook-id de l’envoi")]
    kind: HappeningKind
    state: Annotated[
        DeliveryState,
        Meta(
            description="parked : abandonné après trois jours ; withheld : la personne n’a plus le droit de le savoir"
        ),
    ]
    attempts: Annotated[int, Meta(ge=0)]
    at: datetime
    next_try_at: datetime | None
    done_at: datetime | None
    last_failure: Annotated[str | None, Meta(examples=["TIMEOUT"])]

    @classmethod
    def of(cls, delivery: pb.Delivery) -> "Delivery":
        """From the service's message."""
        return cls(
            delivery.delivery_id,
            delivery.event_kind,  # type: ignore[arg-type]  # one of the kinds
            STATES.word[delivery.state],
            delivery.attempts,
            words.read(delivery.at),
            words.read(delivery.next_try_at) if delivery.HasField("next_try_at") else None,
            words.read(delivery.done_at) if delivery.HasField("done_at") else None,
            delivery.last_failure or None,
        )


class Deliveries(Struct):
    """Une page d’envois, le plus récent d’abord."""

    items: list[Delivery]
    next_cursor: str | None


class DeliveriesQuery(ListQuery):
    """Quels envois."""

    state: DeliveryState | None = Field(None, description="Seulement ceux-là")


class ToResend(Input):
    """Ce que l’on renvoie."""

    delivery_ids: list[OpaqueId] = Field(min_length=1, max_length=100)


class ToReplay(Input):
    """Depuis quand."""

    since: Moment = Field(description="Dans les 14 derniers jours")


class WaitingDeliveries(Struct):
    """Ce qui attend maintenant."""

    waiting: Annotated[int, Meta(ge=0)]


@on(router, "GET", "", "Mes webhooks", Authz("webhook", "list", PORTALS), *_WEBHOOK)
async def list_webhooks(peers: To) -> Webhooks:
    """Ceux du portail qui appelle, avec ce qui attend et le dernier échec."""
    reply = await peers.webhooks.ListWebhooks(pb.ListWebhooksRequest())
    return Webhooks([Webhook.of(one) for one in reply.webhooks])


@on(router, "POST", "", "Enregistrer un webhook", Authz("webhook", "register", PORTALS), *_WEBHOOK, *_ADDRESS,
    "WEBHOOKS_TOO_MANY", "IDEMPOTENCY_KEY_REUSED", status=201, etag=True, keyed=True)  # fmt: skip
async def register_webhook(new: NewWebhook, peers: To) -> RegisteredWebhook:
    """Ce qui concerne les personnes qui ont choisi ce portail y sera envoyé, par identifiants, signé (Standard
    Webhooks). Cinq au plus. Voir docs/messaging.md pour écrire un récepteur.
    """
    reply = await peers.webhooks.RegisterWebhook(pb.RegisterWebhookRequest(**new.model_dump()))
    return RegisteredWebhook(Webhook.of(reply.webhook), reply.secret, reply.webhook.version)


@on(router, "PATCH", "/{webhook}", "Changer un webhook", Authz("webhook", "change", PORTALS), *_ONE, *_ADDRESS,
    "VERSION_STALE", etag=True)  # fmt: skip
async def change_webhook(webhook: Id, change: WebhookChange, version: Version, peers: To) -> Webhook:
    """Son adresse, son nom, ou sa pause : ce qui arrive pendant une pause attend, trois jours."""
    reply = await peers.webhooks.ChangeWebhook(
        pb.ChangeWebhookRequest(webhook_id=webhook, version=version, **change.model_dump(exclude_none=True))
    )
    return Webhook.of(reply.webhook)


@on(router, "DELETE", "/{webhook}", "Supprimer un webhook", Authz("webhook", "remove", PORTALS), *_ONE, status=204)
async def remove_webhook(webhook: Id, peers: To) -> None:
    """Ce qui attendait n’est pas envoyé."""
    await peers.webhooks.RemoveWebhook(pb.RemoveWebhookRequest(webhook_id=webhook))


@on(router, "POST", "/{webhook}/secret", "Changer de secret", Authz("webhook", "rotate", PORTALS), *_ONE,
    "IDEMPOTENCY_KEY_REUSED", status=201, keyed=True)  # fmt: skip
async def rotate_webhook_secret(webhook: Id, peers: To) -> WebhookSecret:
    """Pendant un jour, les envois portent les deux signatures."""
    reply = await peers.webhooks.RotateSecret(pb.RotateSecretRequest(webhook_id=webhook))
    return WebhookSecret(reply.secret, words.read(reply.former_until))


@on(router, "GET", "/{webhook}/deliveries", "Envois d’un webhook", Authz("delivery", "list", PORTALS), *_ONE,
    "CURSOR_INVALID")  # fmt: skip
async def list_deliveries(
    webhook: Id, query: Annotated[DeliveriesQuery, Query()], pages: Pages, peers: To
) -> Deliveries:
    """Ce qui est parti, attend, ou a été abandonné."""
    reply = await peers.webhooks.ListDeliveries(
        pb.ListDeliveriesRequest(
            webhook_id=webhook, state=STATES.number_of(query.state), cursor=pages.open(query), limit=query.limit
        )
    )
    return Deliveries([Delivery.of(one) for one in reply.deliveries], pages.seal(query, reply.next_cursor))


@on(router, "POST", "/{webhook}/deliveries/resend", "Renvoyer des envois", Authz("delivery", "resend", PORTALS), *_ONE,
    "DELIVERY_UNKNOWN")  # fmt: skip
async def resend_deliveries(webhook: Id, which: ToResend, peers: To) -> WaitingDeliveries:
    """Tous ou aucun, sous les mêmes identifiants ; chacun est décidé à nouveau en partant."""
    reply = await peers.webhooks.Resend(pb.ResendRequest(webhook_id=webhook, delivery_ids=which.delivery_ids))
    return WaitingDeliveries(reply.waiting)


@on(router, "POST", "/{webhook}/replay", "Tout renvoyer depuis", Authz("delivery", "replay", PORTALS), *_ONE,
    "PERIOD_INVALID")  # fmt: skip
async def replay_webhook(webhook: Id, which: ToReplay, peers: To) -> WaitingDeliveries:
    """Se prépare peu à peu : `waiting` dit ce qui attend à cet instant, la liste des webhooks la suite."""
    reply = await peers.webhooks.Replay(pb.ReplayRequest(webhook_id=webhook, since=words.timestamp(which.since)))
    return WaitingDeliveries(reply.waiting)
