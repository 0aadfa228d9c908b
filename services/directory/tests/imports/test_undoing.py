"""An import is undone whole, and what was is there again: against pictures of the directory, over random lives."""

from random import Random
from typing import Any

import pytest
from sqlalchemy import text
from terresante.directory.v1 import import_service_pb2 as pb
from terresante_platform.database import Database
from terresante_platform.refusals import Refusal

from .handing_over import HandingOver, offers, professionals, structure, structures

PICTURE = (
    """select id::text, name, level, coalesce(finess, ''), territory, coalesce(part_of::text, ''), commune_code, closed
       from structure where stands order by id""",
    "select id::text, structure_id::text, name, activity, closed, open from offer where stands order by id",
    "select id::text, rpps, family_name, given_name, profession from professional where stands order by id",
    "select id::text, professional_id::text, structure_id::text, role, since, until from place order by id",
    """select kind, subject, valid_from, valid_to, content::text from fact where known_to is null
       and kind in ('structure', 'offer', 'professional', 'place') order by kind, subject, valid_from""",
)
PEOPLE = ("99710000003", "99710000011", "99710000029")


async def picture(database: Database) -> list[list[tuple[Any, ...]]]:
    """All that is shown and known."""
    async with database.reading() as connection:
        return [[tuple(row) for row in await connection.execute(text(part))] for part in PICTURE]


def some_structures(random: Random) -> bytes:
    rows = []
    for number in range(6):
        if random.random() < 0.25:
            continue
        parent = f"S{random.randrange(6)}"
        level = random.choice(["EJ", "EG", "EG", "OI"])
        more = {"nom": f"Centre {random.randrange(4)}", "telephone": f"019900000{random.randrange(4)}"}
        if random.random() < 0.6:
            more["rattachement"] = parent
        if random.random() < 0.2:
            more["fermeture"] = "2025-01-01"
        rows.append(structure(f"S{number}", niveau=level, **more))
    return structures(*rows)


def some_people(random: Random) -> bytes:
    rows = []
    for number, rpps in enumerate(PEOPLE):
        for place in range(random.randrange(3)):
            person = {"identifiant": f"P{number}", "rpps": rpps, "nom": random.choice(["Lemaire", "Durand"])}
            more = {"prenom": "Anne", "profession": "10", "structure": f"S{random.randrange(6)}", "role": f"r{place}"}
            rows.append(person | more)
    return professionals(*rows)


def some_offers(random: Random) -> bytes:
    rows = [
        {"identifiant": f"O{number}", "structure": f"S{random.randrange(6)}", "nom": "Soins", "activite": str(number)}
        for number in range(random.randrange(4))
    ]
    return offers(*rows)


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_was_imported_undone_in_reverse_everything_is_as_it_was(
    files: HandingOver, database: Database, seed: int
) -> None:
    random = Random(seed)  # noqa: S311
    lived: list[tuple[str, list[list[tuple[Any, ...]]]]] = []
    for making in (some_structures, some_structures, some_people, some_offers, some_structures, some_people):
        files.tree.later()
        before = await picture(database)
        id = await files.read(making(random), complete=random.random() < 0.4)
        counts = {one.outcome: one for one in (await files.told(id)).counts}
        wanted = (pb.LINE_OUTCOME_NEW, pb.LINE_OUTCOME_CHANGED, pb.LINE_OUTCOME_GONE, pb.LINE_OUTCOME_CONFLICT)
        for outcome in wanted:
            if outcome in counts:
                await files.choose(id, outcome=outcome)
        if any(one.chosen for one in (await files.told(id)).counts):
            told = await files.apply(id)
            if told.state == pb.IMPORT_STATE_APPLIED:
                lived.append((told.act_id, before))
            else:
                assert (told.state, await picture(database)) == (pb.IMPORT_STATE_READY, before)
    assert lived
    for act, before in reversed(lived):
        files.tree.later()
        await files.undo(act)
        assert await picture(database) == before


async def test_what_was_undone_is_proposed_again_as_before(files: HandingOver) -> None:
    await files.take(structures(structure("A")))
    content = structures(structure("A", nom="Centre B"), structure("C"))
    before = await files.read(content)
    told = await files.take(content)
    files.tree.later()
    await files.undo(told.act_id)

    again = await files.read(content)
    assert [(line.outcome, [one.after for one in line.fields]) for line in await files.lines(again)] == [
        (line.outcome, [one.after for one in line.fields]) for line in await files.lines(before)
    ]
    assert (await files.take(content)).state == pb.IMPORT_STATE_APPLIED


async def test_an_import_on_which_a_later_act_built_is_not_undone(files: HandingOver) -> None:
    content = structures(structure("A"))
    told = await files.take(content)
    await files.rename(await files.subject(content), "Centre corrigé")
    with pytest.raises(Refusal) as why:
        await files.undo(told.act_id)
    assert why.value.reason == "ACT_BUILT_UPON"
