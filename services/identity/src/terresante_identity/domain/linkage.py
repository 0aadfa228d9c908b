"""What links source identities to persons: acts, kept for good. The present is the replay of all acts, the past of
some.

A person is the set of source identities linked to an id. Every act is a list of moves of sources from one person to
another; who has no source left has become the person that took the last one (`merged_into`).
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from terresante_platform.refusals import Conflict, Invalid, Unknown

from terresante_identity.domain.evidence import Evidence
from terresante_identity.domain.identity import PersonChangedSince, PersonId
from terresante_identity.domain.sources import SourceId, unknown_source

ActId = NewType("ActId", UUID)
ReviewId = NewType("ReviewId", UUID)


class PersonsSame(Invalid):
    reason = "PERSONS_SAME"


class AlreadyLinked(Conflict):
    reason = "ALREADY_LINKED"


class OnlySource(Conflict):
    reason = "ONLY_SOURCE"


class SplitTakesAll(Invalid):
    reason = "SPLIT_TAKES_ALL"


class SplitTakesNone(Invalid):
    reason = "SPLIT_TAKES_NONE"


class ActUnknown(Unknown):
    reason = "ACT_UNKNOWN"


class ActNotUndoable(Conflict):
    reason = "ACT_NOT_UNDOABLE"


class ActOvertaken(Conflict):
    reason = "ACT_OVERTAKEN"


class ActKind(StrEnum):
    """What was done."""

    REGISTERED = "REGISTERED"  # a source came and made a new person
    LINKED = "LINKED"  # a source came to an existing person, or was moved to another
    UNLINKED = "UNLINKED"  # a source left its person
    MERGED = "MERGED"
    SPLIT = "SPLIT"
    REFUSED = "REFUSED"  # a pair was found to be two people
    UNDONE = "UNDONE"


@dataclass(frozen=True, slots=True)
class Move:
    """A source identity goes from one person to another. `before` is None when it was new."""

    source: SourceId
    before: PersonId | None
    after: PersonId


@dataclass(frozen=True, slots=True)
class LinkageAct:
    """What was done, by whom (opaque id of a professional or feeder) and why. Never changed."""

    id: ActId
    kind: ActKind
    at: datetime
    by: UUID
    moves: tuple[Move, ...] = ()
    undoes: ActId | None = None
    review: ReviewId | None = None
    comment: str = ""
    evidence: Evidence | None = None
    absorbed: PersonId | None = None
    surviving: PersonId | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """An act with its place in the order of all acts."""

    act: LinkageAct
    place: int
    undone_by: ActId | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One move of one source identity, as its feeder is told."""

    act: ActId
    kind: ActKind
    move: Move
    issuer: str
    local_id: str
    at: datetime
    place: int


@dataclass(frozen=True, slots=True)
class Turn:
    """What moves make of persons. `absorbed`: (who has nothing left, who took it); `separated`: (who has something now
    and had nothing before, from whom).
    """

    absorbed: tuple[PersonId, PersonId] | None = None
    separated: tuple[PersonId, PersonId] | None = None


@dataclass(frozen=True, slots=True)
class Linkage:
    """Who each source identity is linked to, and what became of those who have none any more, by which act."""

    person_of: Mapping[SourceId, PersonId]
    merged_into: Mapping[PersonId, PersonId]
    emptied_by: Mapping[PersonId, ActId]


def unknown_act() -> ActUnknown:
    """The refusal for an id that is no act's."""
    return ActUnknown("Cet acte n’est pas connu.", "Rechargez l’historique de la personne.")


def turned(moves: Sequence[Move], members: Mapping[PersonId, Set[SourceId]]) -> Turn:
    """What the moves make of the persons they name; `members`: their sources before."""
    taken = {move.source for move in moves}
    absorbed = separated = None
    for move in moves:
        if move.before is None:
            continue
        if members.get(move.before, frozenset()) <= taken:
            absorbed = (move.before, move.after)
        if not members.get(move.after):
            separated = (move.after, move.before)
    return Turn(absorbed, separated)


def replayed(acts: Iterable[LinkageAct]) -> Linkage:
    """The state after these acts, oldest first. Acts that do not follow each other are a fault."""
    person_of: dict[SourceId, PersonId] = {}
    merged_into: dict[PersonId, PersonId] = {}
    emptied_by: dict[PersonId, ActId] = {}
    members: dict[PersonId, set[SourceId]] = {}
    for act in acts:
        turn = turned(act.moves, members)
        for move in act.moves:
            if person_of.get(move.source) != move.before:
                raise LookupError("acts follow each other: a source is moved from where it is")
            if move.before is not None:
                members[move.before].discard(move.source)
            members.setdefault(move.after, set()).add(move.source)
            person_of[move.source] = move.after
        if turn.absorbed is not None:
            merged_into[turn.absorbed[0]], emptied_by[turn.absorbed[0]] = turn.absorbed[1], act.id
        if turn.separated is not None:
            merged_into.pop(turn.separated[0], None)
            emptied_by.pop(turn.separated[0], None)
    return Linkage(person_of, merged_into, emptied_by)


