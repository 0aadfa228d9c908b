"""What may happen to a consent, a circle, an emergency access, a representation, a block; and places of practice."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from terresante_consent.domain import blocks, circle, consents, emergency, professionals, representation
from terresante_consent.domain.consents import Consent, ConsentId, Form
from terresante_consent.domain.decision import Decision, decide
from terresante_consent.domain.facts import Facts, Question
from terresante_consent.domain.policy import Policy, PolicyInvalid, parse
from terresante_consent.domain.refused import refusal
from terresante_consent.domain.representation import Representation, RepresentationId, Right
from terresante_consent.domain.vocabulary import Action, PersonId, PlaceId, ProfessionalId, StructureId, Who
from terresante_platform.refusals import Refusal

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)
SECOND = timedelta(seconds=1)

marie = PersonId(uuid4())
doctor = ProfessionalId(uuid4())
consent = Consent(ConsentId(uuid4()), marie, Form.ORAL, MONDAY, marie, doctor, "2026-1", "Partage avec le cercle")
membership = circle.Member(circle.MemberId(uuid4()), marie, doctor, None, MONDAY, doctor, True, Form.ORAL)
house = circle.Circle(marie, [membership], True, 3)


def reason_of(act: object, *args: object, **more: object) -> str:
    with pytest.raises(Refusal) as refused:
        act(*args, **more)  # type: ignore[operator]
    return refused.value.reason


def test_a_consent_is_in_force_until_the_very_moment_it_is_withdrawn() -> None:
    ended = consents.withdraw(consent, TUESDAY)

    assert ended.in_force(TUESDAY - timedelta(microseconds=1))
    assert not ended.in_force(TUESDAY)
    assert not ended.in_force(MONDAY - SECOND)
    assert ended.version == 2


def test_there_is_no_second_withdrawal_and_none_based_on_another_version() -> None:
    assert reason_of(consents.withdraw, consents.withdraw(consent, TUESDAY), TUESDAY) == "CONSENT_ALREADY_WITHDRAWN"
    assert reason_of(consents.withdraw, consent, TUESDAY, version=7) == "VERSION_STALE"


def test_a_consent_is_informed_dated_and_the_only_one() -> None:
    assert consents.give(consent, [], MONDAY) == consent
    assert reason_of(consents.give, consent, [consent], TUESDAY) == "CONSENT_ALREADY_IN_FORCE"
    for lacking in (
        replace(consent, notice_version=" "),
        replace(consent, information_given=""),
        replace(consent, information_given="x" * 2001),
    ):
        assert reason_of(consents.give, lacking, [], TUESDAY) == "CONSENT_INFORMATION_MISSING"
    assert reason_of(consents.give, replace(consent, given_at=TUESDAY), [], MONDAY) == "CONSENT_DATE_INVALID"


def test_a_consent_given_before_a_withdrawal_does_not_undo_it() -> None:
    withdrawn = consents.withdraw(consent, TUESDAY)

    assert reason_of(consents.give, replace(consent, given_at=TUESDAY - SECOND), [withdrawn], TUESDAY) == (
        "CONSENT_DATE_INVALID"
    )
    assert consents.give(replace(consent, given_at=TUESDAY), [withdrawn], TUESDAY).in_force(TUESDAY)


def test_a_clock_slightly_ahead_gives_a_consent_from_now_on() -> None:
    ahead = replace(consent, given_at=MONDAY + 90 * SECOND)

    assert consents.give(ahead, [], MONDAY).given_at == MONDAY


def test_a_form_is_the_one_of_where_it_is_given() -> None:
    assert consents.checked_form(None, in_portal=True) is Form.ELECTRONIC
    assert consents.checked_form(Form.WRITTEN, in_portal=False) is Form.WRITTEN
    for form, in_portal in ((Form.ORAL, True), (Form.ELECTRONIC, False), (None, False)):
        assert reason_of(consents.checked_form, form, in_portal) == "CONSENT_INFORMATION_MISSING"


def invited(**changes: object) -> circle.Member:
    new = circle.Member(circle.MemberId(uuid4()), marie, ProfessionalId(uuid4()), None, TUESDAY, doctor, False, None)
    return replace(new, **changes)  # type: ignore[arg-type]


def test_who_joins_a_circle() -> None:
    new = invited()

    assert circle.invite(house, new, health_professional=True, blocked=False, based_on=3) == new


@pytest.mark.parametrize(
    ("new", "health", "blocked", "based_on", "reason"),
    [
        (invited(professional=doctor), True, False, 0, "MEMBER_ALREADY"),
        (invited(), True, True, 0, "MEMBER_BLOCKED"),
        (invited(), False, False, 0, "AGREEMENT_MISSING"),
        (invited(), True, False, 2, "VERSION_STALE"),
        (invited(professional=None), True, False, 0, "MEMBER_INVALID"),
        (invited(structure=StructureId(uuid4())), True, False, 0, "MEMBER_INVALID"),
    ],
)
def test_who_does_not_join(new: circle.Member, health: bool, blocked: bool, based_on: int, reason: str) -> None:
    assert reason_of(circle.invite, house, new, health, blocked, based_on) == reason


def test_a_return_is_a_new_membership_and_a_removal_is_once() -> None:
    gone = circle.remove(membership, TUESDAY)

    assert gone.until == TUESDAY
    assert reason_of(circle.remove, gone, TUESDAY) == "MEMBER_ALREADY_REMOVED"
    again = invited(professional=doctor)
    assert circle.invite(replace(house, members=[gone]), again, True, False) == again


def test_an_emergency_access_ends_by_itself_and_not_before_its_last_moment() -> None:
    ends = emergency.ending(MONDAY, hours=4)
    access = emergency.EmergencyAccess(
        emergency.EmergencyId(uuid4()), marie, doctor, PlaceId(uuid4()), "Patient inconscient", MONDAY, ends
    )

    assert access.open(ends - SECOND)
    assert not access.open(ends)
    assert not access.open(MONDAY - SECOND)
    assert not emergency.close(access, MONDAY + SECOND).open(MONDAY + SECOND)
    assert reason_of(emergency.close, access, ends) == "EMERGENCY_UNKNOWN"


@pytest.mark.parametrize("text", ["", "urgence", "   x        ", "x" * 1001])
def test_an_emergency_needs_a_reason_that_says_something(text: str) -> None:
    assert reason_of(emergency.checked_reason, text) == "EMERGENCY_REASON_MISSING"


def test_a_reason_is_kept_without_needless_blanks() -> None:
    assert emergency.checked_reason("  Patient \n inconscient ") == "Patient inconscient"


def representing(right: Right, **changes: object) -> Representation:
    new = Representation(RepresentationId(uuid4()), marie, PersonId(uuid4()), right, MONDAY, None, False, False, doctor)
    return replace(new, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("right", "asked", "adds_up_to"),
    [
        (Right.PARENT, {"until": TUESDAY}, (True, True, True)),
        (Right.GUARDIAN, {}, (True, True, True)),
        (Right.CURATOR, {"may_manage": True}, (False, True, False)),
        (Right.TRUSTED_PERSON, {"may_read": True}, (False, True, False)),
        (Right.CARER, {"may_manage": True}, (False, False, True)),
        (Right.CARER, {}, (False, False, False)),
    ],
)
def test_what_each_right_adds_up_to(right: Right, asked: dict[str, object], adds_up_to: tuple[bool, ...]) -> None:
    made = representation.appoint(representing(right, **asked), [], MONDAY)

    assert representation.rights([made], MONDAY) == adds_up_to


def test_a_parent_acts_until_the_coming_of_age_and_no_moment_longer() -> None:
    father = representation.appoint(representing(Right.PARENT, until=TUESDAY), [], MONDAY)

    assert representation.rights([father], TUESDAY - SECOND) == (True, True, True)
    assert representation.rights([father], TUESDAY) == (False, False, False)


def test_who_may_not_be_appointed() -> None:
    standing = representing(Right.GUARDIAN)
    cases = [
        (representing(Right.GUARDIAN, representative=marie), "REPRESENTATIVE_SELF"),
        (representing(Right.PARENT), "REPRESENTATIVE_PERIOD_INVALID"),
        (representing(Right.CARER, until=MONDAY), "REPRESENTATIVE_PERIOD_INVALID"),
        (representing(Right.PARENT, until=MONDAY + timedelta(days=19 * 366)), "REPRESENTATIVE_PERIOD_INVALID"),
        (representing(Right.CARER, representative=standing.representative), "REPRESENTATIVE_ALREADY"),
    ]
    for new, reason in cases:
        assert reason_of(representation.appoint, new, [standing], MONDAY) == reason


def test_a_representation_ends_once_and_may_then_be_given_again() -> None:
    standing = representing(Right.GUARDIAN)
    ended = representation.end(standing, TUESDAY)

    assert reason_of(representation.end, ended, TUESDAY) == "REPRESENTATIVE_UNKNOWN"
    again = representing(Right.CARER, representative=standing.representative)
    assert representation.appoint(again, [ended], TUESDAY) == again


def test_a_block_is_lifted_once() -> None:
    block = blocks.Block(blocks.BlockId(uuid4()), marie, doctor, MONDAY)

    lifted = blocks.lift(block, TUESDAY)
    assert lifted.until == TUESDAY
    assert reason_of(blocks.lift, lifted, TUESDAY) == "BLOCK_UNKNOWN"


surgery = professionals.Place(PlaceId(uuid4()), StructureId(uuid4()))
hospital = professionals.Place(PlaceId(uuid4()), StructureId(uuid4()))
closed = professionals.Place(PlaceId(uuid4()), StructureId(uuid4()), until=MONDAY)


def practising(*places: professionals.Place) -> professionals.Professional:
    return professionals.Professional(doctor, "10", True, True, places, 1, MONDAY)


def test_the_place_is_the_one_chosen_or_the_only_one() -> None:
    choose = professionals.chosen_place

    assert choose(practising(surgery, closed), None, TUESDAY) == surgery
    assert choose(practising(surgery, hospital), hospital.id, TUESDAY) == hospital
    assert choose(practising(closed), None, TUESDAY) is None
    assert reason_of(choose, practising(surgery, hospital), None, TUESDAY) == "PLACE_REQUIRED"
    assert reason_of(choose, practising(surgery, closed), closed.id, TUESDAY) == "PLACE_UNKNOWN"
    assert reason_of(choose, practising(surgery), hospital.id, TUESDAY) == "PLACE_UNKNOWN"


def test_a_copy_grows_old() -> None:
    minute = timedelta(seconds=60)

    assert practising().fresh(MONDAY + minute, minute)
    assert not practising().fresh(MONDAY + minute + SECOND, minute)


POLICY = Policy("v", {}, {}, frozenset(), {})


def refused(action: Action, facts: Facts) -> Decision:
    return decide(Question(action), facts, POLICY)


def test_a_refused_decision_bears_the_name_the_contract_gives_it() -> None:
    entry = uuid4()
    pro = Facts(Who.PROFESSIONAL, "10", strong_login=True, account_open=True, practises=True)
    person = Facts(Who.PATIENT, strong_login=True)
    cases = [
        (Action.READ_CIRCLE, pro, "CONSENT_NOT_IN_FORCE"),
        (Action.RECORD_CONSENT, pro._replace(blocked=True), "CONSENT_BLOCKED"),
        (Action.OPEN_EMERGENCY, pro, "EMERGENCY_NOT_ENTITLED"),
        (Action.WITHDRAW_CONSENT, pro, "CONSENT_NOT_YOURS"),
        (Action.WITHDRAW_CONSENT, person, "CONSENT_NOT_YOURS"),
    ]
    for action, facts, reason in cases:
        made = refusal(action, refused(action, facts), entry)
        assert made.reason == reason
        assert made.details == {"entry_id": str(entry)}
        assert made.sentence.startswith("Refusé : ")
        assert made.todo


GRID = """{"policy_version": "v1", "note_category": "note", "observation_category": "obs",
"message_category": "message", "may_search": [],
"categories": [{"key": "note", "label": "Notes"}, {"key": "obs", "label": "Mesures"},
{"key": "message", "label": "Messages"}],
"professions": [{"code": "10", "reads": ["note"]}]}"""


def test_a_grid_is_read_as_it_is_written() -> None:
    policy = parse(GRID)

    assert policy.entitled("10", "note")
    assert not policy.entitled("10", "obs")
    assert not policy.entitled("60", "note")


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ('"reads": ["note"]', '"reads": ["unheard"]'),
        ('"may_search": [],', ""),
        ('"v1"', '""'),
        ('{"code": "10", "reads": ["note"]}', '{"code": "10", "reads": ["note"]}, {"code": "10", "reads": []}'),
        ('"reads": ["note"]', '"reads": [], "reads": ["note"]'),
        ("{", "", ),
    ],
)  # fmt: skip
def test_a_grid_that_is_not_sound_stops_the_start(written: str, instead: str) -> None:
    assert written in GRID
    with pytest.raises(PolicyInvalid):
        parse(GRID.replace(written, instead, 1))
