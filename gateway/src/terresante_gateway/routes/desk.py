"""/desk, /indicators: what waits for the administrator, and how their territory is doing."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from msgspec import Meta, Struct
from pydantic import Field
from terresante.directory.v1 import enrolment_service_pb2 as pb

from terresante_gateway import words
from terresante_gateway.operation import Authz, To, on
from terresante_gateway.routes.sheets import ADMINISTRATORS, moment, since, stamp
from terresante_gateway.words import Input, Line, Moment

router = APIRouter(prefix="/v1", tags=["Suivi d’un territoire"])


class Waiting(Struct):
    """Une sorte de travail qui attend."""

    kind: Annotated[str, Meta(description="requests, imports, differences, stale_offers…", examples=["stale_offers"])]
    count: int
    oldest: Annotated[datetime | None, Meta(description="Depuis quand attend le plus ancien")]


class Desk(Struct):
    """Ce qui attend l’administrateur ; rien de ce qui n’attend pas."""

    items: list[Waiting]


class IndicatorPoint(Struct):
    """Une semaine d’une série."""

    week: Annotated[datetime, Meta(description="Le lundi, minuit à Paris")]
    value: int
    masked: Annotated[bool, Meta(description="Trop peu pour être dit ; value vaut alors 0")]


class IndicatorSeries(Struct):
    """Un compte, semaine par semaine."""

    kind: Annotated[
        str,
        Meta(
            description="enrolled (par profession), active_users, structures, offers, offers_stale, places ; circles "
            "et consents : cercles de soins et patients consentants ; messages : messages que les professionnels du "
            "territoire ont écrits dans la semaine",
            examples=["enrolled"],
        ),
    ]
    label: Annotated[str | None, Meta(description="Une profession, par exemple ; null : le tout")]
    points: Annotated[list[IndicatorPoint], Meta(description="Aucun si ce n’est pas connu en ce moment")]
    unknown: Annotated[bool, Meta(description="Le service qui compte ne répond pas")]
    smallest: Annotated[
        int,
        Meta(
            description="En dessous, un compte est masqué (messages : si moins de professionnels ont écrit) ; "
            "0 : aucun ne l’est"
        ),
    ]
    rounded_to: Annotated[int, Meta(description="Arrondi en dessous à un multiple ; 0 ou 1 : exact")]

    @classmethod
    def of(cls, one: pb.IndicatorSeries) -> "IndicatorSeries":
        """From the service's message."""
        points = [IndicatorPoint(words.read(point.week), point.value, point.masked) for point in one.points]
        return cls(one.kind, one.label or None, points, one.unknown, one.smallest, one.rounded_to)


class Indicators(Struct):
    """Ceux d’un territoire."""

    items: list[IndicatorSeries]


class IndicatorsQuery(Input):
    """De quel territoire, de quelle semaine à quelle semaine."""

    territory_code: Line = Field(min_length=2, max_length=32, examples=["94-ouest"])
    first_week: Moment | None = Field(None, description="La première ; absent : douze semaines en tout")
    last_week: Moment | None = Field(None, description="La dernière ; absent : celle-ci")


@on(router, "GET", "/desk", "Ce qui attend", Authz("desk", "read", ADMINISTRATORS), "ADMINISTRATOR_UNKNOWN")
async def get_desk(peers: To) -> Desk:
    """Demandes, imports, écarts, offres à confirmer, comptes à regarder : combien, et depuis quand."""
    reply = await peers.enrolment.GetDesk(pb.GetDeskRequest())
    return Desk([Waiting(one.kind, one.count, moment(one, "oldest")) for one in reply.waiting])


@on(router, "GET", "/indicators", "Indicateurs d’un territoire", Authz("indicator", "read", ADMINISTRATORS),
    "TERRITORY_NOT_YOURS", "TERRITORY_UNKNOWN", "MOMENT_INVALID", "ADMINISTRATOR_UNKNOWN")  # fmt: skip
async def get_indicators(query: Annotated[IndicatorsQuery, Query()], peers: To) -> Indicators:
    """Par semaine, sans donnée de santé, les petits nombres masqués."""
    request = pb.GetIndicatorsRequest(
        territory_code=query.territory_code, to=stamp(query.last_week), **since(query.first_week)
    )
    reply = await peers.enrolment.GetIndicators(request)
    return Indicators([IndicatorSeries.of(one) for one in reply.series])
