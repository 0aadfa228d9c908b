"""/patients/{patient}/observations: structured measures and observations."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from msgspec import Meta, Struct
from pydantic import Field, model_validator
from terresante.records.v1 import records_service_pb2 as pb

from terresante_gateway import words
from terresante_gateway.names import Names, Who, named
from terresante_gateway.operation import CARE, Authz, Id, To, on
from terresante_gateway.pages import CountedQuery, Pages
from terresante_gateway.routes.documents import RECORD, NewVisibility, Visibility
from terresante_gateway.words import Input, Line, Moment, Text

router = APIRouter(prefix="/v1/patients/{patient}/observations", tags=["Observations"])


class Quantity(Struct):
    """Un nombre et son unité."""

    value: Annotated[str, Meta(description="Décimal, en texte : jamais arrondi", examples=["37.5"])]
    unit: Annotated[str, Meta(description="Unité UCUM", examples=["Cel"])]


class Observation(Struct):
    """Une mesure ou une observation."""

    id: str
    code_system: Annotated[str, Meta(examples=["http://loinc.org"])]
    code: Annotated[str, Meta(examples=["8310-5"])]
    label: Annotated[str, Meta(examples=["Température corporelle"])]
    quantity: Quantity | None
    text: str | None
    observed_at: datetime
    recorded_at: datetime
    author_id: str
    author_place_id: str | None
    author: Annotated[Who | None, Meta(description="Avec names=true seulement")]
    category: Annotated[str, Meta(examples=["observation"])]
    visibility: Visibility
    fhir_json: Annotated[str | None, Meta(description="La ressource FHIR reçue, octet pour octet")]
    version: Annotated[int, Meta(ge=1)]

    @classmethod
    def of(cls, one: pb.Observation, names: Names | None = None) -> "Observation":
        """From the service's message."""
        value = one.WhichOneof("value")
        return cls(
            one.observation_id,
            one.code_system,
            one.code,
            one.label,
            Quantity(one.quantity.value, one.quantity.unit) if value == "quantity" else None,
            one.text if value == "text" else None,
            words.read(one.observed_at),
            words.read(one.recorded_at),
            one.author_id,
            one.author_place_id or None,
            names.professional(one.author_id) if names else None,
            one.category,
            Visibility.of(one.visibility),
            one.fhir_json.decode() or None,
            one.version,
        )


class Observations(Struct):
    """Une page d’observations, la plus récente d’abord."""

    items: list[Observation]
    next_cursor: str | None
    total: Annotated[int | None, Meta(description="Exactement ce que l’appelant peut voir ; avec total=true")]


class ObservationsQuery(CountedQuery):
    """Quelles observations."""

    code: list[Annotated[Line, Field(max_length=64)]] = Field(
        default_factory=list, max_length=20, description="Codes ; répétable"
    )


class NewQuantity(Input):
    """Un nombre et son unité."""

    value: Line = Field(pattern=r"^-?[0-9]{1,18}(\.[0-9]{1,18})?$", description="Décimal, en texte", examples=["37.5"])
    unit: Line = Field(min_length=1, max_length=64, description="Unité UCUM", examples=["Cel"])


class NewObservation(Input):
    """Ce qui a été observé : une quantité ou un texte, pas les deux."""

    code_system: Line = Field(min_length=1, max_length=200, examples=["http://loinc.org"])
    code: Line = Field(min_length=1, max_length=64, examples=["8310-5"])
    label: Line = Field(min_length=1, max_length=200, examples=["Température corporelle"])
    quantity: NewQuantity | None = None
    text: Annotated[Text, Field(min_length=1, max_length=4000)] | None = None
    observed_at: Moment = Field(examples=["2026-03-02T08:15:00+01:00"])
    visibility: NewVisibility = NewVisibility()
    fhir_json: Annotated[str, Field(max_length=65_536)] | None = Field(
        None, description="La ressource FHIR Observation, en texte : conservée octet pour octet"
    )

    @model_validator(mode="after")
    def _one_value(self) -> "NewObservation":
        if (self.quantity is None) == (self.text is None):
            raise ValueError("Il faut donner quantity ou text, un seul des deux.")
        return self


@on(router, "GET", "", "Observations", Authz("observation", "list", CARE), *RECORD, "CURSOR_INVALID",
    "TOO_MANY_CODES")  # fmt: skip
async def list_observations(
    patient: Id, query: Annotated[ObservationsQuery, Query()], pages: Pages, peers: To
) -> Observations:
    """Les mesures et observations que l’appelant peut lire."""
    reply = await peers.records.ListObservations(
        pb.ListObservationsRequest(
            patient_id=patient,
            codes=query.code,
            cursor=pages.open(query),
            limit=query.limit,
            with_total=query.total,
        )
    )
    names = await named(peers, professionals=[one.author_id for one in reply.observations]) if query.names else None
    return Observations(
        [Observation.of(one, names) for one in reply.observations],
        pages.seal(query, reply.next_cursor),
        reply.total if query.total else None,
    )


@on(router, "POST", "", "Inscrire une observation", Authz("observation", "publish", ("professional",)),
    "OBSERVATION_INVALID", "DATE_INVALID", *RECORD, "IDEMPOTENCY_KEY_REUSED", status=201, etag=True,
    keyed=True)  # fmt: skip
async def record_observation(patient: Id, new: NewObservation, peers: To) -> Observation:
    """Inscrit une mesure ou une observation, avec sa ressource FHIR si elle est donnée."""
    request = pb.RecordObservationRequest(
        patient_id=patient,
        code_system=new.code_system,
        code=new.code,
        label=new.label,
        observed_at=words.timestamp(new.observed_at),
        visibility=new.visibility.told(),
        fhir_json=(new.fhir_json or "").encode(),
    )
    if new.quantity is not None:
        request.quantity.value, request.quantity.unit = new.quantity.value, new.quantity.unit
    else:
        request.text = new.text or ""
    reply = await peers.records.RecordObservation(request)
    return Observation.of(reply.observation)
