"""Setting limits of measures, outside of which the circle is told."""

from typing import Any

from terresante.records.v1 import alert_service_pb2 as pb
from terresante_contents.once import once
from terresante_platform.ids import new_id
from terresante_platform.rpc.allow import allow

from terresante_records.domain import thresholds as rules
from terresante_records.domain.entries import Visibility
from terresante_records.domain.thresholds import Threshold, ThresholdId, ThresholdUnknown
from terresante_records.rpc.desk import READERS, WRITERS, Desk, authorship, reader
from terresante_records.store import thresholds
from terresante_records.store.keys import patient_keys
from terresante_records.wire import alerts as wire
from terresante_records.wire import decisions, parts

TO_ALL = Visibility()


class Thresholds:
    """All about thresholds."""

    _desk: Desk

    @allow(*WRITERS)
    async def SetThreshold(self, request: pb.SetThresholdRequest, _: Any) -> pb.SetThresholdResponse:
        """Sets limits in place of those of the same code; measures that are recorded later are held against them."""
        desk, patient, now = self._desk, parts.patient(request.patient_id), self._desk.now()
        category, limits = desk.catalogue.observation_category, rules.check(wire.limits(request))
        new = Threshold(ThresholdId(new_id()), patient, category, limits, authorship(now))
        await desk.deciding.may_publish(patient, decisions.OBSERVATIONS, category, TO_ALL)
        async with desk.database.reading() as connection:
            key = await patient_keys.get_or_make(connection, desk.masters, patient)
        async with (
            desk.database.transaction() as transaction,
            once(transaction, key, patient, request, pb.SetThresholdResponse) as use,
        ):
            if use.reply is not None:
                return use.reply
            in_force = await thresholds.alone_with(transaction, patient)
            former = await thresholds.of_code(transaction, key, patient, limits.code)
            if former is None:
                rules.check_room(in_force)
            else:
                await thresholds.end(transaction, patient, former.id, new.set.author, now)
            await thresholds.add(transaction, key, new)
            return use.keep(pb.SetThresholdResponse(threshold=wire.threshold_to_proto(new)))

    @allow(*WRITERS)
    async def EndThreshold(self, request: pb.EndThresholdRequest, _: Any) -> pb.EndThresholdResponse:
        """Measures that are recorded later are held against it no more."""
        desk, patient = self._desk, parts.patient(request.patient_id)
        id, category = wire.threshold_id(request.threshold_id), desk.catalogue.observation_category
        await desk.deciding.may_publish(patient, decisions.OBSERVATIONS, category, TO_ALL)
        async with desk.database.transaction() as transaction:
            if not await thresholds.end(transaction, patient, id, reader().id, desk.now()):
                raise ThresholdUnknown
        return pb.EndThresholdResponse()

    @allow(*READERS)
    async def ListThresholds(self, request: pb.ListThresholdsRequest, _: Any) -> pb.ListThresholdsResponse:
        """Those in force, filtered inside the query by what was decided."""
        desk, patient, who = self._desk, parts.patient(request.patient_id), reader()
        beginning = await thresholds.begin(desk.reads, desk.masters, patient, who.id)
        scope = await desk.deciding.scope(patient, decisions.OBSERVATIONS, beginning.has_written)
        if beginning.key is None:
            return pb.ListThresholdsResponse()
        found = await thresholds.shown(desk.reads, beginning.key, patient, who.id, scope)
        return pb.ListThresholdsResponse(thresholds=[wire.threshold_to_proto(one) for one in found])
