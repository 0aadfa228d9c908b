"""The story of one patient's record, as the consent service tells it: consent, circle, emergency, block, withdrawal."""

from collections.abc import Awaitable, Callable

from terresante.consent.v1 import consent_service_pb2 as pb
from terresante_platform.ids import new_id

from .house import House, consent_of, reason

Published = Callable[[], Awaitable[list[str]]]


async def test_without_consent_there_is_no_record_and_no_circle(house: House) -> None:
    doctor, patient = house.directory.professional(), new_id()
    house.professional(doctor)

    refused = await house.decided(patient, "LIST")

    assert not refused.allowed
    assert refused.reasons[0] == "CONSENT_NOT_IN_FORCE"
    assert "consentement" in refused.sentence
    assert refused.todo
    asked = house.consents.GetCircle(pb.GetCircleRequest(patient_id=str(patient)))
    assert await reason(asked) == "CONSENT_NOT_IN_FORCE"
    house.person(patient)
    assert await reason(house.consents.GetCircle(pb.GetCircleRequest(patient_id=str(patient)))) == "CIRCLE_UNKNOWN"


async def test_the_first_consent_opens_the_circle_with_who_recorded_it(house: House, published: Published) -> None:
    doctor, patient = house.directory.professional(), house.identity.person()
    house.professional(doctor)

    reply = await house.consents.RecordConsent(consent_of(patient, house.clock()))

    assert [member.professional_id for member in reply.circle.members] == [str(doctor)]
    assert reply.circle.consent_in_force
    assert reply.consent.given_by == str(patient)
    assert reply.consent.recorded_by == str(doctor)
    assert await house.reads(patient)
    assert await published() == ["consent.v1.consent_recorded"]


async def test_who_is_invited_reads_and_who_is_removed_does_not(house: House, published: Published) -> None:
    doctor, nurse = house.directory.professional(), house.directory.professional("60")
    patient = await house.consented(doctor)
    house.professional(nurse)
    assert (await house.decided(patient, "READ")).reasons[0] == "NOT_IN_CIRCLE"

    house.professional(doctor)
    member = await house.invites(patient, nurse)
    house.professional(nurse)
    assert await house.reads(patient)

    house.person(patient)
    await house.consents.RemoveMember(pb.RemoveMemberRequest(patient_id=str(patient), member_id=member.member_id))
    house.professional(nurse)
    assert (await house.decided(patient, "READ")).reasons[0] == "NOT_IN_CIRCLE"
    assert await house.reads(patient, author_id=nurse)
    assert (await house.decided(patient, "LIST", caller_has_written=True)).scope.own_only
    assert await published() == [
        "consent.v1.consent_recorded",
        "consent.v1.member_invited",
        "consent.v1.member_removed",
    ]


async def test_a_social_worker_joins_with_explicit_agreement_and_sees_the_categories_of_the_mission(
    house: House,
) -> None:
    doctor = house.directory.professional()
    worker = house.directory.professional("NPS-ASS", health=False)
    patient = await house.consented(doctor)
    assert await reason(house.invites(patient, worker)) == "AGREEMENT_MISSING"
    unsaid = house.invites(patient, worker, explicit_agreement=True)
    assert await reason(unsaid) == "AGREEMENT_MISSING"

    member = await house.invites(patient, worker, explicit_agreement=True, agreement_form=pb.CONSENT_FORM_ORAL)

    assert member.explicit_agreement
    house.professional(worker)
    scope = (await house.decided(patient, "LIST")).scope
    assert list(scope.categories) == ["care_plan", "personalised_project", "residence_certificate", "social_letter"]
    assert not await house.reads(patient)
    assert await house.reads(patient, category="care_plan")


async def test_who_the_patient_invites_is_agreed_to(house: House) -> None:
    worker = house.directory.professional("NPS-ASS", health=False)
    patient = await house.consented(house.directory.professional())
    house.person(patient)

    member = await house.invites(patient, worker)

    assert member.explicit_agreement
    assert member.agreement_form == pb.CONSENT_FORM_ELECTRONIC


