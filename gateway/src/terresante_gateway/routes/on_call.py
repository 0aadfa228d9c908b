"""/structures/{structure}/on-call: who of a team is on call, and when."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from msgspec import Meta, Struct
from pydantic import Field
from terresante.messaging.v1 import telling_service_pb2 as pb

from terresante_gateway import words
from terresante_gateway.names import Names, Who, named
from terresante_gateway.operation import Authz, Id, To, on
from terresante_gateway.routes.absences import PROFESSIONALS
from terresante_gateway.words import Input, Moment, OpaqueId

router = APIRouter(prefix="/v1/structures/{structure}/on-call", tags=["Astreintes"])
_TEAM = ("ACCESS_REFUSED", "CONSENT_UNAVAILABLE", "NOT_IN_TEAM")


class OnCall(Struct):
    """Un temps d’astreinte."""

    id: str
    structure_id: str
    professional: Annotated[Who, Meta(description="Son nom avec names=true seulement")]
    since: Annotated[datetime, Meta(description="À partir de quand")]
    until: datetime

    @classmethod
    def of(cls, time: pb.OnCall, names: Names | None = None) -> "OnCall":
        """From the service's message."""
        return cls(
            time.on_call_id,
            time.structure_id,
            (names or Names()).professional(time.professional_id),
            words.read(getattr(time, "from")),
            words.read(time.until),
        )


class OnCallTimes(Struct):
    """Les astreintes, par début."""

    items: list[OnCall]


class OnCallQuery(Input):
    """Quels jours : 62 au plus."""

    since: Moment = Field(examples=["2026-03-01T00:00:00Z"])
    until: Moment = Field(examples=["2026-04-01T00:00:00Z"])
    names: bool = Field(False, description="Ajouter les noms")


class NewOnCall(Input):
    """Qui, et quand."""

    professional_id: OpaqueId = Field(description="Quelqu’un de l’équipe")
    since: Moment
    until: Moment


@on(router, "GET", "", "Qui est d’astreinte", Authz("on_call", "list", PROFESSIONALS), *_TEAM, "PERIOD_INVALID")
async def list_on_call(structure: Id, query: Annotated[OnCallQuery, Query()], peers: To) -> OnCallTimes:
    """Pour qui exerce dans la structure."""
    period = {"from": words.timestamp(query.since), "until": words.timestamp(query.until)}
    reply = await peers.telling.ListOnCall(pb.ListOnCallRequest(structure_id=structure, **period))
    names = await named(peers, professionals=[one.professional_id for one in reply.times]) if query.names else None
    return OnCallTimes([OnCall.of(one, names) for one in reply.times])


@on(router, "POST", "", "Mettre d’astreinte", Authz("on_call", "put", PROFESSIONALS), *_TEAM, "PERIOD_INVALID",
    "ON_CALL_ALREADY", status=201)  # fmt: skip
async def put_on_call(structure: Id, new: NewOnCall, peers: To) -> OnCall:
    """Quelqu’un de l’équipe, par quelqu’un de l’équipe."""
    period = {"from": words.timestamp(new.since), "until": words.timestamp(new.until)}
    reply = await peers.telling.PutOnCall(
        pb.PutOnCallRequest(structure_id=structure, professional_id=new.professional_id, **period)
    )
    return OnCall.of(reply.time)


@on(router, "DELETE", "/{on_call}", "Ôter une astreinte", Authz("on_call", "take_off", PROFESSIONALS), *_TEAM,
    "ON_CALL_UNKNOWN", status=204)  # fmt: skip
async def take_off_call(structure: Id, on_call: Id, peers: To) -> None:
    """Par quelqu’un de l’équipe."""
    await peers.telling.TakeOffCall(pb.TakeOffCallRequest(on_call_id=on_call))
