"""RNIV statuses (EXI SI 07-09): the transition table row by row, its totality, R-ID6, R-ID7, R-ID9,
R-ID10.
"""

from itertools import product

import pytest
from terresante_identity.domain.ins import Ins, Oid
from terresante_identity.domain.status import (
    TRANSITIONS,
    VALIDATION_MODES,
    Effect,
    Event,
    Flag,
    Flagged,
    FlagsExclusive,
    NoIns,
    Standing,
    Status,
    TwoActiveIns,
    ValidationModeUnknown,
    after,
    require_mergeable,
    require_validation_mode,
    with_flags,
)
from terresante_platform.refusals import Refusal

PROV, RECUP, VALI, QUAL = Status.PROVISIONAL, Status.RETRIEVED, Status.VALIDATED, Status.QUALIFIED
STANDING = {
    PROV: Standing(),
    RECUP: Standing(retrieved=True),
    VALI: Standing(checked=True),
    QUAL: Standing(retrieved=True, checked=True),
}
FLAG_SETS = [
    frozenset(flags)
    for flags in ((), (Flag.HOMONYM,), (Flag.DOUBTFUL,), (Flag.DOUBTFUL, Flag.HOMONYM), (Flag.FICTITIOUS,))
]
EVERY_STANDING = [
    Standing(retrieved, checked, flags)
    for retrieved, checked, flags in product((False, True), (False, True), FLAG_SETS)
    if not (flags - {Flag.HOMONYM} and (retrieved or checked))
]


@pytest.mark.parametrize(
    ("before", "event", "status", "effect"),
    [
        (PROV, Event.INSI_EQUAL, RECUP, Effect.TAKE_INS),
        (PROV, Event.INSI_DIFFERENT_ACCEPTED, RECUP, Effect.TAKE_TRAITS),
        (PROV, Event.DOCUMENT_EQUAL, VALI, None),
        (VALI, Event.INSI_EQUAL, QUAL, Effect.TAKE_INS),
        (RECUP, Event.DOCUMENT_EQUAL, QUAL, None),
        (VALI, Event.INSI_DIFFERENT, VALI, Effect.ANOMALY),
        (VALI, Event.INSI_DIFFERENT_ACCEPTED, VALI, Effect.ANOMALY),
        (QUAL, Event.INSI_DIFFERENT_ACCEPTED, QUAL, Effect.ANOMALY),
        (RECUP, Event.INSI_REFUTED, PROV, Effect.DROP_INS),
        (QUAL, Event.INSI_REFUTED, VALI, Effect.DROP_INS),
        (QUAL, Event.TRAITS_EDITED, PROV, Effect.DROP_INS),
        (QUAL, Event.TRAITS_EDITED_AND_CHECKED, VALI, Effect.DROP_INS),
        (RECUP, Event.TRAITS_EDITED, PROV, Effect.DROP_INS),
        (VALI, Event.TRAITS_EDITED, PROV, None),
    ],
)
def test_the_rows_of_the_table(before: Status, event: Event, status: Status, effect: Effect | None) -> None:
    change = after(STANDING[before], event)

    assert change.standing.status is status
    assert effect is None or effect in change.effects


def test_the_table_has_every_status_with_every_event() -> None:
    assert set(TRANSITIONS) == set(product(Status, Event))


@pytest.mark.parametrize("standing", EVERY_STANDING)
@pytest.mark.parametrize("event", Event)
def test_every_event_on_every_standing_is_a_lawful_change_or_a_refusal(standing: Standing, event: Event) -> None:
    try:
        change = after(standing, event)
    except Refusal as refused:
        assert refused.reason in {"IDENTITY_FLAGGED", "INS_ABSENT"}
        assert refused.sentence
        return
    gained = change.standing.retrieved and not standing.retrieved
    lost = standing.retrieved and not change.standing.retrieved
    assert change.standing.flags == standing.flags
    assert not gained or Effect.TAKE_INS in change.effects, "R-ID7: no INS without a number"
    assert lost == (Effect.DROP_INS in change.effects), "R-ID7: no number without an INS"
    assert not change.effects & {Effect.ANOMALY, Effect.REFUSED} or change.standing == standing


