"""Linking, unlinking, merging, splitting and undoing in any order, against a plain dictionary; and every past state.

Ordinary: about 2,000 steps. Long (LONG=1, or `-m long`): 100,000.
"""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from terresante_identity.domain import linkage
from terresante_identity.domain.identity import PersonId
from terresante_identity.domain.linkage import ActId, ActKind, LinkageAct, Move
from terresante_identity.domain.sources import SourceId
from terresante_platform.refusals import Refusal

AT = datetime(2026, 11, 30, tzinfo=UTC)
BY = UUID(int=9)
PICK = st.integers(min_value=0, max_value=10_000)
State = tuple[dict[SourceId, PersonId], dict[PersonId, PersonId]]


@dataclass
class Plain:
    """What should be: who each source is linked to, and a copy of what each act's sources were linked to before it."""

    person_of: dict[SourceId, PersonId] = field(default_factory=dict)
    became: dict[PersonId, PersonId] = field(default_factory=dict)
    before: dict[ActId, dict[SourceId, PersonId | None]] = field(default_factory=dict)

    def members(self, person: PersonId) -> set[SourceId]:
        return {source for source, whose in self.person_of.items() if whose == person}

    def put(self, act: ActId, to: dict[SourceId, PersonId]) -> None:
        self.before[act] = {source: self.person_of.get(source) for source in to}
        left = {self.person_of[source]: person for source, person in to.items() if source in self.person_of}
        self.person_of |= to
        for person, next_ in left.items():
            if not self.members(person):
                self.became[person] = next_
        for person in to.values():
            self.became.pop(person, None)

    def state(self) -> State:
        return dict(self.person_of), dict(self.became)


