"""Saying that a patient came into an institution and left it."""

from typing import Any

from terresante.records.v1 import alert_service_pb2 as pb
from terresante_contents.once import once
from terresante_platform.ids import new_id
from terresante_platform.rpc.allow import allow

from terresante_records import events
from terresante_records.domain import stays as rules
from terresante_records.domain.stays import Stay, StayId
from terresante_records.rpc.desk import READERS, WRITERS, Desk, authorship, reader
from terresante_records.store import stays
from terresante_records.store.keys import patient_keys
from terresante_records.wire import alerts as wire
from terresante_records.wire import decisions, parts


class Stays:
    """All about stays."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @allow(*WRITERS)
    async def AdmitPatient(self, request: pb.AdmitPatientRequest, _: Any) -> pb.AdmitPatientResponse:
        """Adds a stay in the institution of the caller's place of practice, as consent knows it."""
        desk, patient, now = self._desk, parts.patient(request.patient_id), self._desk.now()
        kind, unit = wire.kind(request.kind), rules.check_unit(request.unit)
        begins = rules.check_admission(wire.date(request, "from"), now)
        admitted, visibility = authorship(now), parts.visibility(request.visibility)
        category = desk.catalogue.note_category
        permit = await desk.deciding.may_publish_from(patient, decisions.NOTES, category, visibility)
        new = Stay(StayId(new_id()), patient, category, permit.structure, kind, unit, begins, admitted, visibility)
        async with desk.database.reading() as connection:
            key = await patient_keys.get_or_make(connection, desk.masters, patient)
        async with (
            desk.database.transaction() as transaction,
            once(transaction, key, patient, request, pb.AdmitPatientResponse) as use,
        ):
            if use.reply is not None:
                return use.reply
            await stays.add(transaction, key, new)
            await events.patient_admitted(transaction, new, permit.decision)
            return use.keep(pb.AdmitPatientResponse(stay=wire.stay_to_proto(new)))

    @allow(*WRITERS)
    async def DischargePatient(self, request: pb.DischargePatientRequest, _: Any) -> pb.DischargePatientResponse:
        """Ends a stay. Whether the caller may know of it is decided with whether they may write."""
        desk, patient = self._desk, parts.patient(request.patient_id)
        stay = await stays.find(desk.reads, desk.masters, patient, wire.stay_id(request.stay_id))
        if stay is None:
            raise await desk.deciding.unknown(patient, decisions.NOTES, rules.StayUnknown)
        permit = await desk.deciding.may_add_to(decisions.about_stay(stay), rules.StayUnknown)
        if permit.structure != stay.structure:
            raise rules.StayNotYours
        ended = rules.discharged(stay, authorship(desk.now()), wire.date(request, "until"), request.version)
        async with desk.database.transaction() as transaction:
            await stays.end(transaction, ended)
            await events.patient_discharged(transaction, ended, permit.decision)
        return pb.DischargePatientResponse(stay=wire.stay_to_proto(ended))

    @allow(*READERS)
    async def ListStays(self, request: pb.ListStaysRequest, _: Any) -> pb.ListStaysResponse:
        """A page of stays, filtered inside the query by what was decided."""
        desk, patient, who = self._desk, parts.patient(request.patient_id), reader()
        size, after = parts.limit(request.limit), parts.cursor(request.cursor)
        beginning = await stays.begin(desk.reads, desk.masters, patient, who.id)
        scope = await desk.deciding.scope(patient, decisions.NOTES, beginning.has_written)
        if beginning.key is None:
            return pb.ListStaysResponse()
        found = await stays.page(desk.reads, beginning.key, patient, who.id, scope, after, size + 1)
        kept, cursor = parts.next_cursor([stay.id for stay in found], size)
        return pb.ListStaysResponse(stays=[wire.stay_to_proto(stay) for stay in found[:kept]], next_cursor=cursor)
