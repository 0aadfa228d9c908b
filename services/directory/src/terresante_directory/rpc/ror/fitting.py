"""Whether what is to be said of a structure fits what is around it, which then stays as it is until it is said."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform.ids import parsed

from terresante_directory.domain import hierarchy
from terresante_directory.domain.changing import from_then_on
from terresante_directory.domain.closing import Under
from terresante_directory.domain.facts import Fact, Subject, SubjectKind
from terresante_directory.domain.identifiers import StructureId, TerritoryCode, unknown_structure
from terresante_directory.domain.sheets import StructureContent
from terresante_directory.domain.structures import StructureLevel, closed_structure
from terresante_directory.domain.subjects import of_structure
from terresante_directory.domain.territories import Administrator, Territory, known_territory
from terresante_directory.store import acting, territories
from terresante_directory.store import hierarchy as tree

Times = tuple[datetime, datetime]
"""From when something is to hold; now."""


async def held(
    transaction: AsyncConnection,
    id: StructureId | None,
    typed: StructureContent,
    by: Administrator,
    given: Mapping[TerritoryCode, Territory],
    times: Times,
) -> tuple[list[Fact], StructureContent]:
    """All that is known of the structure (`id` None: a new one), and what is to be said of it, its territory filled in.

    Locks it with all that is above its new parent, so that two changes never make a circle.
    """
    start, now = times
    parent = str(parsed(typed.part_of, "part_of")) if typed.part_of else ""
    itself = {of_structure(id)} if id else set()
    above = {one.subject for one in await tree.above(transaction, [parent], start)} if parent else set()
    known = await acting.hold(transaction, {*itself, *above, *_territory(typed)}, now)
    own = [fact for fact in known if fact.subject in itself]
    if id:
        must_be_open_and_theirs(own, by, start)
    ancestors = await tree.above(transaction, [parent], start) if parent else []
    over = [fact for fact in ancestors if fact.subject.id == parent]
    if parent and not any(fact.span.holds(start) for fact in over):
        raise unknown_structure()
    by.must_administer_all(TerritoryCode(str(fact.content["territory_code"])) for fact in over)
    said = await _in_its_territory(transaction, typed, over, by, given)
    hierarchy.must_fit(said, [StructureContent.of(fact.content) for fact in over])
    if id:
        hierarchy.must_not_contain(str(id), ancestors)
        children = await tree.directly_under(transaction, [str(id)], [SubjectKind.STRUCTURE], start)
        hierarchy.must_bear(said, [StructureContent.of(child.content) for child in children])
    return own, replace(said, part_of=parent)


async def all_under(transaction: AsyncConnection, id: StructureId, by: Administrator, times: Times) -> Under:
    """A structure with all that is under it, which nobody else changes, enrols or moves there any more."""
    start, now = times
    whole = of_structure(id)

    async def itself_and_under() -> set[Subject]:
        return {whole, *(fact.subject for fact in await tree.under(transaction, str(id), start))}

    held = await acting.hold_found(transaction, itself_and_under, now)
    itself = [fact for fact in held if fact.subject == whole]
    must_be_open_and_theirs(itself, by, start)
    ids = {fact.subject.id for fact in held}
    offers = await tree.directly_under(transaction, ids, [SubjectKind.OFFER], start)
    places = await tree.directly_under(transaction, ids, [SubjectKind.PLACE], start)
    held += await acting.hold(transaction, {fact.subject for fact in (*offers, *places)}, now)
    known = {fact.id: fact for fact in held}
    structures = await tree.under(transaction, str(id), start)
    under = Under(
        itself, *([known[fact.id] for fact in facts if fact.id in known] for facts in (structures, offers, places))
    )
    by.must_administer_all(TerritoryCode(str(fact.content["territory_code"])) for fact in under.structures)
    return under


def must_be_open_and_theirs(known: list[Fact], by: Administrator, start: datetime) -> None:
    """Raises `StructureUnknown` for one of another territory, or that is none then; `StructureClosed`."""
    if not any(fact.span.holds(start) for fact in known):
        raise unknown_structure()
    later = from_then_on(known, start)
    if later[0].content["territory_code"] not in by.territories:
        raise unknown_structure()
    if later[0].content["closed"]:
        raise closed_structure()
    by.must_administer_all(TerritoryCode(str(fact.content["territory_code"])) for fact in later)


async def _in_its_territory(
    transaction: AsyncConnection,
    typed: StructureContent,
    over: list[Fact],
    by: Administrator,
    given: Mapping[TerritoryCode, Territory],
) -> StructureContent:
    """An internal organisation is in its parent's territory unless another is said."""
    code = typed.territory_code
    if not code and typed.level == StructureLevel.INTERNAL.value and over:
        code = str(over[0].content["territory_code"])
    known = known_territory(code, await territories.known(transaction, given))
    by.must_administer(known)
    return replace(typed, territory_code=known)


def _territory(typed: StructureContent) -> set[Subject]:
    return {Subject(SubjectKind.TERRITORY, typed.territory_code)} if typed.territory_code else set()
