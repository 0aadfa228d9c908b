"""Emergency accesses (R-DMP9)."""

from typing import Any

from terresante.consent.v1 import consent_service_pb2 as pb
from terresante_platform import calls
from terresante_platform.idempotency import once
from terresante_platform.ids import new_id, parsed
from terresante_platform.rpc.allow import allow

from terresante_consent import events, wire
from terresante_consent.domain import emergency
from terresante_consent.domain.emergency import EmergencyAccess, EmergencyId
from terresante_consent.domain.vocabulary import Action, PlaceId, ProfessionalId
from terresante_consent.rpc.desk import Desk
from terresante_consent.store import emergencies as kept

FRESH_SECONDS = 300


class Emergencies:
    """RPCs on emergency accesses."""

    _desk: Desk
    _emergency_hours: float

    @allow("professional", fresh=FRESH_SECONDS)
    async def OpenEmergencyAccess(
        self, request: pb.OpenEmergencyAccessRequest, _: Any
    ) -> pb.OpenEmergencyAccessResponse:
        """The patient and their circle are told by the event; the reason stays here."""
        patient = wire.patient(request.patient_id)
        reason = emergency.checked_reason(request.reason)
        async with (
            self._desk.acting(patient) as act,
            once(act.transaction, request, pb.OpenEmergencyAccessResponse) as use,
        ):
            if use.reply is not None:
                act.replayed = True
                return use.reply
            act.decide(Action.OPEN_EMERGENCY)
            if await kept.open_now(act.transaction, patient, act.caller, act.now):
                raise emergency.AlreadyOpen(
                    "Vous avez déjà un accès en urgence ouvert sur ce dossier.", "Consultez le dossier."
                )
            access = EmergencyAccess(
                id=EmergencyId(new_id()),
                patient=patient,
                professional=ProfessionalId(act.caller),
                place=act.place.id if act.place else PlaceId(act.caller),
                reason=reason,
                opened_at=act.now,
                ends_at=emergency.ending(act.now, self._emergency_hours),
            )
            await kept.keep(act.transaction, access)
            await events.emergency_opened(act.transaction, access)
            return use.keep(pb.OpenEmergencyAccessResponse(emergency_access=wire.emergency_access(access)))

    @allow("professional", "patient")
    async def CloseEmergencyAccess(
        self, request: pb.CloseEmergencyAccessRequest, _: Any
    ) -> pb.CloseEmergencyAccessResponse:
        """By who opened it, the patient, or a representative who manages."""
        patient = wire.patient(request.patient_id)
        id = parsed(request.emergency_access_id, "emergency_access_id")
        async with self._desk.acting(patient) as act:
            access = await kept.get(act.transaction, patient, id)
            own = access is not None and access.professional == act.caller
            act.decide(Action.CLOSE_EMERGENCY, own=own, about=access.professional if access else None)
            if access is None:
                raise emergency.UnknownEmergency("Cet accès en urgence n'existe pas.", "Relisez leur liste.")
            closed = emergency.close(access, act.now)
            await kept.close(act.transaction, closed)
            await events.emergency_closed(act.transaction, closed)
            return pb.CloseEmergencyAccessResponse(emergency_access=wire.emergency_access(closed))

    @allow("professional", "patient")
    async def ListEmergencyAccesses(
        self, request: pb.ListEmergencyAccessesRequest, _: Any
    ) -> pb.ListEmergencyAccessesResponse:
        """All for the patient and the circle; their own for who opened one."""
        patient = wire.patient(request.patient_id)
        async with self._desk.database.reading() as connection:
            found = await kept.of_patient(connection, patient)
        mine = [access for access in found if access.professional == calls.person().id]
        decision = await self._desk.may(Action.READ_EMERGENCIES, patient, has_own=bool(mine))
        shown = mine if decision.scope is not None and decision.scope.own_only else found
        return pb.ListEmergencyAccessesResponse(emergency_accesses=[wire.emergency_access(access) for access in shown])
