"""A national source against the directory, field by field, with decisions that are remembered."""

from typing import Any
from uuid import uuid4

import pytest
from terresante.directory.v1 import import_service_pb2 as pb
from terresante.directory.v1 import ror_service_pb2 as ror
from terresante_directory.domain.identifiers import TerritoryCode
from terresante_directory.imports import differing
from terresante_platform.database import Database
from terresante_platform.refusals import Refusal

from .handing_over import ANNUAIRE, FINESS, HandingOver, professionals, sample, structure, structures
from .test_applying import PERSON

KEEP, TAKE, AGAIN = pb.SETTLEMENT_KEEP_LOCAL, pb.SETTLEMENT_TAKE_SOURCE, pb.SETTLEMENT_OPEN_AGAIN


async def refused(call: Any) -> str:
    with pytest.raises(Refusal) as why:
        await call
    return why.value.reason


async def corrected(files: HandingOver) -> str:
    """The id of a structure of FINESS whose name somebody corrected here."""
    id = await files.read(sample("finess.csv"), FINESS)
    await files.choose(id, outcome=pb.LINE_OUTCOME_NEW)
    await files.apply(id)
    again = await files.read(sample("finess.csv"), FINESS)
    subject = next(one.subject.id for one in await files.lines(again) if one.subject.id)
    await files.rename(subject, "Nom corrigé ici")
    return subject


async def test_a_local_correction_is_a_difference_until_somebody_keeps_it(files: HandingOver) -> None:
    assert await files.differences("finess") == []
    subject = await corrected(files)

    (found,) = await files.differences("finess")
    assert (found.subject.id, found.field, found.local_value) == (subject, "name", "Nom corrigé ici")
    assert found.source_value
    assert await files.differences("annuaire") == []
    assert not (await files.settle(KEEP, found.difference_id)).HasField("act")
    assert await files.differences("finess") == []
    assert await refused(files.settle(KEEP, found.difference_id)) == "DIFFERENCE_UNKNOWN"

    await files.rename(subject, "Nom corrigé encore")
    (again,) = await files.differences("finess")
    assert again.local_value == "Nom corrigé encore"


async def test_a_source_that_says_something_else_brings_a_kept_difference_back(files: HandingOver) -> None:
    await corrected(files)
    (found,) = await files.differences("finess")
    await files.settle(KEEP, found.difference_id)
    content = sample("finess.csv").replace(found.source_value.encode(), b"NOUVEAU NOM")
    id = await files.read(content, FINESS)
    assert [one.fields[0].after for one in await files.lines(id, pb.LINE_OUTCOME_CONFLICT) if one.fields] == [
        "NOUVEAU NOM"
    ]
    assert [one.source_value for one in await files.differences("finess")] == ["NOUVEAU NOM"]


async def test_taking_the_sources_value_is_an_act_that_can_be_undone(files: HandingOver) -> None:
    subject = await corrected(files)
    (found,) = await files.differences("finess")
    files.tree.later()
    act = (await files.settle(TAKE, found.difference_id)).act

    assert (act.kind, act.subjects, act.why) == ("imported", 1, "comparé")
    assert await files.tree.name(subject) == found.source_value
    assert await files.differences("finess") == []
    files.tree.later()
    await files.undo(act.act_id)
    assert [one.field for one in await files.differences("finess")] == ["name"]


async def test_differences_come_in_pages_and_of_one_subject(files: HandingOver) -> None:
    first = await corrected(files)
    sheet = (await files.tree.told(first)).sheet
    files.tree.later()
    await files.tree.change(sheet, postal_code="94999", commune="Ailleurs")
    pages, cursor = [], ""
    while True:
        page = await files.stub.ListDifferences(pb.ListDifferencesRequest(source="finess", limit=1, cursor=cursor))
        pages.append([one.field for one in page.differences])
        cursor = page.next_cursor
        if not cursor:
            break
    assert pages == [["commune"], ["name"], ["postal_code"]]
    only = ror.Subject(kind="structure", id=first)
    assert len(await files.differences("finess", subject=only)) == 3
    assert await files.differences("finess", subject=ror.Subject(kind="structure", id=str(uuid4()))) == []


async def listed(files: HandingOver, **asked: Any) -> pb.ListDifferencesResponse:
    told: pb.ListDifferencesResponse = await files.stub.ListDifferences(
        pb.ListDifferencesRequest(source="finess", **asked)
    )
    return told


