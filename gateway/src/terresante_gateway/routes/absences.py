"""/me/absences: when a professional is away, and who is told in their place."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from msgspec import Meta, Struct
from pydantic import Field
from terresante.messaging.v1 import telling_service_pb2 as pb

from terresante_gateway import words
from terresante_gateway.operation import Authz, Id, Kind, To, on
from terresante_gateway.words import Input, Moment, OpaqueId

router = APIRouter(prefix="/v1/me/absences", tags=["Absences"])
PROFESSIONALS: tuple[Kind, ...] = ("professional",)


class Absence(Struct):
    """Un temps d’absence."""

    id: str
    since: Annotated[datetime, Meta(description="À partir de quand")]
    until: datetime
    delegate_id: Annotated[str | None, Meta(description="Qui est prévenu à la place, de ce qu’il peut lire lui-même")]

    @classmethod
    def of(cls, absence: pb.Absence) -> "Absence":
        """From the service's message."""
        return cls(
            absence.absence_id,
            words.read(getattr(absence, "from")),
            words.read(absence.until),
            absence.delegate_professional_id or None,
        )


class Absences(Struct):
    """Les absences, la plus récente d’abord."""

    items: list[Absence]


class NewAbsence(Input):
    """Quand, et par qui remplacé."""

    since: Moment
    until: Moment
    delegate_id: OpaqueId | None = Field(None, description="Un professionnel ; personne si absent")


@on(router, "GET", "", "Mes absences", Authz("absence", "list", PROFESSIONALS))
async def list_absences(peers: To) -> Absences:
    """Celles de l’appelant, passées d’un an comprises."""
    reply = await peers.telling.ListAbsences(pb.ListAbsencesRequest())
    return Absences([Absence.of(one) for one in reply.absences])


@on(router, "POST", "", "Déclarer une absence", Authz("absence", "declare", PROFESSIONALS), "PERIOD_INVALID",
    "DELEGATE_INVALID", "ABSENCE_ALREADY", status=201)  # fmt: skip
async def declare_absence(new: NewAbsence, peers: To) -> Absence:
    """Qui remplace est prévenu à la place de l’appelant, de ce qu’il peut lire lui-même."""
    period = {"from": words.timestamp(new.since), "until": words.timestamp(new.until)}
    reply = await peers.telling.DeclareAbsence(
        pb.DeclareAbsenceRequest(**period, delegate_professional_id=new.delegate_id or "")
    )
    return Absence.of(reply.absence)


@on(router, "POST", "/{absence}/end", "Être de retour", Authz("absence", "end", PROFESSIONALS), "ABSENCE_UNKNOWN")
async def end_absence(absence: Id, peers: To) -> Absence:
    """L’absence finit maintenant."""
    reply = await peers.telling.EndAbsence(pb.EndAbsenceRequest(absence_id=absence))
    return Absence.of(reply.absence)