class Acts(RuleBasedStateMachine):
    """Whatever is done, the replay of the acts is the state, and the replay of some is a state that was."""

    def __init__(self) -> None:
        super().__init__()
        self.plain = Plain()
        self.acts: list[LinkageAct] = []
        self.past: list[State] = [self.plain.state()]
        self.numbers = 0

    def new(self) -> UUID:
        self.numbers += 1
        return UUID(int=self.numbers)

    def source(self, pick: int) -> SourceId:
        return sorted(self.plain.person_of)[pick % len(self.plain.person_of)]

    def person(self, pick: int) -> PersonId:
        standing = sorted(set(self.plain.person_of.values()))
        return standing[pick % len(standing)]

    def done(self, kind: ActKind, moves: tuple[Move, ...], undoes: ActId | None = None) -> None:
        act = LinkageAct(ActId(self.new()), kind, AT, BY, moves, undoes)
        self.acts.append(act)
        self.plain.put(act.id, {move.source: move.after for move in moves})
        self.past.append(self.plain.state())

    @rule()
    def a_source_makes_a_person(self) -> None:
        self.done(ActKind.REGISTERED, (Move(SourceId(self.new()), None, PersonId(self.new())),))

    @precondition(lambda self: self.plain.person_of)
    @rule(pick=PICK)
    def a_source_comes_to_a_person(self, pick: int) -> None:
        self.done(ActKind.LINKED, (Move(SourceId(self.new()), None, self.person(pick)),))

    @precondition(lambda self: self.plain.person_of)
    @rule(one=PICK, to=PICK)
    def link(self, one: int, to: int) -> None:
        source, target = self.source(one), self.person(to)
        try:
            moves = linkage.link(source, self.plain.person_of[source], target)
        except Refusal as refusal:
            assert refusal.reason == "ALREADY_LINKED"
            assert self.plain.person_of[source] == target
        else:
            self.done(ActKind.LINKED, moves)

    @precondition(lambda self: self.plain.person_of)
    @rule(one=PICK)
    def unlink(self, one: int) -> None:
        source = self.source(one)
        person = self.plain.person_of[source]
        try:
            moves = linkage.unlink(source, person, self.plain.members(person), PersonId(self.new()))
        except Refusal as refusal:
            assert refusal.reason == "ONLY_SOURCE"
            assert self.plain.members(person) == {source}
        else:
            self.done(ActKind.UNLINKED, moves)

    @precondition(lambda self: self.plain.person_of)
    @rule(one=PICK, other=PICK)
    def merge(self, one: int, other: int) -> None:
        absorbed, surviving = self.person(one), self.person(other)
        if absorbed == surviving:
            return
        self.done(ActKind.MERGED, linkage.merge(absorbed, surviving, self.plain.members(absorbed)))
        assert self.plain.became[absorbed] == surviving

    @precondition(lambda self: self.plain.person_of)
    @rule(one=PICK, seed=st.integers(min_value=0, max_value=255))
    def split(self, one: int, seed: int) -> None:
        person = self.person(one)
        members = sorted(self.plain.members(person))
        chosen = {source for place, source in enumerate(members) if seed >> (place % 8) & 1}
        try:
            moves = linkage.split(person, set(members), chosen, PersonId(self.new()))
        except Refusal as refusal:
            assert refusal.reason == ("SPLIT_TAKES_ALL" if chosen else "SPLIT_TAKES_NONE")
        else:
            self.done(ActKind.SPLIT, moves)

    @precondition(lambda self: self.acts)
    @rule(back=st.integers(min_value=1, max_value=6))
    def undo(self, back: int) -> None:
        place = max(0, len(self.acts) - back)
        act, later = self.acts[place], self.acts[place + 1 :]
        moved = {move.source for move in act.moves}
        since = [one for one in later if moved & {move.source for move in one.moves}]
        emptied_by = linkage.replayed(self.acts).emptied_by
        own = PersonId(self.new())
        try:
            moves = linkage.undo(act, since, emptied_by, own)
        except Refusal as refusal:
            self.rightly_refused(act, refusal)
            return
        was = self.plain.before[act.id]
        assert {move.source: move.after for move in moves} == {source: was[source] or own for source in was}
        self.done(ActKind.UNDONE, moves, act.id)
        assert {source: self.plain.person_of[source] for source in was} == {
            source: was[source] or own for source in was
        }

    def rightly_refused(self, act: LinkageAct, refusal: Refusal) -> None:
        """A refusal to undo names acts that are done, later and not undone; undoing the first of them makes way."""
        if act.kind is ActKind.REGISTERED:
            assert refusal.reason == "ACT_NOT_UNDOABLE"
            return
        assert refusal.reason == "ACT_OVERTAKEN"
        named = refusal.details["acts"].split()
        places = {str(one.id): place for place, one in enumerate(self.acts)}
        undone = {str(one.undoes) for one in self.acts if one.undoes}
        assert named
        assert all(places[id] > places[str(act.id)] or self.acts[places[id]].undoes is None for id in named)
        assert not set(named) & undone

    @invariant()
    def the_replay_of_all_acts_is_the_state(self) -> None:
        replayed = linkage.replayed(self.acts)
        assert (dict(replayed.person_of), dict(replayed.merged_into)) == self.plain.state()

    @invariant()
    def the_replay_of_some_is_what_was_then(self) -> None:
        some = random.Random(len(self.acts)).randrange(len(self.past))  # noqa: S311 -- any past will do
        replayed = linkage.replayed(self.acts[:some])
        assert (dict(replayed.person_of), dict(replayed.merged_into)) == self.past[some]

    @invariant()
    def whoever_has_no_source_became_somebody_and_nobody_else_did(self) -> None:
        ever = {move.after for act in self.acts for move in act.moves}
        assert set(self.plain.became) == ever - set(self.plain.person_of.values())


@pytest.mark.parametrize(
    ("examples", "steps"),
    [
        pytest.param(40, 50, id="2000-steps"),
        pytest.param(500, 200, id="100000-steps", marks=[pytest.mark.long, pytest.mark.timeout(1800)]),
    ],
)
def test_acts_in_any_order_can_be_replayed_and_undone(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Acts,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
