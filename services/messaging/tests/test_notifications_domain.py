"""Whom an event is told to, and whom an author's audience admits."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from terresante_messaging.domain.notifications import Audience, Concerned, Happening, Kind, told
from terresante_messaging.domain.people import ActorId, PatientId, Realm, Recipient

GP, NURSE, PARENT = (uuid4() for _ in range(3))
PATIENT = PatientId(uuid4())
CONCERNED = Concerned(frozenset({GP, NURSE}), frozenset({PARENT}))
HAPPENING = Happening(Kind.NOTE_WRITTEN, PATIENT, uuid4(), datetime(2026, 11, 23, tzinfo=UTC))


def names(recipients: list[Recipient]) -> set[tuple[str, UUID]]:
    assert len(set(recipients)) == len(recipients)
    return {(recipient.realm.value, recipient.id) for recipient in recipients}


@pytest.mark.parametrize(
    "kind",
    [
        Kind.DOCUMENT_PUBLISHED,
        Kind.NOTE_WRITTEN,
        Kind.OBSERVATION_RECORDED,
        Kind.EMERGENCY_OPENED,
        Kind.CONSENT_RECORDED,
        Kind.CONSENT_WITHDRAWN,
    ],
)
def test_the_patient_representatives_and_circle_are_told_but_not_who_did_it(kind: Kind) -> None:
    by_gp = replace(HAPPENING, kind=kind, actor=ActorId(GP))

    assert names(told(by_gp, CONCERNED)) == {("professional", NURSE), ("person", PATIENT), ("person", PARENT)}
    assert ("professional", GP) in names(told(replace(by_gp, actor=None), CONCERNED))


@pytest.mark.parametrize("kind", [Kind.MEMBER_INVITED, Kind.MEMBER_REMOVED])
def test_an_invitation_or_removal_is_told_to_the_member_and_the_patient_only(kind: Kind) -> None:
    invited = replace(HAPPENING, kind=kind, member=NURSE, actor=ActorId(GP))

    assert names(told(invited, CONCERNED)) == {("professional", NURSE), ("person", PATIENT), ("person", PARENT)}
    by_patient = replace(invited, actor=ActorId(PATIENT))
    assert names(told(by_patient, CONCERNED)) == {("professional", NURSE), ("person", PARENT)}
    of_a_structure = replace(invited, member=None)
    assert names(told(of_a_structure, CONCERNED)) == {("person", PATIENT), ("person", PARENT)}


def test_who_left_by_themselves_is_not_told_of_it() -> None:
    left = replace(HAPPENING, kind=Kind.MEMBER_REMOVED, member=NURSE, actor=ActorId(NURSE))

    assert names(told(left, CONCERNED)) == {("person", PATIENT), ("person", PARENT)}


def test_a_representative_is_told_no_more_than_the_patient() -> None:
    patient, parent = Recipient(Realm.PERSON, PATIENT), Recipient(Realm.PERSON, PARENT)
    nurse = Recipient(Realm.PROFESSIONAL, NURSE)

    def admitted(audience: Audience) -> list[Recipient]:
        return [each for each in (nurse, patient, parent) if audience.admits(each, PATIENT)]

    assert admitted(Audience()) == []
    assert admitted(Audience(professionals=True)) == [nurse]
    assert admitted(Audience(patient=True)) == [patient]
    assert admitted(Audience(representatives=True)) == []
    assert admitted(Audience(patient=True, representatives=True)) == [patient, parent]
