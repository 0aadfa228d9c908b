"""From which moment on a conversation is read, and who reads it by which of their places."""

from datetime import timedelta

import pytest
from terresante_consent.domain.conversations import Since, bounded, visible_from
from terresante_consent.domain.decision import decide
from terresante_consent.domain.facts import Facts, Question
from terresante_consent.domain.reading import DIRECT, READING, TEAM, Around, Deciding
from terresante_consent.domain.vocabulary import Action, Kind, Who
from terresante_platform.ids import new_id

from .house import MONDAY
from .worlds import POLICY, mother, patient, physician, social_worker

READING_LETTER = Question(Action.READ, Kind.DOCUMENT, "letter")
EARLY, LATE = MONDAY - timedelta(days=9), MONDAY - timedelta(days=2)
staff = physician._replace(consent_in_force=True, structure_member=True)
both = staff._replace(member=True)
rescuer = physician._replace(consent_in_force=True, emergency_open=True)


@pytest.mark.parametrize(
    ("facts", "since", "expected"),
    [
        (both, Since(in_person=LATE, by_structure=EARLY), EARLY),
        (both, Since(in_person=EARLY, by_structure=LATE), EARLY),
        (staff, Since(by_structure=LATE), LATE),
        (both, Since(in_person=LATE, by_structure=EARLY, sees_earlier=True), None),
        (social_worker, Since(in_person=LATE), LATE),
        (social_worker._replace(structure_member=True), Since(in_person=LATE, by_structure=EARLY), LATE),
        (
            social_worker._replace(structure_member=True, structure_agreed=True, member_agreed=False),
            Since(in_person=EARLY, by_structure=LATE),
            LATE,
        ),
        (rescuer, Since(), None),
        (both._replace(emergency_open=True), Since(in_person=LATE, by_structure=LATE), LATE),
        (patient, Since(), None),
        (mother, Since(), None),
    ],
)
def test_the_earliest_membership_that_carries_somebody_bounds_what_they_read(
    facts: Facts, since: Since, expected: object
) -> None:
    decision = decide(READING, facts, POLICY)

    assert decision.allowed
    assert visible_from(decision, since) == expected
    scope = bounded(decision, READING, since, POLICY).scope
    assert scope is not None
    assert scope.visible_from == expected


def test_what_is_refused_or_no_conversation_stays_as_it_is() -> None:
    refused = decide(READING, physician, POLICY)
    letter = decide(READING_LETTER, both, POLICY)

    assert bounded(refused, READING, Since(), POLICY) is refused
    assert bounded(letter, READING_LETTER, Since(in_person=LATE), POLICY) is letter


@pytest.mark.parametrize(
    ("facts", "in_person", "by_structure", "elsewhere", "expected"),
    [
        (both, LATE, EARLY, False, EARLY),
        (both._replace(structure_member=False), LATE, None, True, LATE),
        (staff._replace(emergency_open=True), None, LATE, True, None),
        (staff._replace(emergency_open=True), None, LATE, False, LATE),
        (rescuer, None, None, True, None),
    ],
)
def test_of_several_places_the_one_from_which_most_is_read_counts(
    facts: Facts, in_person: object, by_structure: object, elsewhere: bool, expected: object
) -> None:
    candidate = Around(new_id(), facts, in_person, by_structure, elsewhere)  # type: ignore[arg-type]

    readers = Deciding(POLICY).around([candidate], sees_earlier=False)

    assert [(one.id, one.visible_from) for one in readers] == [(candidate.id, expected)]


@pytest.mark.parametrize(
    "facts",
    [
        both._replace(blocked=True),
        both._replace(account_open=False),
        both._replace(consent_in_force=False),
        both._replace(profession="86"),
        staff._replace(health_professional=False),
        rescuer._replace(health_professional=False),
    ],
)
def test_who_would_be_refused_is_no_reader(facts: Facts) -> None:
    candidate = Around(new_id(), facts, LATE, LATE, elsewhere=True)

    assert Deciding(POLICY).around([candidate], sees_earlier=True) == []


def test_a_member_who_practises_nowhere_is_no_reader() -> None:
    candidate = Around(new_id(), both._replace(structure_member=False), LATE, None, elsewhere=False)

    assert Deciding(POLICY).around([candidate], sees_earlier=True) == []


def test_teams_and_parties_are_decided_like_anybody_elses_question() -> None:
    here, away = new_id(), new_id()
    candidates = [(here, physician._replace(in_team=True)), (away, physician)]

    assert [one.id for one in Deciding(POLICY).apart(TEAM, candidates)] == [here]
    assert [one.id for one in Deciding(POLICY).apart(DIRECT, candidates)] == [here, away]
    assert Deciding(POLICY).apart(DIRECT, [(here, Facts(Who.SYSTEM, strong_login=True, account_open=True))]) == []


def test_the_patient_reads_always_and_who_represents_them_if_they_may_read() -> None:
    mine, reader, manager = new_id(), new_id(), new_id()
    carer = Facts(Who.PATIENT, strong_login=True)
    represented = {reader: carer._replace(may_read=True), manager: carer._replace(may_manage=True)}

    assert [one.id for one in Deciding(POLICY).of_patient(mine, represented)] == [mine, reader]


@pytest.mark.parametrize(
    ("facts", "writes"),
    [
        (both, True),
        (rescuer, True),
        (patient._replace(consent_in_force=True), False),
        (patient._replace(consent_in_force=True, patient_writing=True), True),
        (patient._replace(consent_in_force=False, patient_writing=True), False),
        (Facts(Who.PATIENT, strong_login=True, may_read=True, consent_in_force=True, patient_writing=True), False),
    ],
)
def test_who_reads_is_told_whether_they_may_write(facts: Facts, writes: bool) -> None:
    scope = bounded(decide(READING, facts, POLICY), READING, Since(), POLICY).scope

    assert scope is not None
    assert scope.may_write is writes
