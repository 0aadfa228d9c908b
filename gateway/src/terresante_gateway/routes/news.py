"""/patients/{patient}/news and visits: what was added since the caller's last visit, in one short list."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from msgspec import Meta, Struct
from pydantic import Field
from terresante.messaging.v1 import conversation_service_pb2 as pb

from terresante_gateway import words
from terresante_gateway.codes import codes_of
from terresante_gateway.names import Names, Who, named
from terresante_gateway.operation import CARE, Authz, Id, To, on
from terresante_gateway.peers import Peers
from terresante_gateway.routes.documents import RECORD
from terresante_gateway.routes.parties import NamesQuery
from terresante_gateway.words import Input, Moment

router = APIRouter(prefix="/v1/patients/{patient}", tags=["Depuis ma dernière visite"])

NewsKind = Literal[
    "document",
    "note",
    "observation",
    "message",
    "admission",
    "discharge",
    "member",
    "consent",
    "emergency",
    "threshold",
]
KINDS = codes_of(pb.NewsKind, "NEWS_KIND_")


class NewsLine(Struct):
    """Une chose nouvelle, ou plusieurs de la même sorte, de la même main, le même jour."""

    kind: NewsKind
    count: Annotated[int, Meta(description="Combien", ge=1)]
    about_id: Annotated[str | None, Meta(description="La plus récente : document, note, mesure, séjour, message…")]
    thread_id: Annotated[str | None, Meta(description="Où lire ce message")]
    actor_id: Annotated[str | None, Meta(description="De qui cela vient")]
    actor: Annotated[Who | None, Meta(description="Avec names=true seulement")]
    urgent: bool
    at: datetime

    @classmethod
    def of(cls, line: pb.NewsLine, names: Names | None) -> "NewsLine":
        """From the service's message."""
        return cls(
            KINDS.word[line.kind],
            line.count,
            line.about_id or None,
            line.thread_id or None,
            line.actor_id or None,
            _actor(line.actor_id, names) if names is not None and line.actor_id else None,
            line.urgent,
            words.read(line.at),
        )


def _actor(id: str, names: Names) -> Who:
    """A professional if the directory knows them; else the patient or who represents them."""
    return names.professional(id) if id in names.professionals else Who("patient", id, None)


class News(Struct):
    """Ce qui a été ajouté, le plus récent d’abord ; cent lignes au plus."""

    since: Annotated[datetime, Meta(description="Depuis quand")]
    items: list[NewsLine]
    more: Annotated[bool, Meta(description="Il y en a davantage : lire le dossier lui-même")]


class NewsQuery(NamesQuery):
    """Depuis quand."""

    since: Moment | None = Field(None, description="Sans : depuis la dernière visite de l’appelant ; 90 jours au plus")


class Visit(Input):
    """Une visite."""

    since: Moment | None = Field(
        None, description="Sans : depuis la visite précédente. Pour redemander une réponse perdue"
    )


async def _told(peers: Peers, patient: str, since: datetime | None, visit: bool, with_names: bool) -> News:
    reply = await peers.conversations.GetNews(
        pb.GetNewsRequest(patient_id=patient, since=words.timestamp(since) if since else None, visit=visit)
    )
    names = await named(peers, professionals=[one.actor_id for one in reply.lines]) if with_names else None
    return News(words.read(reply.since), [NewsLine.of(one, names) for one in reply.lines], reply.more)


@on(router, "GET", "/news", "Depuis ma dernière visite", Authz("news", "read", CARE), *RECORD, "PERIOD_INVALID")
async def get_news(patient: Id, query: Annotated[NewsQuery, Query()], peers: To) -> News:
    """Ce qui a été ajouté autour du patient, par qui ; lire ceci n’est pas une visite."""
    return await _told(peers, patient, query.since, visit=False, with_names=query.names)


@on(router, "POST", "/visits", "Faire une visite", Authz("news", "read", CARE), *RECORD, "PERIOD_INVALID",
    status=201)  # fmt: skip
async def visit_patient(patient: Id, peers: To, visit: Visit | None = None) -> News:
    """Rend ce qui a été ajouté depuis la dernière visite, et compte celle-ci : les suivantes partent d’ici."""
    return await _told(peers, patient, visit.since if visit else None, visit=True, with_names=False)
