"""What may happen to a person: INSi's answer, a document, attributes, and that versions count each
change once.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from terresante_identity.domain.births import Gazetteer
from terresante_identity.domain.identity import (
    InsHeldByAnother,
    InsiAnswer,
    InsiAnswerIncomplete,
    InsiCodeUnknown,
    Person,
    PersonChangedSince,
    check_document,
    flag,
    record_insi_answer,
    require_version,
)
from terresante_identity.domain.ins import Environment, Ins, received_ins
from terresante_identity.domain.status import Flag, Flagged, Standing, Status, TraitsDiffer
from terresante_identity.domain.traits import Traits, TypedTraits, parsed_insi_traits

People = Callable[..., Person]
Typed = Callable[..., TypedTraits]
Checked = Callable[..., Traits]


@pytest.fixture
def ins() -> Ins:
    return received_ins("251059406801264", "1.2.250.1.213.1.4.10", Environment.TEST)


@pytest.fixture
def answer(typed: Typed, places: Gazetteer, today: date, ins: Ins) -> Callable[..., InsiAnswer]:
    def one(accepted: bool = False, **changes: object) -> InsiAnswer:
        return InsiAnswer("00", ins, parsed_insi_traits(typed(birth_cog="94068", **changes), places, today), accepted)

    return one


Answer = Callable[..., InsiAnswer]


def test_an_equal_answer_retrieves_and_a_checked_document_then_qualifies(
    person: People, traits: Checked, answer: Answer, ins: Ins
) -> None:
    retrieved = record_insi_answer(person(), answer()).person
    qualified = check_document(retrieved, traits(), "PA")

    assert (retrieved.standing.status, retrieved.ins, retrieved.version) == (Status.RETRIEVED, ins, 2)
    assert (qualified.standing.status, qualified.ins, qualified.version) == (Status.QUALIFIED, ins, 3)


def test_a_different_answer_needs_somebody_to_accept_it(person: People, answer: Answer) -> None:
    louise = person(birth_name="Lefebvre")

    outcome = record_insi_answer(louise, answer())
    accepted = record_insi_answer(louise, answer(accepted=True)).person

    assert isinstance(outcome.refusal, TraitsDiffer)
    assert outcome.refusal.details["traits"] == "birth_name"
    assert (outcome.person, outcome.anomaly) == (louise, False)
    assert accepted.standing.status is Status.RETRIEVED
    assert accepted.traits.birth_name.insi == "LEFEVRE"


def test_two_people_never_share_a_number(person: People, answer: Answer) -> None:
    louise = person()

    outcome = record_insi_answer(louise, answer(), holder=person(2).id)

    assert isinstance(outcome.refusal, InsHeldByAnother)
    assert (outcome.person, outcome.anomaly) == (louise, True)
    assert record_insi_answer(louise, answer(), holder=louise.id).refusal is None


def test_a_validated_identity_is_never_overwritten(person: People, traits: Checked, answer: Answer) -> None:
    validated = check_document(person(birth_name="Lefebvre"), traits(birth_name="Lefebvre"), "CN")

    outcome = record_insi_answer(validated, answer(accepted=True))

    assert outcome.anomaly
    assert isinstance(outcome.refusal, TraitsDiffer)
    assert outcome.differing == ("birth_name",)
    assert outcome.person == validated


@pytest.mark.parametrize("code", ["01", "02"])
def test_no_answer_or_several_change_nothing(person: People, code: str) -> None:
    louise = person()

    assert record_insi_answer(louise, InsiAnswer(code)).person == louise


@pytest.mark.parametrize("code", ["", "0", "03", "OO"])
def test_insi_has_three_answers(person: People, code: str) -> None:
    with pytest.raises(InsiCodeUnknown):
        record_insi_answer(person(), InsiAnswer(code))


def test_one_answer_carries_a_number_and_traits(person: People, ins: Ins) -> None:
    with pytest.raises(InsiAnswerIncomplete):
        record_insi_answer(person(), InsiAnswer("00", ins, None))


def test_the_same_answer_twice_is_one_change(person: People, answer: Answer) -> None:
    once = record_insi_answer(person(), answer()).person

    assert record_insi_answer(once, answer()).person == once


def test_a_document_with_other_traits_validates_nothing(person: People, traits: Checked) -> None:
    with pytest.raises(TraitsDiffer) as refused:
        check_document(person(), traits(first_name="Lise", birth_day=13), "PA")

    assert refused.value.details["traits"] == "first_name birth_date"
    assert "Lise" not in str(refused.value.details)


def test_doubt_removes_the_number_and_forbids_insi(person: People, answer: Answer) -> None:
    retrieved = record_insi_answer(person(), answer()).person
    doubted = flag(retrieved, {Flag.DOUBTFUL})

    assert doubted.ins is None
    assert doubted.standing.status is Status.PROVISIONAL
    with pytest.raises(Flagged):
        record_insi_answer(doubted, answer())


def test_the_same_attributes_again_are_no_change(person: People) -> None:
    doubted = flag(person(), {Flag.DOUBTFUL, Flag.HOMONYM})

    assert doubted.version == 2
    assert flag(doubted, {Flag.HOMONYM, Flag.DOUBTFUL}) == doubted


def test_a_change_decided_on_an_older_state_is_refused(person: People) -> None:
    require_version(person(), 1)
    for version in (0, 2, -1):
        with pytest.raises(PersonChangedSince):
            require_version(person(), version)


def test_a_person_with_a_number_that_was_not_retrieved_cannot_be_made(person: People, ins: Ins) -> None:
    with pytest.raises(ValueError, match="R-ID7"):
        replace(person(), ins=ins)
    with pytest.raises(ValueError, match="R-ID7"):
        replace(person(), standing=Standing(retrieved=True))