async def test_what_was_kept_is_told_with_who_when_and_why_and_opened_again(files: HandingOver) -> None:
    await corrected(files)
    (found,) = await files.differences("finess")
    assert (await listed(files)).total == 1
    assert not found.HasField("keeping")
    assert await refused(files.settle(AGAIN, found.difference_id)) == "DIFFERENCE_UNKNOWN"
    await files.settle(KEEP, found.difference_id)

    assert ((await listed(files)).total, (await listed(files, kept=True)).total) == (0, 1)
    (kept,) = (await listed(files, kept=True)).differences
    assert (kept.difference_id, kept.keeping.administrator_name) == (found.difference_id, "Claire Durand")
    assert (kept.keeping.why, kept.keeping.HasField("at")) == ("comparé", True)
    assert await refused(files.settle(TAKE, found.difference_id)) == "DIFFERENCE_UNKNOWN"
    await files.tree.desk.administrator("95-sud")
    assert await refused(files.settle(AGAIN, found.difference_id)) == "TERRITORY_NOT_YOURS"
    await files.tree.desk.administrator("94-ouest")
    assert not (await files.settle(AGAIN, found.difference_id)).HasField("act")

    assert [one.difference_id for one in (await listed(files)).differences] == [found.difference_id]
    assert (await listed(files, kept=True)).total == 0


async def test_differences_are_asked_for_by_kind_and_counted_once_for_all_pages(
    files: HandingOver, database: Database
) -> None:
    subject = await corrected(files)
    files.tree.later()
    await files.tree.change((await files.tree.told(subject)).sheet, postal_code="94999", commune="Ailleurs")

    first = await listed(files, limit=2)
    assert (first.total, len(first.differences), bool(first.next_cursor)) == (3, 2, True)
    assert (await listed(files, limit=2, cursor=first.next_cursor)).total == 0
    assert (await listed(files, subject=ror.Subject(kind="structure"))).total == 3
    assert (await listed(files, subject=ror.Subject(kind="offer"))).total == 0
    assert await refused(files.differences("finess", subject=ror.Subject(kind="place"))) == "SUBJECT_INVALID"
    assert await refused(files.differences("finess", subject=ror.Subject(kind="x", id="x"))) == "SUBJECT_INVALID"
    async with database.reading() as connection:
        today = files.tree.clock.now().date().isoformat()
        west, south = {TerritoryCode("94-ouest")}, {TerritoryCode("95-sud")}
        assert await differing.waiting(connection, west, 1000, today) == (3, files.tree.clock.now())
        assert (await differing.waiting(connection, west, 2, today))[0] == 2
        assert await differing.waiting(connection, south, 1000, today) == (0, None)


async def test_a_professional_who_went_elsewhere_is_reconciled_there_only(
    files: HandingOver, database: Database
) -> None:
    west = await files.tree.desk.administrator("94-ouest")
    await files.take(structures(structure("H", nom="Résidence du Belvédère", finess="995000262")))
    await files.take(professionals(PERSON | {"rpps": "99710000151", "nom": "Ancien", "structure": "H"}))
    await files.read(sample("annuaire.txt"), ANNUAIRE)
    told = await files.differences("annuaire", subject=ror.Subject(kind="professional"))
    (found,) = [one for one in told if one.field == "family_name"]
    assert found.local_value == "Ancien"
    await files.tree.desk.moves(found.subject.id, "95-sud")
    files.tree.desk.sit(west)

    assert await files.differences("annuaire", subject=ror.Subject(kind="professional")) == []
    assert await refused(files.settle(TAKE, found.difference_id)) == "TERRITORY_NOT_YOURS"
    assert await refused(files.settle(KEEP, found.difference_id)) == "TERRITORY_NOT_YOURS"


async def test_what_cannot_be_asked_of_differences_is_refused(files: HandingOver) -> None:
    await corrected(files)
    (found,) = await files.differences("finess")

    assert await refused(files.differences("own")) == "SOURCE_UNKNOWN"
    assert await refused(files.differences("finess", cursor="x")) == "CURSOR_INVALID"
    assert await refused(files.differences("finess", territory_code="95-sud")) == "TERRITORY_NOT_YOURS"
    assert await refused(files.differences("finess", territory_code="00")) == "TERRITORY_UNKNOWN"
    assert await refused(files.settle(0, found.difference_id)) == "CHOICE_INVALID"
    assert await refused(files.settle(KEEP)) == "CHOICE_INVALID"
    assert await refused(files.settle(KEEP, "x")) == "DIFFERENCE_UNKNOWN"
    assert await refused(files.settle(KEEP, f"{found.difference_id[:-1]}!")) == "DIFFERENCE_UNKNOWN"
    assert await refused(files.settle(KEEP, *[found.difference_id] * 201)) == "TOO_MANY_IDS"
    await files.tree.desk.administrator("95-sud")
    assert await files.differences("finess") == []
    assert await refused(files.settle(TAKE, found.difference_id)) == "TERRITORY_NOT_YOURS"


async def test_who_administers_many_territories_is_told_the_same_of_one_of_them(files: HandingOver) -> None:
    await corrected(files)
    (of_one,) = await files.differences("finess")
    await files.tree.desk.administrator("94-ouest", "95-sud", "77-sud", "78-grand-versailles")

    (of_many,) = await files.differences("finess")

    assert of_many.difference_id == of_one.difference_id
