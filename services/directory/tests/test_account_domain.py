"""The life of an account: what is decided, who carries it out; no interleaving reopens a suspended one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from terresante_directory.domain.accounts import (
    LEASE,
    Account,
    AccountBusy,
    AccountMeansInvalid,
    AccountSuspended,
    Kind,
    Means,
    State,
    anew,
    ask,
    carried_out,
    give_up,
    reinstate,
    released,
    resume,
    suspend,
    suspension_carried_out,
)
from terresante_directory.domain.identifiers import Rpps

NOON = datetime(2025, 3, 3, 12, tzinfo=UTC)
LATER = NOON + LEASE
PASSWORD, CARD = Means.PASSWORD_AND_CODE, Means.CARD


def asked(account: Account | None = None, at: datetime = NOON, means: Means = PASSWORD) -> Account:
    rpps = Rpps("10002813839")
    return ask(account, uid=uuid4(), kind=Kind.PROFESSIONAL, rpps=rpps, means=means, username="p-abc", at=at)


def opened() -> Account:
    account = asked()
    return carried_out(account, account.turn)


def test_an_account_asked_for_is_pending_until_keycloak_has_it() -> None:
    account = asked()

    assert (account.state, account.settled, account.id_nat) == (State.PENDING, False, "810002813839")
    done = carried_out(account, account.turn)
    assert (done.state, done.settled, done.leased_until) == (State.OPEN, True, None)


def test_a_card_only_account_needs_an_rpps() -> None:
    with pytest.raises(AccountMeansInvalid):
        ask(None, uid=uuid4(), kind=Kind.PROFESSIONAL, rpps=None, means=CARD, username="p-abc", at=NOON)


def test_two_people_cannot_issue_starting_passwords_at_once() -> None:
    with pytest.raises(AccountBusy):
        asked(asked(), at=LATER - timedelta(microseconds=1))


def test_a_lease_ends_by_itself_so_that_a_crash_blocks_nobody() -> None:
    again = asked(asked(), at=LATER)

    assert (again.state, again.turn, again.leased_until) == (State.PENDING, 2, LATER + LEASE)


def test_asking_again_for_an_open_account_keeps_it_open_with_the_new_means_and_the_same_username() -> None:
    again = ask(
        opened(),
        uid=uuid4(),
        kind=Kind.PROFESSIONAL,
        rpps=Rpps("10002813839"),
        means=CARD,
        username="p-x",
        at=NOON,
    )

    assert (again.state, again.settled, again.means, again.username) == (State.OPEN, False, CARD, "p-abc")


def test_a_suspended_account_gets_no_new_start() -> None:
    with pytest.raises(AccountSuspended):
        asked(suspend(opened()), at=LATER)


def test_a_suspension_never_waits_for_a_lease() -> None:
    suspended = suspend(asked())

    assert suspended.state is State.SUSPENDED
    assert not suspended.settled


def test_who_carried_out_an_earlier_decision_neither_reopens_nor_settles() -> None:
    account = asked()
    suspended = suspend(account)

    assert carried_out(suspended, account.turn) == suspended


def test_a_suspension_done_beside_a_lease_holder_stays_to_be_checked_again() -> None:
    beside = suspend(asked())
    alone = suspend(opened())

    assert not suspension_carried_out(beside, beside.turn, NOON).settled
    assert suspension_carried_out(alone, alone.turn, NOON).settled


def test_the_lease_holder_settles_the_suspension_it_finds() -> None:
    account = asked()
    suspended = suspend(account)

    done = carried_out(suspended, suspended.turn)
    assert (done.state, done.settled, done.leased_until) == (State.SUSPENDED, True, None)


def test_suspending_again_is_the_same_once_settled_and_is_done_again_until_then() -> None:
    suspended = suspend(opened())
    settled = carried_out(suspended, suspended.turn)

    assert suspend(settled) == settled
    assert suspend(suspended).turn == suspended.turn + 1


def test_reinstating_opens_again_and_a_retry_finishes_what_is_left() -> None:
    suspended = suspend(opened())
    settled = carried_out(suspended, suspended.turn)

    again = reinstate(settled, NOON)
    assert (again.state, again.settled, again.is_leased(NOON)) == (State.OPEN, False, True)
    with pytest.raises(AccountBusy):
        reinstate(again, NOON)
    retried = reinstate(released(again), NOON)
    assert (retried.turn, retried.is_leased(NOON)) == (again.turn, True)
    done = carried_out(retried, retried.turn)
    assert reinstate(done, NOON) == done


def test_only_one_at_a_time_brings_keycloak_to_agree() -> None:
    left = released(asked())

    with pytest.raises(AccountBusy):
        resume(resume(left, NOON), NOON)
    assert resume(replace(left, leased_until=NOON), NOON).is_leased(NOON)


def test_an_account_shows_no_username_or_card_when_printed() -> None:
    account = asked()

    assert repr(account) == f"Account({account.uid}, pending)"


def test_a_start_that_is_owed_is_another_decision_and_waits_for_whoever_acts() -> None:
    account = opened()

    leased = anew(account, LATER)

    assert (leased.state, leased.settled, leased.turn) == (State.OPEN, False, account.turn + 1)
    with pytest.raises(AccountBusy):
        anew(leased, LATER)


def test_who_gives_an_account_up_leaves_the_card_to_another_one_and_nobody_takes_it_for_settled() -> None:
    account = opened()

    left = give_up(account)

    assert (left.state, left.id_nat, left.settled) == (State.SUSPENDED, None, False)
    assert carried_out(left, suspend(account).turn) == left, "a suspension under way does not settle it"
    assert give_up(carried_out(left, left.turn)).turn > left.turn
