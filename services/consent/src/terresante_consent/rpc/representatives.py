"""Who may act for a patient."""

from typing import Any

from terresante.consent.v1 import consent_service_pb2 as pb
from terresante_platform.idempotency import once
from terresante_platform.ids import new_id, parsed
from terresante_platform.rpc.allow import allow

from terresante_consent import events, wire
from terresante_consent.domain import representation
from terresante_consent.domain.representation import BY_LAW, Representation, RepresentationId
from terresante_consent.domain.vocabulary import Action, PersonId
from terresante_consent.rpc.desk import Desk
from terresante_consent.store import representations as kept


class Representatives:
    """RPCs on representatives."""

    _desk: Desk

    @allow("professional", "patient")
    async def AppointRepresentative(
        self, request: pb.AppointRepresentativeRequest, _: Any
    ) -> pb.AppointRepresentativeResponse:
        """What law or a judge settles is recorded by a professional of the circle; what is delegated, by the patient
        too."""
        patient = wire.patient(request.patient_id)
        representative = PersonId(parsed(request.representative_id, "representative_id"))
        right = wire.RIGHTS.get(request.kind)
        until = wire.moment(request, "until")
        if right is None:
            raise representation.KindMissing(
                "Il manque à quel titre cette personne représente le patient.", "Indiquez-le.", field="kind"
            )
        existing = await self._desk.persons.existing({representative})
        async with (
            self._desk.acting(patient) as act,
            once(act.transaction, request, pb.AppointRepresentativeResponse) as use,
        ):
            if use.reply is not None:
                act.replayed = True
                return use.reply
            act.decide(Action.APPOINT_REPRESENTATIVE, by_law=right in BY_LAW, about=representative)
            existing.require(representative, "representative_id")
            new = Representation(
                id=RepresentationId(new_id()),
                patient=patient,
                representative=representative,
                right=right,
                since=act.now,
                until=until,
                may_read=request.may_read,
                may_manage=request.may_manage,
                appointed_by=act.caller,
            )
            made = representation.appoint(new, await kept.in_force(act.transaction, patient, act.now), act.now)
            await kept.keep(act.transaction, made)
            await events.representative_appointed(act.transaction, made)
            return use.keep(pb.AppointRepresentativeResponse(representation=wire.representing(made)))

    @allow("professional", "patient")
    async def EndRepresentation(self, request: pb.EndRepresentationRequest, _: Any) -> pb.EndRepresentationResponse:
        """Also by the representative, who lays the mandate down."""
        patient, id = wire.patient(request.patient_id), parsed(request.representation_id, "representation_id")
        async with self._desk.acting(patient) as act:
            standing = await kept.get(act.transaction, patient, id)
            act.decide(
                Action.END_REPRESENTATION,
                own=standing is not None and standing.representative == act.caller,
                by_law=standing is not None and standing.right in BY_LAW,
                about=standing.representative if standing else None,
            )
            if standing is None:
                raise representation.UnknownRepresentative(
                    "Cette représentation n'existe pas.", "Relisez la liste des représentants."
                )
            ended = representation.end(standing, act.now)
            await kept.end(act.transaction, ended)
            await events.representation_ended(act.transaction, ended)
            return pb.EndRepresentationResponse(representation=wire.representing(ended))

    @allow("professional", "patient")
    async def ListRepresentatives(
        self, request: pb.ListRepresentativesRequest, _: Any
    ) -> pb.ListRepresentativesResponse:
        """Those in force."""
        patient = wire.patient(request.patient_id)
        await self._desk.may(Action.READ_REPRESENTATIVES, patient)
        async with self._desk.database.reading() as connection:
            found = await kept.in_force(connection, patient, self._desk.now())
        return pb.ListRepresentativesResponse(representations=[wire.representing(one) for one in found])
