"""A national source against the directory, field by field, with decisions that are remembered."""

from typing import Any
from uuid import uuid4

import pytest
from terresante.directory.v1 import import_service_pb2 as pb
from terresante.directory.v1 import ror_service_pb2 as ror
from terresante_platform.refusals import Refusal

from .handing_over import FINESS, HandingOver, sample

KEEP, TAKE = pb.SETTLEMENT_KEEP_LOCAL, pb.SETTLEMENT_TAKE_SOURCE


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
