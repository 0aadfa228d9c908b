"""/stream, /events: what happens to the caller, live or in pages; to a portal, what happens to those who chose it."""

from typing import Annotated, Any, cast

from fastapi import APIRouter, Query
from msgspec import Meta, Struct
from pydantic import Field
from terresante.messaging.v1 import feed_service_pb2 as pb

from terresante_gateway.cursors import LONGEST
from terresante_gateway.happenings import Happening
from terresante_gateway.limits import Budget
from terresante_gateway.operation import Authz, Kind, Stream, To, on
from terresante_gateway.sse import Follows, ServerSentEvent
from terresante_gateway.words import Input

router = APIRouter(prefix="/v1", tags=["Ce qui se passe"])
HEARERS: tuple[Kind, ...] = ("professional", "patient", "system")
STREAM_SECONDS = 3_600.0
PIECE_SECONDS = 10.0
_EVENTS = "text/event-stream"
_FEED = ("CURSOR_INVALID", "CURSOR_GONE", "CONSENT_UNAVAILABLE", "ACCESS_REFUSED", "PATIENTS_TOO_MANY")


class FollowQuery(Input):
    """D’où reprendre."""

    last_event_id: str = Field(
        "", max_length=LONGEST, description="Comme l’en-tête Last-Event-ID, pour qui ne peut pas l’envoyer"
    )


class EventsQuery(Input):
    """Quelle page."""

    after: str = Field(
        "", max_length=LONGEST, description="Le dernier curseur reçu ; vide : depuis le plus ancien gardé"
    )
    limit: int = Field(200, ge=1, le=1000, description="Événements par page, au plus", examples=[20])


class Happenings(Struct):
    """Une page de ce qui s’est passé, le plus ancien d’abord."""

    items: list[Happening]
    next_cursor: Annotated[str, Meta(description="Pour la suite, aussi après la dernière page")]
    more: Annotated[bool, Meta(description="Il y en a d’autres dès maintenant")]


@on(router, "GET", "/stream", "Suivre en direct", Authz("event", "follow", HEARERS), *_FEED, "STREAM_SLOW",
    "STREAMS_TOO_MANY", "LOGIN_EXPIRED", seconds=STREAM_SECONDS, answer_media_type=_EVENTS, line=ServerSentEvent,
    limit=Budget.STREAMS, live=True)  # fmt: skip
async def follow(query: Annotated[FollowQuery, Query()], feed: Follows, peers: To) -> Stream:
    """Événements envoyés par le serveur (text/event-stream) : `id` est un curseur, `event` la sorte, `data` des
    identifiants. Reprend après `Last-Event-ID`, ou commence maintenant. Un signe toutes les 15 secondes ; la fin est
    dite (`event: end`, `reason`) : revenir avec le dernier curseur. Voir aussi docs/api/asyncapi.json.
    """
    feed.check_room()
    ask = cast(Any, peers.feed.Follow)  # the platform's stub takes `seconds`
    answers = ask(pb.FollowRequest(cursor=feed.open(query.last_event_id)), seconds=STREAM_SECONDS)
    first = await anext(answers)  # a refusal of the whole is a problem, not a broken stream
    return Stream(_EVENTS, feed.frames(answers, first), [(b"x-accel-buffering", b"no")], PIECE_SECONDS)


@on(router, "GET", "/events", "Ce qui s’est passé", Authz("event", "list", HEARERS), *_FEED)
async def list_events(query: Annotated[EventsQuery, Query()], feed: Follows, peers: To) -> Happenings:
    """Tout, dans un seul ordre, après un curseur (ceux du flux en direct aussi) : un portail qui a perdu sa base la
    refait avec cela. Ce que l’appelant n’a plus le droit de savoir n’y est pas.
    """
    reply = await peers.feed.ListEvents(pb.ListEventsRequest(cursor=feed.open(query.after), limit=query.limit))
    items = [Happening.of(one, feed.seal(one.cursor)) for one in reply.events]
    return Happenings(items, feed.seal(reply.next_cursor), reply.more)
