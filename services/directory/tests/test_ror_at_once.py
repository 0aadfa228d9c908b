"""Two administrators at once: what one of them does is never left half true by the other."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from terresante_platform.refusals import Refusal

from .desk import Desk
from .tree import Tree


async def outcomes(*calls: Awaitable[Any]) -> list[str]:
    """Of calls made at once: blank for one that was done, else its reason."""
    done = await asyncio.gather(*calls, return_exceptions=True)
    return sorted(one.reason if isinstance(one, Refusal) else "" for one in done)


async def test_two_moves_at_once_make_no_circle(tree: Tree, desk: Desk) -> None:
    await desk.administrator("94-ouest")
    site = (await tree.enrol()).structure_id
    one = await tree.enrol(level="internal", part_of=site, name="Un")
    two = await tree.enrol(level="internal", part_of=site, name="Deux")
    deep = await tree.enrol(level="internal", part_of=two.structure_id, name="Trois")
    tree.later()

    told = await outcomes(tree.change(one, part_of=deep.structure_id), tree.change(two, part_of=one.structure_id))

    assert told == ["", "STRUCTURE_PARENT_INVALID"]
    assert len((await tree.told(deep.structure_id)).ancestors) in (2, 3)


async def test_nobody_practises_in_a_structure_that_closes_meanwhile(tree: Tree, desk: Desk) -> None:
    await desk.administrator("94-ouest")
    site = await tree.enrol()
    tree.later()

    told = await outcomes(
        *(desk.professional(site.structure_id, family_name=name) for name in ("Adam", "Bernard", "Camus")),
        tree.close(site),
        *(desk.professional(site.structure_id, family_name=name) for name in ("Durand", "Evrard", "Fabre")),
    )

    assert set(told) <= {"", "STRUCTURE_CLOSED"}
    found = await tree.told(site.structure_id)
    assert found.sheet.closed
    assert found.professionals == 0


async def test_one_number_is_given_once(tree: Tree, desk: Desk) -> None:
    await desk.administrator("94-ouest")

    told = await outcomes(*(tree.enrol(finess="940110018", name=name) for name in ("Un", "Deux", "Trois")))

    assert told == ["", "STRUCTURE_ALREADY", "STRUCTURE_ALREADY"]


async def test_two_changes_of_the_same_version_are_told_apart(tree: Tree, desk: Desk) -> None:
    await desk.administrator("94-ouest")
    site = await tree.enrol()
    tree.later()

    told = await outcomes(tree.change(site, name="Un"), tree.change(site, name="Deux"))

    assert told == ["", "VERSION_STALE"]