def link(source: SourceId, before: PersonId, after: PersonId) -> tuple[Move, ...]:
    """One source to another person. Refuses with ALREADY_LINKED."""
    if before == after:
        raise AlreadyLinked("Cette identité source est déjà celle de cette personne.", "Il n’y a rien à faire.")
    return (Move(source, before, after),)


def unlink(source: SourceId, person: PersonId, sources: Set[SourceId], own: PersonId) -> tuple[Move, ...]:
    """One source out of its person, into a new one (`own`). Refuses with ONLY_SOURCE when it has no other."""
    if sources <= {source}:
        raise OnlySource(
            "C’est la seule identité source de cette personne : elle ne peut pas en être retirée.",
            "Pour la réunir à une autre personne, rattachez-la ou fusionnez.",
        )
    return (Move(source, person, own),)


def merge(absorbed: PersonId, surviving: PersonId, sources: Set[SourceId]) -> tuple[Move, ...]:
    """All sources of one person to another. Refuses with PERSONS_SAME."""
    require_two(absorbed, surviving)
    return tuple(Move(source, absorbed, surviving) for source in sorted(sources))


def require_two(one: PersonId, other: PersonId) -> None:
    """Refuses with PERSONS_SAME."""
    if one == other:
        raise PersonsSame("C’est deux fois la même personne.", "Donnez deux personnes différentes.")


def split(person: PersonId, sources: Set[SourceId], chosen: Set[SourceId], own: PersonId) -> tuple[Move, ...]:
    """Some sources of a person into a new one. Refuses with SPLIT_TAKES_NONE, SOURCE_UNKNOWN, SPLIT_TAKES_ALL."""
    if not chosen:
        raise SplitTakesNone("Aucune identité source n’est choisie.", "Choisissez celles qui sont une autre personne.")
    if not chosen <= sources:
        raise unknown_source()
    if chosen == sources:
        raise SplitTakesAll(
            "Toutes les identités sources sont choisies : il ne resterait rien de la personne.",
            "Laissez-en au moins une.",
        )
    return tuple(Move(source, person, own) for source in sorted(chosen))


def undo(
    act: LinkageAct, since: Sequence[LinkageAct], emptied_by: Mapping[PersonId, ActId], own: PersonId
) -> tuple[Move, ...]:
    """The moves that put everything back as it was before an act.

    `since`: the later acts, oldest first, that moved one of its sources or undo it, or one another; `emptied_by`: for
    persons who have become another, by which act: only undoing that one makes them stand again; `own`: the person that
    a source becomes which was new with the act. Refuses with ACT_NOT_UNDOABLE, ACT_OVERTAKEN.
    """
    if act.kind is ActKind.REGISTERED:
        raise ActNotUndoable(
            "L’arrivée d’une identité ne s’annule pas.",
            "Rattachez-la à la bonne personne, ou marquez-la douteuse.",
        )
    moves = tuple(
        Move(move.source, move.after, move.before if move.before is not None else own) for move in reversed(act.moves)
    )
    gone = {emptied_by[move.after]: None for move in moves if emptied_by.get(move.after, act.id) != act.id}
    if in_the_way := [*_standing_in_the_way(act.id, since), *gone]:
        raise overtaken(in_the_way)
    return moves


def require_unmoved(seen: Set[PersonId], now: Set[PersonId]) -> None:
    """Refuses with VERSION_STALE when a source went to another person since it was looked at."""
    if seen != now:
        raise PersonChangedSince("Une identité de cette paire vient de changer de personne.", "Rechargez la paire.")


def overtaken(by: Sequence[ActId]) -> ActOvertaken:
    """The refusal to undo an act before those that followed it."""
    return ActOvertaken(
        "D’autres actes ont suivi sur les mêmes identités : celui-ci ne peut pas être annulé d’abord.",
        "Annulez d’abord les actes qui ont suivi, du plus récent au plus ancien.",
        acts=" ".join(map(str, by)),
    )


def _standing_in_the_way(act: ActId, since: Sequence[LinkageAct]) -> list[ActId]:
    """The last act of each chain (an act, what undid it, what undid that…) whose later members changed something.

    Two members of a chain cancel each other, so an odd number of them did. The act's own chain always stands in the
    way: an act is undone once, then it is its undoing that is undone.
    """
    by_id = {later.id: later for later in since}
    chains: dict[ActId, list[ActId]] = {}
    for later in since:
        first = later
        while first.undoes in by_id:
            first = by_id[first.undoes]
        chains.setdefault(first.undoes or first.id, []).append(later.id)
    return [chain[-1] for first_of, chain in chains.items() if first_of == act or len(chain) % 2]
