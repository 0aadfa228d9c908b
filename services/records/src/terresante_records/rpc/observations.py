"""Recording and reading observations."""

from typing import Any

from terresante.records.v1 import records_service_pb2 as pb
from terresante_contents.once import once
from terresante_platform.ids import new_id
from terresante_platform.rpc.allow import allow

from terresante_records import events
from terresante_records.domain import observations as rules
from terresante_records.domain.observations import Observation, ObservationId
from terresante_records.domain.thresholds import crossed
from terresante_records.rpc.desk import READERS, WRITERS, Desk, authorship, reader
from terresante_records.store import observations, thresholds
from terresante_records.store.keys import patient_keys
from terresante_records.wire import decisions, parts
from terresante_records.wire import observations as wire


class Observations:
    """All about observations."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @allow(*WRITERS)
    async def RecordObservation(self, request: pb.RecordObservationRequest, _: Any) -> pb.RecordObservationResponse:
        """Adds an observation, and tells if it lies outside of limits that somebody set."""
        desk, patient, now = self._desk, parts.patient(request.patient_id), self._desk.now()
        new = Observation(
            id=ObservationId(new_id()),
            patient=patient,
            category=desk.catalogue.observation_category,
            measure=rules.check(wire.measure(request), now),
            recorded=authorship(now),
            visibility=parts.visibility(request.visibility),
        )
        decision = await desk.deciding.may_publish(patient, decisions.OBSERVATIONS, new.category, new.visibility)
        async with desk.database.reading() as connection:
            key = await patient_keys.get_or_make(connection, desk.masters, patient)
        async with (
            desk.database.transaction() as transaction,
            once(transaction, key, patient, request, pb.RecordObservationResponse) as use,
        ):
            if use.reply is not None:
                return use.reply
            await observations.add(transaction, key, new)
            await events.observation_recorded(transaction, new, decision)
            threshold = await thresholds.of_code(transaction, key, patient, new.measure.code)
            if threshold is not None and crossed(threshold.limits, new.measure):
                await events.threshold_crossed(transaction, new, threshold.id, decision)
            return use.keep(pb.RecordObservationResponse(observation=wire.observation_to_proto(new)))

    @allow(*READERS)
    async def ListObservations(self, request: pb.ListObservationsRequest, _: Any) -> pb.ListObservationsResponse:
        """A page of observations, filtered inside the query by what was decided."""
        desk, patient, who = self._desk, parts.patient(request.patient_id), reader()
        size, after, codes = parts.limit(request.limit), parts.cursor(request.cursor), wire.codes(request.codes)
        beginning = await observations.begin(desk.reads, desk.masters, patient, who.id)
        scope = await desk.deciding.scope(patient, decisions.OBSERVATIONS, beginning.has_written)
        key = beginning.key
        if key is None:
            return pb.ListObservationsResponse()
        found = await observations.page(desk.reads, key, patient, who.id, scope, codes, after, size + 1)
        total = await observations.total(desk.reads, key, patient, who.id, scope, codes) if request.with_total else 0
        shown, cursor = parts.next_cursor([observation.id for observation in found], size)
        return pb.ListObservationsResponse(
            observations=[wire.observation_to_proto(observation) for observation in found[:shown]],
            next_cursor=cursor,
            total=total,
        )