async def test_the_staff_of_a_structure_read_from_a_place_in_it_only(house: House) -> None:
    ward, surgery = house.directory.structure(), house.directory.structure()
    doctor = house.directory.professional()
    intern = house.directory.professional("10", ward, surgery)
    patient = await house.consented(doctor)
    asked = pb.InviteMemberRequest(patient_id=str(patient), structure_id=str(ward))
    await house.consents.InviteMember(asked)

    house.professional(intern, place=house.directory.place(intern, 0))
    decision = await house.decided(patient, "READ")
    house.professional(intern, place=house.directory.place(intern, 1))
    elsewhere = await house.decided(patient, "READ")
    house.professional(intern)

    assert decision.allowed
    assert decision.basis == 2  # BASIS_STRUCTURE_MEMBER
    assert elsewhere.reasons[0] == "NOT_IN_CIRCLE"
    assert await reason(house.decided(patient, "READ")) == "PLACE_REQUIRED"
    house.professional(intern, place=str(new_id()))
    assert await reason(house.decided(patient, "READ")) == "PLACE_UNKNOWN"
    house.professional(intern, place="chez moi")
    assert await reason(house.decided(patient, "READ")) == "PLACE_UNKNOWN"


async def test_a_blocked_professional_is_refused_everything_in_emergencies_too(
    house: House, published: Published
) -> None:
    doctor = house.directory.professional()
    patient = await house.consented(doctor)
    house.person(patient)
    asked = pb.BlockProfessionalRequest(patient_id=str(patient), professional_id=str(doctor))
    block = (await house.consents.BlockProfessional(asked)).block
    assert await reason(house.consents.BlockProfessional(asked)) == "BLOCK_ALREADY"

    house.professional(doctor)
    emergency = pb.OpenEmergencyAccessRequest(patient_id=str(patient), reason="Patient inconscient aux urgences")
    assert (await house.decided(patient, "READ", author_id=doctor)).reasons[0] == "BLOCKED_BY_PATIENT"
    assert await reason(house.consents.OpenEmergencyAccess(emergency)) == "BLOCKED_BY_PATIENT"
    assert await reason(house.consents.RecordConsent(consent_of(patient, house.clock()))) == "CONSENT_BLOCKED"

    house.person(patient)
    await house.consents.LiftBlock(pb.LiftBlockRequest(patient_id=str(patient), block_id=block.block_id))
    house.professional(doctor)
    assert await house.reads(patient)
    assert await published() == ["consent.v1.consent_recorded", "consent.v1.professional_blocked"]


async def test_an_emergency_access_opens_the_record_until_it_ends_by_itself(house: House, published: Published) -> None:
    rescuer = house.directory.professional()
    patient = await house.consented(house.directory.professional())
    house.professional(rescuer)
    assert not await house.reads(patient)

    asked = pb.OpenEmergencyAccessRequest(patient_id=str(patient), reason="Patient inconscient aux urgences")
    access = (await house.consents.OpenEmergencyAccess(asked)).emergency_access

    assert access.place_id == house.directory.place(rescuer)
    assert (access.ends_at.seconds - access.opened_at.seconds) == 4 * 3600
    decision = await house.decided(patient, "READ")
    assert decision.allowed
    assert decision.basis == 3  # BASIS_EMERGENCY
    assert (await house.decided(patient, "READ", hidden_from_professionals=True)).reasons[0] == "HIDDEN"
    assert await reason(house.consents.OpenEmergencyAccess(asked)) == "EMERGENCY_ALREADY_OPEN"
    house.clock.passes(hours=4)
    assert not await house.reads(patient)
    assert (await published())[-1] == "consent.v1.emergency_opened"


async def test_an_emergency_access_is_closed_by_who_opened_it_or_the_patient(
    house: House, published: Published
) -> None:
    rescuer, other = house.directory.professional(), house.directory.professional()
    patient = await house.consented(house.directory.professional())
    house.professional(rescuer)
    asked = pb.OpenEmergencyAccessRequest(patient_id=str(patient), reason="Patient inconscient aux urgences")
    access = (await house.consents.OpenEmergencyAccess(asked)).emergency_access
    close = pb.CloseEmergencyAccessRequest(patient_id=str(patient), emergency_access_id=access.emergency_access_id)

    house.professional(other)
    assert await reason(house.consents.CloseEmergencyAccess(close)) == "NOT_AUTHOR"
    assert (await published())[-1] == "consent.v1.emergency_opened"
    house.person(patient)
    assert (await house.consents.CloseEmergencyAccess(close)).emergency_access.HasField("closed_at")

    house.professional(rescuer)
    assert not await house.reads(patient)
    assert await reason(house.consents.CloseEmergencyAccess(close)) == "EMERGENCY_UNKNOWN"
    assert (await published())[-1] == "consent.v1.emergency_closed"


