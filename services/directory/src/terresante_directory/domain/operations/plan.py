"""What an operation would do: worked out from what is known, without doing it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from terresante_directory.domain.acts import ActKind
from terresante_directory.domain.facts import Fact, Statement, SubjectKind
from terresante_directory.domain.identifiers import TerritoryCode
from terresante_directory.domain.operations import structures, territories, tree
from terresante_directory.domain.operations.asked import (
    MergeStructures,
    MergeTerritories,
    MoveCommunes,
    MoveStructures,
    Operation,
    SplitStructure,
    SplitTerritory,
    must_be_well_formed,
)
from terresante_directory.domain.operations.draft import Change, Draft
from terresante_directory.domain.operations.refusals import nothing_to_do
from terresante_directory.domain.operations.yours import touched
from terresante_directory.domain.territories import Administrator


@dataclass(frozen=True, slots=True)
class World:
    """What is known now of the subjects that an operation may concern, the whole of it for each.

    `communes`: inhabitants by COG code, of all communes there are. `new_id`: ids for what begins.
    """

    known: Sequence[Fact]
    communes: Mapping[str, int]
    new_id: Callable[[], UUID]


@dataclass(frozen=True, slots=True)
class Grant:
    """A new territory is given to exactly those who administer the other one."""

    new: TerritoryCode
    like: TerritoryCode


@dataclass(frozen=True, slots=True)
class Plan:
    """What an act shall state, and what that concerns: ids as text, codes.

    `goes`: by structure, the territory before and after, where it is another one. `places`: those that end.
    `handed_over`: of these, which go to a structure of another territory. `inhabitants`: of the `communes`, which
    another territory covers. `passed`: from which territory to which one things go.
    """

    kind: ActKind
    statements: tuple[Statement, ...]
    territories: frozenset[TerritoryCode]
    structures: frozenset[str]
    offers: frozenset[str]
    places: frozenset[str]
    handed_over: frozenset[str]
    goes: Mapping[str, tuple[str, str]]
    communes: frozenset[str]
    inhabitants: int
    passed: frozenset[tuple[str, str]]
    grant: Grant | None = None


KINDS: dict[type[Operation], ActKind] = {
    MoveStructures: ActKind.MOVED,
    MoveCommunes: ActKind.MOVED,
    MergeStructures: ActKind.MERGED,
    MergeTerritories: ActKind.MERGED,
    SplitStructure: ActKind.SPLIT,
    SplitTerritory: ActKind.SPLIT,
}


def planned(world: World, asked: Operation, start: datetime, by: Administrator) -> Plan:
    """What the operation does from `start` on; all that is said for before then, or scheduled otherwise, stays.

    Raises `OperationInvalid` (also: if it changes nothing), `TerritoryNotYours` if it touches a territory that is not
    the administrator's (R-ROR4), and as `structures` and `territories` say.
    """
    must_be_well_formed(asked)
    draft = Draft(world.known, start)
    into = _carry_out(draft, asked, by, world)
    changes = list(draft.changes())
    if not changes:
        raise nothing_to_do()
    grant = _grant(asked)
    codes = touched(draft, changes)
    by.must_administer_all(sorted(codes - ({grant.new} if grant else set())))
    ended = [change for change in changes if change.subject.kind is SubjectKind.PLACE and change.after is None]
    communes = _ids(changes, SubjectKind.COMMUNE)
    passed = _passed(draft, changes, into)
    return Plan(
        kind=KINDS[type(asked)],
        statements=tuple(draft.statements()),
        territories=codes,
        structures=_ids(changes, SubjectKind.STRUCTURE),
        offers=_ids(changes, SubjectKind.OFFER),
        places=_ids(ended, SubjectKind.PLACE),
        handed_over=frozenset(one.subject.id for one in ended if _territories(draft, one, into) in passed),
        goes=_goes(changes),
        communes=communes,
        inhabitants=sum(world.communes.get(code, 0) for code in communes),
        passed=passed - ({(grant.like, grant.new)} if grant else set()),
        grant=grant,
    )


def _carry_out(draft: Draft, asked: Operation, by: Administrator, world: World) -> str:
    """Works it out in the draft. The id of the structure that offers and places go to; blank if they stay."""
    match asked:
        case MoveStructures():
            structures.move(draft, asked, by)
        case MergeStructures():
            structures.merge(draft, asked, by, world.new_id)
            return asked.into
        case SplitStructure():
            return structures.split(draft, asked, by, world.new_id)
        case MoveCommunes():
            territories.move_communes(draft, asked, by, world.communes)
        case SplitTerritory():
            territories.split(draft, asked, by, world.communes)
        case MergeTerritories():
            territories.merge(draft, asked, by)
    return ""


def _grant(asked: Operation) -> Grant | None:
    if not isinstance(asked, SplitTerritory):
        return None
    return Grant(TerritoryCode(asked.new_code), TerritoryCode(asked.territory))


def _ids(changes: Iterable[Change], kind: SubjectKind) -> frozenset[str]:
    return frozenset(change.subject.id for change in changes if change.subject.kind is kind)


def _goes(changes: Iterable[Change]) -> dict[str, tuple[str, str]]:
    """By structure, its territories before and after the first change that makes it another one."""
    goes: dict[str, tuple[str, str]] = {}
    for change in changes:
        if change.subject.kind is SubjectKind.STRUCTURE and change.before and change.after:
            before, after = str(change.before["territory_code"]), str(change.after["territory_code"])
            if before != after:
                goes.setdefault(change.subject.id, (before, after))
    return goes


def _passed(draft: Draft, changes: Iterable[Change], into: str) -> frozenset[tuple[str, str]]:
    """From which territory to which other one structures, offers, places and communes go."""
    pairs = {_territories(draft, change, into) for change in changes}
    return frozenset((before, after) for before, after in pairs if before != after and before and after)


def _territories(draft: Draft, change: Change, into: str) -> tuple[str, str]:
    """Of what changes, before and after. What ends went to the structure `into`, if it is not a territory."""
    if change.before is None:
        return "", ""
    if change.subject.kind in (SubjectKind.OFFER, SubjectKind.PLACE):
        return _known_territory(draft, str(change.before["structure_id"])), _known_territory(draft, into)
    if change.after is None:
        return "", ""
    return str(change.before["territory_code"]), str(change.after["territory_code"])


def _known_territory(draft: Draft, id: str) -> str:
    here = draft.at_start(tree.structure(id))
    return here.says("territory_code") if here else ""