@pytest.mark.parametrize("status", Status)
def test_several_answers_never_give_an_ins(status: Status) -> None:
    change = after(STANDING[status], Event.INSI_SEVERAL)

    assert change.standing == STANDING[status]
    assert Effect.TAKE_INS not in change.effects


@pytest.mark.parametrize("flag", [Flag.DOUBTFUL, Flag.FICTITIOUS])
@pytest.mark.parametrize("event", [event for event in Event if event is not Event.TRAITS_EDITED])
def test_insi_and_documents_are_forbidden_to_doubtful_and_fictitious_identities(flag: Flag, event: Event) -> None:
    with pytest.raises(Flagged) as refused:
        after(Standing(flags=frozenset({flag})), event)

    assert refused.value.details["rule"] == "R-ID10"


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("flag", [Flag.DOUBTFUL, Flag.FICTITIOUS])
def test_doubt_forces_provisional_and_removes_the_ins_and_lifting_it_gives_nothing_back(
    status: Status, flag: Flag
) -> None:
    doubted = with_flags(STANDING[status], frozenset({flag}))
    lifted = with_flags(doubted.standing, frozenset())

    assert doubted.standing.status is PROV
    assert (Effect.DROP_INS in doubted.effects) == STANDING[status].retrieved
    assert lifted.standing.status is PROV


@pytest.mark.parametrize("status", Status)
def test_a_homonym_keeps_its_status(status: Status) -> None:
    change = with_flags(STANDING[status], frozenset({Flag.HOMONYM}))

    assert change.standing.status is status
    assert not change.effects


@pytest.mark.parametrize(
    "flags",
    [{Flag.FICTITIOUS, Flag.DOUBTFUL}, {Flag.FICTITIOUS, Flag.HOMONYM}, set(Flag)],
)
def test_fictitious_goes_with_nothing(flags: set[Flag]) -> None:
    with pytest.raises(FlagsExclusive):
        with_flags(Standing(), frozenset(flags))


def test_doubtful_with_homonym_is_the_one_combination() -> None:
    both = frozenset({Flag.DOUBTFUL, Flag.HOMONYM})

    assert with_flags(Standing(), both).standing.flags == both


def test_nothing_can_be_verified_without_a_number() -> None:
    for status in (PROV, VALI):
        with pytest.raises(NoIns):
            after(STANDING[status], Event.INSI_REFUTED)


def test_different_traits_that_nobody_accepted_change_nothing() -> None:
    for status in Status:
        change = after(STANDING[status], Event.INSI_DIFFERENT)

        assert change.standing == STANDING[status]
        assert change.effects & {Effect.REFUSED, Effect.ANOMALY}


@pytest.mark.parametrize(
    ("retrieved", "flags"),
    [(True, {Flag.DOUBTFUL}), (True, {Flag.FICTITIOUS}), (False, {Flag.FICTITIOUS, Flag.HOMONYM})],
)
def test_an_unlawful_standing_cannot_be_made(retrieved: bool, flags: set[Flag]) -> None:
    with pytest.raises(ValueError, match=r"doubtful|fictitious"):
        Standing(retrieved=retrieved, flags=frozenset(flags))


def test_two_different_active_numbers_cannot_be_merged() -> None:
    one = Ins("2790351215189", "89", Oid.NIR_TEST)
    other = Ins("2770763220829", "10", Oid.NIR_TEST)

    require_mergeable(one, one)
    require_mergeable(one, None)
    require_mergeable(None, other)
    with pytest.raises(TwoActiveIns):
        require_mergeable(one, other)


def test_only_high_trust_documents_validate() -> None:
    for mode in VALIDATION_MODES:
        require_validation_mode(mode)
    for mode in ("", "XX", "pa", "PERMIS"):
        with pytest.raises(ValidationModeUnknown):
            require_validation_mode(mode)