async def test_an_emergency_asks_for_a_reason_a_fresh_login_and_a_health_professional(house: House) -> None:
    doctor, worker = house.directory.professional(), house.directory.professional("NPS-ASS", health=False)
    patient = await house.consented(house.directory.professional())
    opened = house.consents.OpenEmergencyAccess
    asked = pb.OpenEmergencyAccessRequest(patient_id=str(patient), reason="Patient inconscient aux urgences")

    house.professional(doctor)
    without = pb.OpenEmergencyAccessRequest(patient_id=str(patient), reason="urgence")
    assert await reason(opened(without)) == "EMERGENCY_REASON_MISSING"
    house.professional(doctor, logged_in_ago=301)
    assert await reason(opened(asked)) == "LOGIN_TOO_OLD"
    house.professional(worker)
    assert await reason(opened(asked)) == "EMERGENCY_NOT_ENTITLED"
    house.person(patient)
    assert await reason(opened(asked)) == "KIND_NOT_ALLOWED"


async def test_after_withdrawal_only_authors_and_the_patient_read_and_giving_it_again_reopens_as_it_was(
    house: House, published: Published
) -> None:
    doctor, nurse = house.directory.professional(), house.directory.professional("60")
    patient = await house.consented(doctor)
    await house.invites(patient, nurse)
    house.person(patient)
    consents = (await house.consents.ListConsents(pb.ListConsentsRequest(patient_id=str(patient)))).consents
    before = (await house.consents.GetCircle(pb.GetCircleRequest(patient_id=str(patient)))).circle
    end = pb.WithdrawConsentRequest(patient_id=str(patient), consent_id=consents[0].consent_id)

    withdrawn = (await house.consents.WithdrawConsent(end)).consent

    assert withdrawn.HasField("withdrawn_at")
    assert await reason(house.consents.WithdrawConsent(end)) == "CONSENT_ALREADY_WITHDRAWN"
    assert await house.reads(patient)
    for professional in (doctor, nurse):
        house.professional(professional)
        assert (await house.decided(patient, "READ")).reasons[0] == "CONSENT_NOT_IN_FORCE"
        assert (await house.decided(patient, "PUBLISH")).reasons[0] == "CONSENT_NOT_IN_FORCE"
        assert await house.reads(patient, author_id=professional)

    house.clock.passes(minutes=1)
    house.professional(doctor)
    again = await house.consents.RecordConsent(consent_of(patient, house.clock()))
    assert [member.member_id for member in again.circle.members] == [member.member_id for member in before.members]
    house.professional(nurse)
    assert await house.reads(patient)
    assert (await published())[-2:] == ["consent.v1.consent_withdrawn", "consent.v1.consent_recorded"]


async def test_only_the_patient_withdraws(house: House) -> None:
    doctor = house.directory.professional()
    patient = await house.consented(doctor)
    consents = (await house.consents.ListConsents(pb.ListConsentsRequest(patient_id=str(patient)))).consents
    end = pb.WithdrawConsentRequest(patient_id=str(patient), consent_id=consents[0].consent_id)

    assert await reason(house.consents.WithdrawConsent(end)) == "CONSENT_NOT_YOURS"
    house.person(new_id())
    assert await reason(house.consents.WithdrawConsent(end)) == "CONSENT_NOT_YOURS"
    house.person(patient)
    other = pb.WithdrawConsentRequest(patient_id=str(patient), consent_id=str(new_id()))
    assert await reason(house.consents.WithdrawConsent(other)) == "CONSENT_UNKNOWN"
    stale = pb.WithdrawConsentRequest(patient_id=str(patient), consent_id=consents[0].consent_id, version=9)
    assert await reason(house.consents.WithdrawConsent(stale)) == "VERSION_STALE"


async def test_a_patient_consents_in_the_portal_and_invites_the_first_member(house: House) -> None:
    doctor, patient = house.directory.professional(), house.identity.person()
    house.person(patient)
    asked = pb.RecordConsentRequest(
        patient_id=str(patient), notice_version="2026-1", information_given="Notice lue dans l'espace."
    )

    reply = await house.consents.RecordConsent(asked)

    assert reply.consent.form == pb.CONSENT_FORM_ELECTRONIC
    assert not reply.circle.members
    await house.invites(patient, doctor)
    house.professional(doctor)
    assert await house.reads(patient)
