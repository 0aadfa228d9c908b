"""Consents: given, withdrawn, read."""

from datetime import datetime
from typing import Any

from terresante.consent.v1 import consent_service_pb2 as pb
from terresante_platform.idempotency import once
from terresante_platform.ids import new_id, parsed
from terresante_platform.rpc.allow import allow

from terresante_consent import events, wire
from terresante_consent.domain import consents
from terresante_consent.domain.circle import Member, MemberId
from terresante_consent.domain.consents import Consent, ConsentId
from terresante_consent.domain.vocabulary import Action, PersonId, ProfessionalId
from terresante_consent.rpc.desk import Act, Desk
from terresante_consent.store import consents as kept


class Consents:
    """RPCs on consents."""

    _desk: Desk

    @allow("professional", "patient")
    async def RecordConsent(self, request: pb.RecordConsentRequest, _: Any) -> pb.RecordConsentResponse:
        """The first opens the circle, with the professional who records it as first member (R-CON1); a later one opens
        the circle again as it was."""
        patient = wire.patient(request.patient_id)
        given_at = wire.moment(request, "given_at")
        async with (
            self._desk.acting(patient) as act,
            once(act.transaction, request, pb.RecordConsentResponse) as use,
        ):
            if use.reply is not None:
                act.replayed = True
                return use.reply
            act.decide(Action.RECORD_CONSENT)
            earlier = await kept.of_patient(act.transaction, patient)
            consent = consents.give(_asked(request, act, given_at), earlier, act.now)
            first = await kept.open_circle(act.transaction, patient)
            await kept.keep(act.transaction, consent)
            if first and consent.recorded_by is not None:
                await kept.add_member(act.transaction, _first_member(consent, act))
            circle = await kept.changed_circle(act.transaction, patient)
            await events.consent_recorded(act.transaction, consent, act.now)
            return use.keep(pb.RecordConsentResponse(consent=wire.consent(consent), circle=wire.whole_circle(circle)))

    @allow("professional", "patient")
    async def WithdrawConsent(self, request: pb.WithdrawConsentRequest, _: Any) -> pb.WithdrawConsentResponse:
        """From the commit on, no decision rests on it."""
        patient, id = wire.patient(request.patient_id), parsed(request.consent_id, "consent_id")
        async with self._desk.acting(patient) as act:
            act.decide(Action.WITHDRAW_CONSENT)
            known = await kept.of_patient(act.transaction, patient)
            consent = next((one for one in known if one.id == id), None)
            if consent is None:
                raise consents.UnknownConsent("Ce consentement n'existe pas.", "Reprenez la liste des consentements.")
            withdrawn = consents.withdraw(consent, act.now, request.version)
            await kept.change(act.transaction, withdrawn)
            await kept.changed_circle(act.transaction, patient)
            await events.consent_withdrawn(act.transaction, withdrawn)
            return pb.WithdrawConsentResponse(consent=wire.consent(withdrawn))

    @allow("professional", "patient")
    async def ListConsents(self, request: pb.ListConsentsRequest, _: Any) -> pb.ListConsentsResponse:
        """Newest first."""
        patient = wire.patient(request.patient_id)
        await self._desk.may(Action.READ_CONSENTS, patient)
        async with self._desk.database.reading() as connection:
            found = await kept.of_patient(connection, patient)
        return pb.ListConsentsResponse(consents=[wire.consent(consent) for consent in found])


def _asked(request: pb.RecordConsentRequest, act: Act, given_at: datetime | None) -> Consent:
    """What is to be recorded. In the portal it is given by who is logged in, now unless said otherwise."""
    giver = wire.optional_id(request.given_by, "given_by") or act.patient
    in_portal = not act.by_professional
    if in_portal:
        if request.given_by and giver != act.caller:
            raise consents.InformationMissing(
                "Dans l'espace du patient, le consentement est donné par la personne connectée.",
                "N'indiquez pas d'autre personne.",
                field="given_by",
            )
        giver = act.caller
    if given_at is None and not in_portal:
        raise consents.DateInvalid("La date du consentement manque.", "Indiquez quand il a été donné.")
    return Consent(
        id=ConsentId(new_id()),
        patient=PersonId(act.patient),
        form=consents.checked_form(wire.FORMS.get(request.form), in_portal),
        given_at=given_at or act.now,
        given_by=PersonId(giver),
        recorded_by=None if in_portal else ProfessionalId(act.caller),
        notice_version=request.notice_version.strip(),
        information_given=request.information_given.strip(),
    )


def _first_member(consent: Consent, act: Act) -> Member:
    """Who records the first consent is agreed to with it, explicitly: the patient gave it to them."""
    return Member(
        id=MemberId(new_id()),
        patient=consent.patient,
        professional=consent.recorded_by,
        structure=None,
        since=act.now,
        invited_by=act.caller,
        explicit_agreement=True,
        agreement_form=consent.form,
    )
