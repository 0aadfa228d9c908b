"""Choices, addresses and their codes, absences, the line of an urgent message, ways to reach somebody: rules only."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from terresante_messaging.domain import absences, emails, lines, mails
from terresante_messaging.domain.addressees import Addressee, Way, WayKind, ranked
from terresante_messaging.domain.notifications import Kind
from terresante_messaging.domain.people import Realm, Recipient
from terresante_messaging.domain.preferences import (
    Channel,
    Preferences,
    PreferencesInvalid,
    PreferencesStale,
    Topic,
    changed,
    checked,
    topic_of,
)
from terresante_messaging.store.preferences import defaults

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("quiet_from", -1),
        ("quiet_until", 1440),
        ("daily_hour", 24),
        ("urgent_minutes", 4),
        ("urgent_minutes", 1441),
        ("portals", frozenset(uuid4() for _ in range(21))),
    ],
)
def test_a_choice_that_cannot_be_is_refused_by_its_field(field: str, value: Any) -> None:
    with pytest.raises(PreferencesInvalid) as refused:
        checked(replace(Preferences(), **{field: value}), [])

    assert refused.value.details["field"] == field.replace("portals", "portal_ids")


def test_a_topic_named_twice_is_refused() -> None:
    with pytest.raises(PreferencesInvalid):
        checked(Preferences(), [Topic.RECORD, Topic.RECORD])


def test_choices_made_from_an_older_version_are_refused() -> None:
    assert changed(Preferences(version=3), Preferences(version=3)).version == 4
    with pytest.raises(PreferencesStale):
        changed(Preferences(version=4), Preferences(version=3))


def test_at_first_mail_leaves_only_for_urgent_messages_and_ones_own_standing() -> None:
    kept = defaults()

    assert {topic for topic in Topic if kept.wants(topic, Channel.EMAIL)} == {Topic.URGENT_MESSAGE, Topic.STANDING}
    assert all(kept.wants(topic, Channel.WEBHOOK) for topic in Topic)


def test_every_kind_of_notification_has_its_topic() -> None:
    of = {kind: topic_of(kind) for kind in Kind}

    assert of[Kind.MEMBER_REMOVED] is of[Kind.CONSENT_WITHDRAWN] is Topic.STANDING
    assert of[Kind.NOTE_WRITTEN] is Topic.RECORD
    assert of[Kind.PATIENT_ADMITTED] is Topic.STAY
    assert of[Kind.URGENT_UNREAD] is Topic.URGENT_MESSAGE
    assert {topic for topic in Topic} - set(of.values()) == {Topic.MESSAGE}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Marie.Dupont@Exemple.FR ", "Marie.Dupont@exemple.fr"),
        ("m+tri@mail.exemple.fr", "m+tri@mail.exemple.fr"),
    ],
)
def test_an_address_is_taken_as_it_will_be_written_to(typed: str, kept: str) -> None:
    assert emails.parsed(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "marie",
        "@exemple.fr",
        "marie@exemple",
        "marie@localhost",
        "marie@[127.0.0.1]",
        "marie@127.0.0.1",
        "marie dupont@exemple.fr",
        '"marie"@exemple.fr',
        "marie@exemple.fr\r\nBcc: autre@exemple.fr",
        "marie\u202e@exemple.fr",
        "marié@exemple.fr",
        ".marie@exemple.fr",
        "marie@-exemple.fr",
        "m" * 65 + "@exemple.fr",
        "marie@" + "e" * 250 + ".fr",
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(emails.EmailInvalid):
        emails.parsed(typed)


@pytest.mark.parametrize(
    ("address", "shown"), [("marie@exemple.fr", "m…e@…fr"), ("m@exemple.fr", "m…@…fr"), ("ab@a.b.org", "a…@…org")]
)
def test_an_address_is_shown_so_that_only_its_owner_knows_it_again(address: str, shown: str) -> None:
    assert emails.shown(address) == shown


def test_a_code_is_taken_in_time_and_after_at_most_four_wrong_ones() -> None:
    given = emails.Given(b"right", NOW + emails.CODE_LASTS, 0)

    assert emails.confirms(given, b"right", NOW)
    assert not emails.confirms(given, b"wrong", NOW)
    assert not emails.confirms(None, b"right", NOW)
    assert not emails.confirms(given, b"right", NOW + emails.CODE_LASTS)
    assert emails.confirms(replace(given, tries=4), b"right", NOW)
    assert not emails.confirms(replace(given, tries=5), b"right", NOW)


def test_three_codes_an_hour_and_no_more() -> None:
    asked = [NOW, NOW + 10 * HOUR / 60, NOW + 20 * HOUR / 60]

    with pytest.raises(emails.EmailTooOften):
        emails.asked_again(asked, NOW + 59 * HOUR / 60)
    assert len(emails.asked_again(asked, NOW + HOUR)) == 3


def period(begins: timedelta, ends: timedelta) -> absences.Period:
    return absences.Period(NOW + begins, NOW + ends)


@pytest.mark.parametrize(
    "wanted",
    [
        period(HOUR, HOUR),
        period(2 * HOUR, HOUR),
        period(-HOUR, timedelta()),
        period(-25 * HOUR, HOUR),
        period(timedelta(), timedelta(days=367)),
    ],
)
def test_an_absence_that_cannot_be_is_refused(wanted: absences.Period) -> None:
    with pytest.raises(absences.PeriodInvalid):
        absences.declared(wanted, NOW)


def test_one_is_away_once_at_a_time_and_is_never_ones_own_stand_in() -> None:
    me = uuid4()
    kept = absences.Absence(uuid4(), me, period(HOUR, 3 * HOUR), None)
    next_ = replace(kept, period=period(3 * HOUR, 4 * HOUR))

    assert absences.added(next_, [kept]) is next_
    with pytest.raises(absences.AbsenceAlready):
        absences.added(replace(kept, period=period(2 * HOUR, 4 * HOUR)), [kept])
    with pytest.raises(absences.DelegateInvalid):
        absences.added(replace(next_, delegate=me), [])


def test_an_absence_ends_now_or_never_was() -> None:
    kept = absences.Absence(uuid4(), uuid4(), period(-HOUR, HOUR), None)

    assert absences.ended(kept, NOW).period == period(-HOUR, timedelta())
    assert not absences.ended(replace(kept, period=period(HOUR, 2 * HOUR)), NOW).period.holds(NOW + HOUR)
    for none in (None, replace(kept, period=period(-2 * HOUR, timedelta()))):
        with pytest.raises(absences.AbsenceUnknown):
            absences.ended(none, NOW)


def test_several_are_on_call_together_but_nobody_twice() -> None:
    kept = absences.OnCall(uuid4(), uuid4(), uuid4(), period(timedelta(), HOUR))
    other = replace(kept, professional=uuid4())

    assert absences.put(other, [kept]) is other
    with pytest.raises(absences.OnCallAlready):
        absences.put(kept, [kept, other])


def pro(id: UUID | None = None) -> Recipient:
    return Recipient(Realm.PROFESSIONAL, id or uuid4())


AUTHOR, GP, NURSE, DOCTOR, STRANGER = (pro() for _ in range(5))
PATIENT = Recipient(Realm.PERSON, uuid4())
SITUATION = lines.Situation(AUTHOR, frozenset({AUTHOR, GP, NURSE, DOCTOR, PATIENT}), frozenset({GP}))


def test_an_urgent_message_is_for_those_named_else_for_all_professionals_but_its_author() -> None:
    assert SITUATION.audience() == {GP}
    assert replace(SITUATION, mentioned=frozenset()).audience() == {GP, NURSE, DOCTOR}
    assert replace(SITUATION, mentioned=frozenset({PATIENT})).audience() == {PATIENT}
    assert replace(SITUATION, mentioned=frozenset({STRANGER})).audience() == {GP, NURSE, DOCTOR}


def test_it_is_read_when_one_it_is_for_or_who_was_told_since_has_read_it() -> None:
    assert not replace(SITUATION, has_read=frozenset({NURSE, AUTHOR})).was_read()
    assert replace(SITUATION, has_read=frozenset({GP})).was_read()
    assert replace(SITUATION, has_read=frozenset({NURSE}), told=frozenset({NURSE})).was_read()


def test_the_line_goes_from_stand_ins_to_who_is_on_call_to_everybody_to_the_author() -> None:
    now = replace(SITUATION, away={GP.id: NURSE.id}, on_call=frozenset({DOCTOR.id}))

    first = lines.next_step(now, 0)
    assert (first.number, first.recipients, first.instead_of) == (lines.DELEGATES, {NURSE}, {NURSE: GP.id})
    second = lines.next_step(replace(now, told=first.recipients), first.number)
    assert (second.number, second.recipients) == (lines.ON_CALL, {DOCTOR})
    third = lines.next_step(replace(now, told=first.recipients | second.recipients), second.number)
    assert (third.number, third.recipients) == (lines.EVERYBODY, {GP})
    last = lines.next_step(replace(now, told=frozenset({NURSE, DOCTOR, GP})), third.number)
    assert (last.number, last.recipients) == (lines.AUTHOR, {AUTHOR})


def test_a_step_with_nobody_new_is_passed_over() -> None:
    assert lines.next_step(SITUATION, 0).number == lines.EVERYBODY


def test_who_may_not_read_it_is_never_in_the_line() -> None:
    now = replace(SITUATION, away={GP.id: STRANGER.id}, on_call=frozenset({STRANGER.id, AUTHOR.id}))

    reached = lines.next_step(now, 0)

    assert (reached.number, reached.recipients) == (lines.EVERYBODY, {GP, NURSE, DOCTOR})


def test_mail_is_tried_again_later_each_time_for_three_days() -> None:
    waits = [mails.again_at(NOW, attempts) - NOW for attempts in range(1, 10)]

    assert waits[:3] == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    assert waits == sorted(waits) and waits[-1] == mails.again_at(NOW, 10_000) - NOW == HOUR
    assert not mails.is_given_up(NOW, NOW + timedelta(days=3) - HOUR)
    assert mails.is_given_up(NOW, NOW + timedelta(days=3))


def test_of_what_one_conversation_tells_somebody_at_one_time_the_last_is_kept() -> None:
    def line(thread: Any, who: Recipient, **more: Any) -> mails.Line:
        return mails.Line(uuid4(), who, more.pop("topic", Topic.MESSAGE), NOW, thread=thread, **more)

    one, other = uuid4(), uuid4()
    kept = [line(one, GP), line(one, NURSE), line(other, GP), line(one, GP, topic=Topic.MENTION)]
    forced, apart = [line(one, GP, forced=True) for _ in range(2)], [line(None, GP) for _ in range(2)]

    found = mails.last_of_each([line(one, GP), line(one, NURSE), *kept, *forced, *apart])

    assert found == [kept[0], kept[1], *kept[2:], *forced, *apart]


def way(kind: WayKind, days_ago: float | None = None, failed_days_ago: float | None = None) -> Way:
    fresh = NOW - timedelta(days=days_ago) if days_ago is not None else None
    failed = NOW - timedelta(days=failed_days_ago) if failed_days_ago is not None else None
    return Way(kind, fresh_at=fresh, failed_at=failed)


def test_ways_that_work_come_first_then_recent_ones_then_the_quickest_kind() -> None:
    failing = way(WayKind.CIRCLE_THREAD, days_ago=2, failed_days_ago=1)
    mended = way(WayKind.DIRECT_THREAD, days_ago=1, failed_days_ago=2)
    old = way(WayKind.CIRCLE_THREAD, days_ago=31)
    box = way(WayKind.SECURE_MAILBOX, days_ago=3)
    called = way(WayKind.ON_CALL, days_ago=0)

    (one,) = ranked([Addressee(uuid4(), None, (failing, old, box, mended, called))], NOW)

    assert one.ways == (called, mended, box, old, failing)


def test_who_is_there_comes_before_who_is_away_and_who_has_no_way_is_left_out() -> None:
    away = Addressee(uuid4(), None, (way(WayKind.CIRCLE_THREAD, 0),), away=True, delegate=uuid4())
    here = Addressee(uuid4(), None, (way(WayKind.CIRCLE_THREAD, 40),))
    fresh = Addressee(None, uuid4(), (way(WayKind.ON_CALL, 0),))

    found = ranked([away, here, Addressee(uuid4(), None, ()), fresh], NOW)

    assert found == [fresh, here, away]
