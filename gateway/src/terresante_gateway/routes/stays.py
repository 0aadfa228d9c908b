"""/patients/{patient}/stays: when the patient comes into an institution and leaves it, which the circle is told."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from msgspec import Meta, Struct
from pydantic import Field
from terresante.records.v1 import alert_service_pb2 as pb

from terresante_gateway import words
from terresante_gateway.codes import codes_of
from terresante_gateway.names import Names, Where, Who, named
from terresante_gateway.operation import CARE, Authz, Id, To, Version, on
from terresante_gateway.pages import ListQuery, Pages
from terresante_gateway.routes.documents import RECORD, NewVisibility, Visibility
from terresante_gateway.words import Input, Line, Moment

router = APIRouter(prefix="/v1/patients/{patient}/stays", tags=["Séjours"])

StayKind = Literal["inpatient", "emergency", "day", "home"]
KINDS = codes_of(pb.StayKind, "STAY_KIND_")


class Stay(Struct):
    """Un séjour dans un établissement, ou à domicile avec lui."""

    id: str
    kind: Annotated[
        StayKind,
        Meta(
            description="inpatient : avec nuit ; emergency : urgences ; day : de jour ;"
            " home : hospitalisation à domicile"
        ),
    ]
    place_id: Annotated[str, Meta(description="Le lieu d’exercice d’où l’entrée a été dite")]
    place: Annotated[Where | None, Meta(description="Avec names=true seulement")]
    unit: Annotated[str | None, Meta(examples=["Médecine gériatrique, 2e étage"])]
    since: datetime
    until: Annotated[datetime | None, Meta(description="null tant qu’il dure")]
    admitted_by_id: str
    admitted_by: Annotated[Who | None, Meta(description="Avec names=true seulement")]
    discharged_by_id: str | None
    discharged_by: Annotated[Who | None, Meta(description="Avec names=true seulement")]
    visibility: Visibility
    version: Annotated[int, Meta(description="À renvoyer dans If-Match", ge=1)]

    @classmethod
    def of(cls, stay: pb.Stay, names: Names | None = None) -> "Stay":
        """From the service's message."""
        return cls(
            stay.stay_id,
            KINDS.word[stay.kind],
            stay.place_id,
            names.where(stay.admitted_by, stay.place_id) if names else None,
            stay.unit or None,
            words.read(getattr(stay, "from")),
            words.read(stay.until) if stay.HasField("until") else None,
            stay.admitted_by,
            names.professional(stay.admitted_by) if names else None,
            stay.discharged_by or None,
            names.professional(stay.discharged_by) if names and stay.discharged_by else None,
            Visibility.of(stay.visibility),
            stay.version,
        )


class Stays(Struct):
    """Une page de séjours, le plus récent d’abord."""

    items: list[Stay]
    next_cursor: str | None


class StaysQuery(ListQuery):
    """Quels séjours."""

    names: bool = Field(False, description="Ajouter les noms et les lieux")


class NewStay(Input):
    """L’entrée d’un patient, dans l’établissement où l’appelant exerce."""

    kind: StayKind
    unit: Annotated[Line, Field(min_length=1, max_length=200, examples=["Médecine gériatrique, 2e étage"])] | None = (
        None
    )
    since: Moment = Field(description="Pas à venir, ni de plus de 31 jours", examples=["2026-03-02T08:15:00+01:00"])
    visibility: NewVisibility = NewVisibility()


class Discharge(Input):
    """La sortie d’un patient."""

    until: Moment = Field(examples=["2026-03-05T14:00:00+01:00"])


@on(router, "GET", "", "Séjours", Authz("stay", "list", CARE), *RECORD, "CURSOR_INVALID")
async def list_stays(patient: Id, query: Annotated[StaysQuery, Query()], pages: Pages, peers: To) -> Stays:
    """Les séjours que l’appelant peut lire."""
    reply = await peers.alerts.ListStays(
        pb.ListStaysRequest(patient_id=patient, cursor=pages.open(query), limit=query.limit)
    )
    hands = [id for one in reply.stays for id in (one.admitted_by, one.discharged_by)]
    names = await named(peers, professionals=hands) if query.names else None
    return Stays([Stay.of(one, names) for one in reply.stays], pages.seal(query, reply.next_cursor))


@on(router, "POST", "", "Dire une entrée", Authz("stay", "publish", ("professional",)), *RECORD, "STAY_DATE_INVALID",
    "STAY_ALREADY", "UNIT_INVALID", "IDEMPOTENCY_KEY_REUSED", status=201, etag=True, keyed=True)  # fmt: skip
async def admit_patient(patient: Id, new: NewStay, peers: To) -> Stay:
    """Le patient est entré dans l’établissement du lieu d’exercice choisi ; son cercle en est prévenu."""
    reply = await peers.alerts.AdmitPatient(
        pb.AdmitPatientRequest(
            patient_id=patient,
            kind=KINDS.number[new.kind],
            unit=new.unit or "",
            visibility=new.visibility.told(),
            **{"from": words.timestamp(new.since)},  # a word of Python's
        )
    )
    return Stay.of(reply.stay)


@on(router, "POST", "/{stay}/discharge", "Dire une sortie", Authz("stay", "change", ("professional",)), *RECORD,
    "STAY_UNKNOWN", "STAY_NOT_YOURS", "STAY_ENDED", "STAY_DATE_INVALID", "VERSION_STALE", etag=True)  # fmt: skip
async def discharge_patient(patient: Id, stay: Id, discharge: Discharge, version: Version, peers: To) -> Stay:
    """Le patient est sorti ; par qui exerce dans cet établissement. Son cercle en est prévenu."""
    reply = await peers.alerts.DischargePatient(
        pb.DischargePatientRequest(
            patient_id=patient, stay_id=stay, version=version, until=words.timestamp(discharge.until)
        )
    )
    return Stay.of(reply.stay)
