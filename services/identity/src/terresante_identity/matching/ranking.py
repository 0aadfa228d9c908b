"""From compared sources to persons in order, with what is done about each and why: pure, for one look-up."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from terresante_identity.domain import evidence
from terresante_identity.domain.evidence import Asked, Candidate, Decision, Evidence
from terresante_identity.matching.batch import LIMIT
from terresante_identity.matching.deciding import decided_of_one
from terresante_identity.matching.lookup import Lookup, Model, Pair
from terresante_identity.matching.people import RawTraits
from terresante_identity.matching.scoring import LEAST
from terresante_identity.matching.single import Someone, someone
from terresante_identity.matching.strict import strictly_equal
from terresante_identity.matching.weights import Policy

DECISIONS = (Decision.NONE, Decision.REVIEW, Decision.AUTO)
"""In the order of `deciding.Decision`."""
RIVALS = frozenset({evidence.RIVAL})
"""Told last, of what was decided: no reason to decide otherwise."""


class Registered(NamedTuple):
    """A source as it is looked up. Never printed."""

    source: UUID
    person: UUID
    birth_name: str
    first_names: str
    birth_date: str
    sex: str
    birth_place: str
    ins: str | None
    qualified: bool
    flagged: bool

    @property
    def traits(self) -> RawTraits:
        """The five texts alone."""
        return RawTraits(self.birth_name, self.first_names, self.birth_date, self.sex, self.birth_place)

    def __repr__(self) -> str:
        return f"Registered({self.source})"


@dataclass(frozen=True, slots=True)
class PersonStanding:
    """What all sources of a person together say of it. `ins`: of its qualified sources."""

    flagged: bool
    ins: frozenset[str] = field(repr=False)


@dataclass(slots=True)
class Rated:
    """A person who may be meant, by the source of theirs that is most alike. `same_ins`: and equal strict traits."""

    registered: Registered
    pair: Pair
    same_ins: bool
    vetoes: set[str]
    decision: Decision = Decision.NONE
    rivals: float = 0.0

    @property
    def speaks(self) -> tuple[bool, bool, float, bool, int]:
        """Of the sources of one person the greatest speaks for it: an equal INS first of all, then the score."""
        other_traits = evidence.SAME_INS_OTHER_TRAITS in self.vetoes
        return self.same_ins, other_traits, self.pair.score, not self.vetoes, -self.registered.source.int

    @property
    def place(self) -> tuple[int, float, int]:
        """In the answer: those linked, those shown, the others; the most alike first."""
        return -DECISIONS.index(self.decision), -self.pair.score, self.registered.source.int


class Ranking:
    """Who somebody asked for may be."""

    def __init__(self, model: Model, asked: Asked, who: Someone, policy: str) -> None:
        """`who`: of `asked`. `policy`: its name."""
        self._model = model
        self._asked = asked
        self._who = who
        self._named = policy
        self._policy: Policy = model.weights.policies[policy]
        self._lookup = Lookup(model, who)
        self.rated: list[Rated] = []

    def among(self, registered: Iterable[Registered]) -> None:
        """Rates these: one per person, decided upon. Who is as good as nobody (`scoring.LEAST`) is left out."""
        best: dict[UUID, Rated] = {}
        but = self._asked.but_source
        for one in registered:
            if but is not None and one.source == but:
                continue
            claimed = one.ins is not None and one.ins == self._asked.ins
            pair = self._lookup.pair(one) if claimed else self._lookup.pair_of_at_least(LEAST, one)
            if pair is None:
                continue
            rated = self._rated(one, pair)
            other = best.get(one.person)
            if other is None or rated.speaks > other.speaks:
                best[one.person] = rated
        self.rated = list(best.values())
        self._decide()

    def only(self, registered: Registered) -> None:
        """Rates one, however unlike, as if there were nobody else."""
        self.rated = [self._rated(registered, self._lookup.pair(registered))]
        self._decide()

    def linked(self) -> list[UUID]:
        """Persons who would be linked as far as is known: at most one, if the INS is nobody's twice."""
        return [one.registered.person for one in self.rated if one.decision is Decision.AUTO]

    def heed(self, person: UUID, standing: PersonStanding) -> None:
        """Takes into account what the other sources of a person say, and decides anew."""
        for one in self.rated:
            if one.registered.person == person:
                one.vetoes |= self._standing_vetoes(standing.flagged, standing.ins)
                self._decide()

    def candidates(self) -> tuple[Candidate, ...]:
        """The best, with the reasons."""
        best = sorted(self.rated, key=lambda one: one.place)[:LIMIT]
        return tuple([Candidate(one.registered.source, one.registered.person, self._evidence(one)) for one in best])

    def _rated(self, one: Registered, pair: Pair) -> Rated:
        vetoes = self._standing_vetoes(one.flagged, {one.ins} if one.qualified and one.ins else ())
        same_ins = False
        if one.ins is not None and one.ins == self._asked.ins:
            same_ins = strictly_equal(self._who, someone(one.traits, self._model.latest_year))
            if not same_ins:
                vetoes.add(evidence.SAME_INS_OTHER_TRAITS)
        return Rated(one, pair, same_ins, vetoes)

    def _standing_vetoes(self, flagged: bool, qualified_ins: Iterable[str]) -> set[str]:
        """What status and INS say against a link, but for the same INS (R-ID6)."""
        asked, raised = self._asked, set()
        if asked.flagged or flagged:
            raised.add(evidence.DOUBTFUL)
        if asked.qualified and asked.ins is not None and any(ins != asked.ins for ins in qualified_ins):
            raised.add(evidence.OTHER_INS)
        return raised

    def _decide(self) -> None:
        if not self.rated:
            return
        done = decided_of_one(
            [one.pair.score for one in self.rated],
            [bool(one.pair.barred or one.vetoes - RIVALS) for one in self.rated],
            [one.pair.unlike for one in self.rated],
            self._policy,
        )
        for one, (decision, rivals) in zip(self.rated, done, strict=True):
            one.decision, one.rivals = DECISIONS[decision], rivals
            one.vetoes -= RIVALS
        self._decide_by_ins()
        self._tell_rivals()

    def _decide_by_ins(self) -> None:
        """An equal INS goes before any score: one person, or an anomaly for a human (R-ID6, R-ID11)."""
        holders = [one for one in self.rated if one.same_ins or evidence.SAME_INS_OTHER_TRAITS in one.vetoes]
        if not holders:
            return
        certain = [one for one in holders if one.same_ins and not one.vetoes]
        for one in self.rated:
            if one.decision is Decision.AUTO:
                one.decision = Decision.REVIEW
        for one in holders:
            one.decision = Decision.AUTO if certain == [one] and len(holders) == 1 else Decision.REVIEW

    def _tell_rivals(self) -> None:
        """RIVAL, where nothing but another candidate keeps the best from being linked."""
        if any(one.decision is Decision.AUTO for one in self.rated):
            return
        best = max(self.rated, key=lambda one: one.pair.score)
        needed = self._policy.auto_unlike if best.pair.unlike else self._policy.auto
        if best.pair.barred or best.vetoes or best.pair.score < needed:
            return
        for one in self.rated:
            if one.decision is Decision.REVIEW:
                one.vetoes.add(evidence.RIVAL)

    def _evidence(self, one: Rated) -> Evidence:
        return Evidence(
            score=one.pair.score + one.rivals,
            reasons=self._lookup.reasons(one.pair, one.rivals),
            decision=one.decision,
            vetoes=(*one.pair.vetoes, *sorted(one.vetoes)),
            model=self._model.weights.version,
            policy=self._named,
            same_ins=one.same_ins,
        )


def rated_alone(model: Model, asked: Asked, who: Someone, other: Registered, policy: str) -> Evidence:
    """What two say of each other, as if there were nobody else."""
    ranking = Ranking(model, asked, who, policy)
    ranking.only(other)
    return ranking.candidates()[0].evidence
