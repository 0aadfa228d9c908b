"""Consents: given, withdrawn, read."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from terresante.consent.v1 import consent_service_pb2 as pb
from terresante_platform.idempotency import once
from terresante_platform.ids import new_id, parsed
from terresante_platform.rpc.allow import allow

from terresante_consent import events, wire
from terresante_consent.domain import consents, representation
from terresante_consent.domain.circle import Member, MemberId
from terresante_consent.domain.consents import Consent, ConsentId, check_version
from terresante_consent.domain.giver import Giver, in_portal, right_to_record
from terresante_consent.domain.joined import check_survivor
from terresante_consent.domain.persons import Existing
from terresante_consent.domain.representation import Representation, RepresentationId
from terresante_consent.domain.vocabulary import Action, PersonId, ProfessionalId
from terresante_consent.rpc.desk import Act, Desk
from terresante_consent.rpc.joining import Together
from terresante_consent.store import consents as kept
from terresante_consent.store import representations


class Consents:
    """RPCs on consents."""

    _desk: Desk

    @allow("professional", "patient")
    async def RecordConsent(self, request: pb.RecordConsentRequest, _: Any) -> pb.RecordConsentResponse:
        """The first opens the circle, with the professional who records it as first member (R-CON1); a later one opens
        the circle again as it was. A parent or guardian who gives it may be recorded with it."""
        patient, giver = wire.patient(request.patient_id), wire.giver(request)
        given_at = wire.moment(request, "given_at")
        existing = await self._existing(patient, giver)
        async with (
            self._desk.acting(patient) as act,
            once(act.transaction, request, pb.RecordConsentResponse) as use,
        ):
            if use.reply is not None:
                act.replayed = True
                return use.reply
            act.decide(Action.RECORD_CONSENT, about=giver.person if giver.person != patient else None)
            existing.require(patient, "patient_id")
            represented = await representations.in_force(act.transaction, patient, act.now)
            given_by, representing = _given_by(giver, act, represented)
            if representing is not None:
                existing.require(given_by, "given_by")
            together = await Together.of(act)
            check_survivor(together.mergers, patient)
            consent = await _given(_asked(request, act, given_at, given_by), together)
            first = await kept.open_circle(act.transaction, patient)
            await kept.keep(act.transaction, consent)
            await together.settle()
            if first and consent.recorded_by is not None:
                await kept.add_member(act.transaction, _first_member(consent, act))
            circle = await kept.changed_circle(act.transaction, patient)
            tell = partial(events.consent_recorded, act.transaction, at=act.now)
            await tell(consent)
            await together.tell_others(tell, consent, stands=True)
            if representing is not None:
                await self._recorded_with_it(act, representing, represented)
            return use.keep(pb.RecordConsentResponse(consent=wire.consent(consent), circle=wire.whole_circle(circle)))

    @allow("professional", "patient")
    async def WithdrawConsent(self, request: pb.WithdrawConsentRequest, _: Any) -> pb.WithdrawConsentResponse:
        """From the commit on, no decision rests on it. Of a patient who was absorbed, it also takes back what a consent
        recorded for the survivor decided, even when their own was withdrawn before."""
        patient, id = wire.patient(request.patient_id), parsed(request.consent_id, "consent_id")
        async with self._desk.acting(patient) as act:
            act.decide(Action.WITHDRAW_CONSENT)
            known = await kept.of_patient(act.transaction, patient)
            consent = next((one for one in known if one.id == id), None)
            if consent is None:
                raise consents.UnknownConsent("Ce consentement n'existe pas.", "Reprenez la liste des consentements.")
            together = await Together.of(act)
            if await together.take_back() and consent.withdrawn_at is not None:
                check_version(request.version, consent.version)
                withdrawn = consent
            else:
                withdrawn = consents.withdraw(consent, act.now, request.version)
                await kept.change(act.transaction, withdrawn)
                await kept.changed_circle(act.transaction, patient)
            tell = partial(events.consent_withdrawn, act.transaction, at=act.now)
            await tell(withdrawn)
            await together.tell_others(tell, withdrawn, stands=False)
            return pb.WithdrawConsentResponse(consent=wire.consent(withdrawn))

    @allow("professional", "patient")
    async def ListConsents(self, request: pb.ListConsentsRequest, _: Any) -> pb.ListConsentsResponse:
        """Newest first."""
        patient = wire.patient(request.patient_id)
        await self._desk.may(Action.READ_CONSENTS, patient)
        async with self._desk.database.reading() as connection:
            found = await kept.of_patient(connection, patient)
        return pb.ListConsentsResponse(consents=[wire.consent(consent) for consent in found])

    async def _existing(self, patient: PersonId, giver: Giver) -> Existing:
        """Of the patient and who is to be recorded as acting for them, who exists. A patient who has a circle does."""
        async with self._desk.database.reading() as connection:
            known = {patient} if await kept.has_circle(connection, patient) else set()
        recorded = {giver.person} if giver.person is not None and giver.right is not None else set()
        found = await self._desk.persons.existing(({patient} | recorded) - known)
        return replace(found, ids=found.ids | known)

    async def _recorded_with_it(self, act: Act, new: Representation, others: Sequence[Representation]) -> None:
        """The giver's right to act: a decision of its own, on what holds now that the consent is given, hence a line of
        its own in the journal. If there was a circle before, only its members record who acts for the patient."""
        await self._desk.look_again(act)
        act.decide(Action.APPOINT_REPRESENTATIVE, by_law=True, about=new.representative)
        made = representation.appoint(new, others, act.now, field="represents_until")
        await representations.keep(act.transaction, made)
        await events.representative_appointed(act.transaction, made)


async def _given(new: Consent, together: Together) -> Consent:
    """The consent as it will stand. It comes after every withdrawal by the same person, under whichever id; where it
    settles whose consent counts, it takes the place of the one in force."""
    act = together.act
    earlier = await kept.of_patient(act.transaction, *together.everyone)
    standing = [one for one in earlier if one.patient == new.patient and one.withdrawn_at is None]
    ended = [one for one in earlier if one.withdrawn_at is not None]
    if not together.undecided:
        return consents.give(new, standing + ended, act.now)
    made = consents.give(new, ended, act.now)
    for one in standing:
        await kept.change(act.transaction, consents.succeeded(one, made))
    return made


def _given_by(giver: Giver, act: Act, represented: Sequence[Representation]) -> tuple[PersonId, Representation | None]:
    """Who gives it, and as whose representative they are recorded with it."""
    patient = PersonId(act.patient)
    if not act.by_professional:
        return in_portal(giver, PersonId(act.caller)), None
    right = right_to_record(giver, patient, represented, act.now)
    given_by = giver.person or patient
    if right is None:
        return given_by, None
    return given_by, Representation(
        id=RepresentationId(new_id()),
        patient=patient,
        representative=given_by,
        right=right,
        since=act.now,
        until=giver.until,
        may_read=True,
        may_manage=True,
        appointed_by=act.caller,
    )


def _asked(request: pb.RecordConsentRequest, act: Act, given_at: datetime | None, given_by: PersonId) -> Consent:
    """What is to be recorded. In the portal it is given now unless said otherwise."""
    electronic = not act.by_professional
    if given_at is None and not electronic:
        raise consents.DateInvalid("La date du consentement manque.", "Indiquez quand il a été donné.")
    return Consent(
        id=ConsentId(new_id()),
        patient=PersonId(act.patient),
        form=consents.checked_form(wire.FORMS.get(request.form), electronic),
        given_at=given_at or act.now,
        given_by=given_by,
        recorded_by=None if electronic else ProfessionalId(act.caller),
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
