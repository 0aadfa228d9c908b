"""What is told of a decision: the least that would turn it."""

from hypothesis import given, settings
from terresante_consent.domain.facts import Facts, Question
from terresante_consent.domain.telling import CHANGEABLE, smallest_flip

from .worlds import LETTER, POLICY, UNLISTED, allowed, but, member, physician, questions, worlds


@settings(max_examples=300, deadline=None)
@given(questions, worlds)
def test_the_smallest_flip_turns_the_decision_and_nothing_smaller_does(question: Question, facts: Facts) -> None:
    flip = smallest_flip(question, facts, POLICY)
    before = allowed(question, facts)

    if flip:
        assert allowed(question, but(facts, flip)) is not before
    if len(flip) != 1:
        for name in CHANGEABLE:
            assert allowed(question, but(facts, {name: not getattr(facts, name)})) is before


def test_what_would_open_the_record_is_said() -> None:
    assert smallest_flip(LETTER, member._replace(member=False), POLICY) == {"member": True}
    assert smallest_flip(LETTER, physician, POLICY) == {"consent_in_force": True, "member": True}
    assert smallest_flip(LETTER, member._replace(profession=UNLISTED), POLICY) == {}
