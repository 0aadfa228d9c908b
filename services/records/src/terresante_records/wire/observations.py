"""Observations as they travel."""

from collections.abc import Sequence

from terresante.records.v1 import records_service_pb2 as pb
from terresante_platform.refusals import Invalid

from terresante_records.domain.observations import Measure, Observation, ObservationInvalid, Quantity
from terresante_records.wire import parts

MOST_CODES = 50


class TooManyCodes(Invalid):
    """More codes than one page can be filtered by."""

    reason = "TOO_MANY_CODES"


def codes(asked: Sequence[str]) -> list[str]:
    """Refuses with TOO_MANY_CODES."""
    if len(asked) > MOST_CODES:
        raise TooManyCodes(f"Pas plus de {MOST_CODES} codes à la fois.", "Demandez-les en plusieurs fois.")
    return list(asked)


def measure(message: pb.RecordObservationRequest) -> Measure:
    """Refuses with DATE_INVALID, and with OBSERVATION_INVALID when there is neither quantity nor text."""
    value: Quantity | str
    match message.WhichOneof("value"):
        case "quantity":
            value = Quantity(message.quantity.value, message.quantity.unit)
        case "text":
            value = message.text
        case _:
            raise ObservationInvalid(
                "Une observation a une valeur : une quantité ou un texte.", "Ajoutez-la.", field="value"
            )
    return Measure(
        message.code_system,
        message.code,
        message.label,
        value,
        parts.moment(message, "observed_at"),
        message.fhir_json,
    )


def observation_to_proto(observation: Observation) -> pb.Observation:
    """An observation."""
    by, measured = observation.recorded, observation.measure
    made = pb.Observation(
        observation_id=str(observation.id),
        patient_id=str(observation.patient),
        code_system=measured.code_system,
        code=measured.code,
        label=measured.label,
        observed_at=parts.stamp(measured.observed_at),
        recorded_at=parts.stamp(by.at),
        author_id=str(by.author),
        author_place_id=str(by.place) if by.place else "",
        category=observation.category,
        visibility=parts.visibility_to_proto(observation.visibility),
        fhir_json=measured.fhir_json,
        version=observation.version,
    )
    if isinstance(measured.value, Quantity):
        made.quantity.CopyFrom(pb.Quantity(value=measured.value.value, unit=measured.value.unit))
    else:
        made.text = measured.value
    return made
