"""Chosen lines become one act: whole, once, and never over what changed meanwhile."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from terresante.directory.v1 import import_service_pb2 as pb
from terresante.directory.v1 import ror_service_pb2 as ror
from terresante_platform.database import Database
from terresante_platform.refusals import Refusal

from .handing_over import ANNUAIRE, FINESS, HandingOver, offers, professionals, sample, structure, structures

NEW, CHANGED, GONE, CONFLICT = (
    pb.LINE_OUTCOME_NEW,
    pb.LINE_OUTCOME_CHANGED,
    pb.LINE_OUTCOME_GONE,
    pb.LINE_OUTCOME_CONFLICT,
)
PERSON = {"identifiant": "P", "rpps": "99710000003", "nom": "Lemaire", "prenom": "Anne", "profession": "10"}
TREE = (
    structure("EJ", niveau="EJ", siren="000200006"),
    structure("EG", rattachement="EJ", finess="995000098", telephone="0199000001", ouverture="2020-01-01"),
    structure("OI", niveau="OI", territoire="", rattachement="EG"),
    structure("OJ", niveau="OI", territoire="", rattachement="OI"),
)


async def refused(call: Any) -> str:
    with pytest.raises(Refusal) as why:
        await call
    return why.value.reason


async def rows(database: Database, statement: str, **values: Any) -> list[tuple[Any, ...]]:
    async with database.reading() as connection:
        return [tuple(row) for row in await connection.execute(text(statement), values)]


async def test_a_tree_of_structures_comes_in_as_one_act_and_is_announced(
    files: HandingOver, database: Database, published: Any
) -> None:
    before = len(await published())
    told = await files.take(structures(*reversed(TREE)))

    assert told.state == pb.IMPORT_STATE_APPLIED
    assert await rows(database, "select name, level, version from structure order by level, name") == [
        ("Centre OI", "internal", 1),
        ("Centre OJ", "internal", 1),
        ("Centre EJ", "legal_entity", 1),
        ("Centre EG", "site", 1),
    ]
    assert (await published())[before:] == ["directory.v1.structure_changed"] * 4
    acts = await files.tree.stub.ListActs(ror.ListActsRequest())
    assert (acts.acts[0].act_id, acts.acts[0].kind, acts.acts[0].subjects) == (told.act_id, "imported", 4)


async def test_people_come_with_their_places_past_ones_too(files: HandingOver, database: Database) -> None:
    await files.take(structures(structure("A"), structure("B")))
    told = await files.take(
        professionals(
            PERSON | {"structure": "A", "role": "titulaire", "debut": "2023-01-01"},
            PERSON | {"structure": "B", "debut": "2020-01-01", "fin": "2022-01-01"},
        )
    )

    assert told.state == pb.IMPORT_STATE_APPLIED
    assert await rows(database, "select rpps, family_name, profession from professional") == [
        ("99710000003", "Lemaire", "10")
    ]
    assert await rows(database, "select role, since::date::text, until::date::text from place order by since") == [
        ("", "2020-01-01", "2022-01-01"),
        ("titulaire", "2023-01-01", None),
    ]
    again = professionals(PERSON | {"structure": "A", "role": "remplaçant", "debut": "2023-01-01"})
    await files.take(again)
    assert await rows(database, "select role from place order by since") == [("",), ("remplaçant",)]


async def test_offers_come_in_change_and_close(files: HandingOver, database: Database) -> None:
    await files.take(structures(structure("A")))
    offer = {"identifiant": "O", "structure": "A", "nom": "Médecine générale", "activite": "437", "age_min": "12"}
    await files.take(offers(offer))
    await files.take(offers(offer | {"activite": "037", "telephone": "0199000001"}))
    assert await rows(database, "select activity, closed, territory from offer") == [("037", False, "94-ouest")]
    files.tree.later(days=1)
    await files.take(offers(offer | {"activite": "037", "fermeture": "2025-03-03", "type_fermeture": "PRO"}))
    assert await rows(database, "select closed from offer") == [(True,)]


async def test_a_structure_that_is_gone_closes_with_all_that_is_under_it(
    files: HandingOver, database: Database
) -> None:
    await files.take(structures(*TREE))
    await files.take(professionals(PERSON | {"structure": "OI"}))
    await files.take(offers({"identifiant": "O", "structure": "OJ", "nom": "Médecine générale"}))
    files.tree.later()
    id = await files.read(structures(TREE[0]), complete=True)
    (line,) = [one for one in await files.lines(id, GONE) if one.label == "Centre EG"]
    await files.choose(id, line.number)
    assert (await files.apply(id)).state == pb.IMPORT_STATE_APPLIED

    assert await rows(database, "select name from structure where not closed") == [("Centre EJ",)]
    assert await rows(database, "select closed from offer") == [(True,)]
    assert await rows(database, "select until is null from place") == [(False,)]


async def test_finess_corrects_and_the_annuaire_never_enrols(files: HandingOver, database: Database) -> None:
    await files.tree.desk.administrator("95-sud")
    await files.take(sample("finess.csv"), FINESS)
    assert await rows(database, "select count(*) from professional") == [(0,)]
    await files.take(sample("annuaire.txt"), ANNUAIRE)
    assert await rows(database, "select count(*) from professional") == [(0,)]


async def test_the_annuaire_corrects_who_is_enrolled_and_proposes_places(
    files: HandingOver, database: Database
) -> None:
    home = structure("H", nom="Résidence du Belvédère", finess="995000262")
    await files.take(structures(home))
    await files.take(professionals(PERSON | {"rpps": "99710000151", "nom": "Ancien", "structure": "H"}))
    files.tree.later()
    id = await files.read(sample("annuaire.txt"), ANNUAIRE)
    lines = [(one.subject.kind, one.outcome) for one in await files.lines(id, CHANGED, NEW, CONFLICT)]
    assert ("professional", CHANGED) in lines
    await files.choose(id, outcome=CHANGED)
    await files.apply(id)
    assert await rows(database, "select family_name <> 'Ancien' from professional") == [(True,)]


async def test_a_site_whose_entity_was_not_taken_is_left_out_and_told(files: HandingOver) -> None:
    id = await files.read(structures(*TREE))
    await files.choose(id, 3, 4)
    told = await files.apply(id)

    assert told.state == pb.IMPORT_STATE_READY
    assert told.failure
    assert (await files.reasons(id))[3] == ("conflict", ["PARENT_NOT_TAKEN"])
    await files.choose(id, 2, 3, 4, chosen=True)
    assert (await files.apply(id)).state == pb.IMPORT_STATE_APPLIED


async def test_a_line_whose_subject_changed_since_the_preview_is_left_out(
    files: HandingOver, database: Database
) -> None:
    rows_before = structure("A"), structure("B")
    await files.take(structures(*rows_before))
    subject = await files.subject(structures(*rows_before))
    id = await files.read(structures(structure("A", nom="Centre un"), structure("B", nom="Centre deux")))
    await files.choose(id, outcome=CHANGED)
    await files.rename(subject, "Centre corrigé")

    assert (await files.apply(id)).state == pb.IMPORT_STATE_APPLIED
    assert await rows(database, "select name from structure order by name") == [("Centre corrigé",), ("Centre deux",)]
    assert (await files.reasons(id))[2] == ("conflict", ["CHANGED_SINCE"])


async def test_who_practises_elsewhere_by_now_is_corrected_by_no_import_of_this_territory(
    files: HandingOver, database: Database
) -> None:
    west = await files.tree.desk.administrator("94-ouest")
    await files.take(structures(structure("A")))
    await files.take(professionals(PERSON | {"structure": "A"}))
    files.tree.later()
    id = await files.read(professionals(PERSON | {"nom": "Lemercier", "structure": "A"}))
    (line,) = [one for one in await files.lines(id, CHANGED) if one.subject.kind == "professional"]
    await files.choose(id, line.number)
    files.tree.desk.sit(west)
    await files.tree.desk.moves(line.subject.id, "95-sud")

    files.tree.desk.sit(west)
    assert (await files.apply(id)).state == pb.IMPORT_STATE_READY
    (left,) = [one for one in await files.lines(id) if one.subject.kind == "professional"]
    assert (left.outcome, list(left.reasons)) == (CONFLICT, ["TERRITORY_NOT_YOURS"])
    assert await rows(database, "select family_name from professional") == [("Lemaire",)]


async def test_a_number_that_somebody_else_has_by_now_is_left_out(files: HandingOver) -> None:
    id = await files.read(structures(structure("A", finess="995000098"), structure("B")))
    await files.choose(id, outcome=NEW)
    await files.tree.enrol(name="Centre enregistré entre-temps", finess="995000098")

    assert (await files.apply(id)).state == pb.IMPORT_STATE_APPLIED
    assert (await files.reasons(id))[2] == ("conflict", ["CHANGED_SINCE"])


async def test_a_structure_never_becomes_part_of_itself_by_two_lines(files: HandingOver, database: Database) -> None:
    told = structure("A"), structure("X", niveau="OI", rattachement="A"), structure("Y", niveau="OI", rattachement="X")
    await files.take(structures(*told))
    subject = (await files.lines(await files.read(structures(told[1]))))[0].subject.id
    id = await files.read(structures(told[0], told[1] | {"rattachement": "Y"}))
    assert (await files.reasons(id))[3][0] == "rejected" or await files.choose(id, 3)
    assert (await rows(database, "select part_of::text from structure where id = :id", id=subject))[0][0] != subject


async def test_two_who_apply_at_once_apply_once(files: HandingOver, database: Database) -> None:
    id = await files.read(structures(structure("A")))
    await files.choose(id, outcome=NEW)
    version = (await files.told(id)).version
    both = await asyncio.gather(*(files.apply(id, version=version) for _ in range(2)), return_exceptions=True)

    assert sorted(getattr(one, "reason", "") for one in both)[0] == ""
    assert {getattr(one, "reason", "") for one in both} <= {"", "IMPORT_NOT_READY", "IMPORT_APPLIED"}
    assert await rows(database, "select count(*) from structure") == [(1,)]


async def test_two_imports_of_the_same_at_once_make_it_once(files: HandingOver, database: Database) -> None:
    content = structures(structure("A", finess="995000098"))
    ids = [await files.read(content), await files.read(content)]
    for id in ids:
        await files.choose(id, outcome=NEW)
    states = [one.state for one in await asyncio.gather(*(files.apply(id) for id in ids))]

    assert sorted(states) == [pb.IMPORT_STATE_READY, pb.IMPORT_STATE_APPLIED]
    assert await rows(database, "select count(*) from structure") == [(1,)]


async def test_the_same_order_under_one_key_is_carried_out_once(files: HandingOver, calling_as: Any) -> None:
    id = await files.read(structures(structure("A")))
    await files.choose(id, outcome=NEW)
    version = (await files.told(id)).version
    by = await files.tree.desk.administrator("94-ouest")
    calling_as("administrator", by, key="une-fois")
    await files.apply(id, version=version)
    assert (await files.apply(id, version=version)).import_id == id
    assert await refused(files.apply(id, version=version, why="autre")) == "IDEMPOTENCY_KEY_REUSED"


async def test_what_cannot_be_asked_of_an_import_is_refused(files: HandingOver) -> None:
    read = await files.read(structures(structure("A"), structure("B", niveau="EX")))
    waiting = await files.upload(structures(structure("C")))

    assert await refused(files.apply(read)) == "NOTHING_CHOSEN"
    assert await refused(files.choose(read)) == "CHOICE_INVALID"
    assert await refused(files.choose(read, 2, outcome=NEW)) == "CHOICE_INVALID"
    assert await refused(files.choose(read, outcome=pb.LINE_OUTCOME_REJECTED)) == "CHOICE_INVALID"
    assert await refused(files.choose(read, 3)) == "CHOICE_INVALID"
    assert await refused(files.choose(read, 99)) == "LINE_UNKNOWN"
    await files.choose(read, 2)
    assert await refused(files.apply(read, version=1)) == "VERSION_STALE"
    assert await refused(files.apply(read, version=0)) == "VERSION_REQUIRED"
    assert await refused(files.apply(read, why="x" * 501)) == "WHY_INVALID"
    assert await refused(files.apply(waiting)) == "IMPORT_NOT_READY"
    assert await refused(files.choose(waiting, 2)) == "IMPORT_NOT_READY"
    assert await refused(files.told(str(uuid4()))) == "IMPORT_UNKNOWN"
    assert await refused(files.told("x")) == "ID_INVALID"
    await files.apply(read)
    assert await refused(files.apply(read)) == "IMPORT_APPLIED"
    discarding = files.stub.DiscardImport(pb.DiscardImportRequest(import_id=read))
    assert await refused(discarding) == "IMPORT_APPLIED"


async def test_pages_of_lines_and_imports_follow_each_other(files: HandingOver) -> None:
    ids = [await files.read(structures(*(structure(f"A{number}") for number in range(20)))) for _ in range(3)]
    assert [line.number for line in await files.lines(ids[0])] == list(range(2, 22))

    first = await files.stub.ListImports(pb.ListImportsRequest(limit=2))
    rest = await files.stub.ListImports(pb.ListImportsRequest(limit=2, cursor=first.next_cursor))
    assert [one.import_id for one in (*first.imports, *rest.imports)] == ids[::-1]
    await files.choose(ids[0], 2)
    await files.apply(ids[0])
    ready = pb.ListImportsRequest(states=[pb.IMPORT_STATE_READY])
    assert [one.import_id for one in (await files.stub.ListImports(ready)).imports] == ids[:0:-1]
    unknown = pb.ListImportsRequest(states=[99])  # type: ignore[list-item]
    assert await refused(files.stub.ListImports(unknown)) == "CHOICE_INVALID"
    assert rest.next_cursor == ""
    for cursor in ("x", "1", "1.x", "99999999999999999999.1", "-1.0", "1.0.0"):
        asked = pb.ListImportLinesRequest(import_id=ids[0], cursor=cursor)
        assert await refused(files.stub.ListImportLines(asked)) == "CURSOR_INVALID"
    assert await refused(files.stub.ListImports(pb.ListImportsRequest(cursor=str(uuid4())))) == "CURSOR_INVALID"


async def test_nobody_sees_nor_touches_the_imports_of_other_territories(files: HandingOver) -> None:
    id = await files.read(structures(structure("A")))
    version = (await files.told(id)).version
    await files.tree.desk.administrator("95-sud")

    assert await refused(files.told(id)) == "IMPORT_UNKNOWN"
    assert await refused(files.lines(id)) == "IMPORT_UNKNOWN"
    assert await refused(files.choose(id, 2)) == "IMPORT_UNKNOWN"
    assert await refused(files.apply(id, version=version)) == "IMPORT_UNKNOWN"
    assert await refused(files.stub.DiscardImport(pb.DiscardImportRequest(import_id=id))) == "IMPORT_UNKNOWN"
    assert list((await files.stub.ListImports(pb.ListImportsRequest())).imports) == []


@pytest.mark.parametrize("kind", ["professional", "patient"])
async def test_only_administrators_call(files: HandingOver, calling_as: Any, kind: str) -> None:
    calling_as(kind, uuid4())
    for call in (
        files.upload(structures(structure("A"))),
        files.told(str(uuid4())),
        files.differences("finess"),
        files.settle(pb.SETTLEMENT_KEEP_LOCAL, "x"),
    ):
        assert await refused(call) == "KIND_NOT_ALLOWED"
