"""/patients/{patient}/thresholds: limits of a measure outside of which the circle is told."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from msgspec import Meta, Struct
from pydantic import Field, model_validator
from terresante.records.v1 import alert_service_pb2 as pb

from terresante_gateway import words
from terresante_gateway.names import Names, Who, named
from terresante_gateway.operation import CARE, Authz, Id, To, on
from terresante_gateway.routes.documents import RECORD
from terresante_gateway.routes.parties import NamesQuery
from terresante_gateway.words import Input, Line

router = APIRouter(prefix="/v1/patients/{patient}/thresholds", tags=["Seuils"])
Limit = Annotated[float, Field(allow_inf_nan=False)]


class Threshold(Struct):
    """Les limites d’une mesure."""

    id: str
    code: Annotated[str, Meta(description="Comme dans une observation : LOINC", examples=["8480-6"])]
    unit: Annotated[str, Meta(description="Comme dans une observation : UCUM", examples=["mm[Hg]"])]
    low: Annotated[float | None, Meta(description="Au-dessous, le cercle est prévenu", examples=[89.5])]
    high: Annotated[float | None, Meta(description="Au-dessus, le cercle est prévenu", examples=[160.5])]
    set_by_id: str
    set_by: Annotated[Who | None, Meta(description="Avec names=true seulement")]
    set_at: datetime

    @classmethod
    def of(cls, threshold: pb.Threshold, names: Names | None = None) -> "Threshold":
        """From the service's message."""
        return cls(
            threshold.threshold_id,
            threshold.code,
            threshold.unit,
            threshold.low if threshold.HasField("low") else None,
            threshold.high if threshold.HasField("high") else None,
            threshold.set_by,
            names.professional(threshold.set_by) if names else None,
            words.read(threshold.set_at),
        )


class Thresholds(Struct):
    """Les seuils en vigueur, par code."""

    items: list[Threshold]


class NewThreshold(Input):
    """Les limites ; elles remplacent celles du même code."""

    code: Line = Field(min_length=1, max_length=64, description="LOINC", examples=["8480-6"])
    unit: Line = Field(min_length=1, max_length=64, description="UCUM", examples=["mm[Hg]"])
    low: Limit | None = Field(None, description="Au-dessous, le cercle est prévenu", examples=[89.5])
    high: Limit | None = Field(None, description="Au-dessus, le cercle est prévenu", examples=[160.5])

    @model_validator(mode="after")
    def _at_least_one(self) -> "NewThreshold":
        if self.low is None and self.high is None:
            raise ValueError("Il faut donner low, high, ou les deux.")
        return self


@on(router, "GET", "", "Seuils", Authz("threshold", "list", CARE), *RECORD)
async def list_thresholds(patient: Id, query: Annotated[NamesQuery, Query()], peers: To) -> Thresholds:
    """Les seuils en vigueur."""
    reply = await peers.alerts.ListThresholds(pb.ListThresholdsRequest(patient_id=patient))
    names = await named(peers, professionals=[one.set_by for one in reply.thresholds]) if query.names else None
    return Thresholds([Threshold.of(one, names) for one in reply.thresholds])


@on(router, "POST", "", "Poser un seuil", Authz("threshold", "set", ("professional",)), *RECORD, "THRESHOLD_INVALID",
    "IDEMPOTENCY_KEY_REUSED", status=201, keyed=True)  # fmt: skip
async def set_threshold(patient: Id, new: NewThreshold, peers: To) -> Threshold:
    """Demande que le cercle soit prévenu d’une mesure hors de ces limites."""
    reply = await peers.alerts.SetThreshold(
        pb.SetThresholdRequest(patient_id=patient, **new.model_dump(exclude_none=True))
    )
    return Threshold.of(reply.threshold)


@on(router, "DELETE", "/{threshold}", "Retirer un seuil", Authz("threshold", "end", ("professional",)), *RECORD,
    "THRESHOLD_UNKNOWN", status=204)  # fmt: skip
async def end_threshold(patient: Id, threshold: Id, peers: To) -> None:
    """Par tout professionnel qui peut écrire dans le dossier."""
    await peers.alerts.EndThreshold(pb.EndThresholdRequest(patient_id=patient, threshold_id=threshold))
