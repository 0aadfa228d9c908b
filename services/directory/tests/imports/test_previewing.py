"""What a file would do, line by line, before anything changes."""

import pytest
from sqlalchemy import text
from terresante.directory.v1 import import_service_pb2 as pb
from terresante_platform.database import Database

from .handing_over import (
    ANNUAIRE,
    FINESS,
    OWN,
    HandingOver,
    offers,
    professionals,
    sample,
    structure,
    structures,
)

CHANGED, CONFLICT, NEW = pb.LINE_OUTCOME_CHANGED, pb.LINE_OUTCOME_CONFLICT, pb.LINE_OUTCOME_NEW


async def facts(database: Database) -> int:
    async with database.reading() as connection:
        return int(await connection.scalar(text("select count(*) from fact where kind <> 'commune'")) or 0)


@pytest.mark.parametrize(
    ("name", "format", "wanted"),
    [
        ("annuaire.txt", ANNUAIRE, {"elsewhere": 28, "new": 1, "rejected": 1}),
        ("finess.csv", FINESS, {"elsewhere": 17, "new": 4, "same": 1, "rejected": 1}),
        ("structures.csv", OWN, {"elsewhere": 49, "new": 11}),
        ("professionnels.csv", OWN, {"rejected": 47}),
        ("offres.csv", OWN, {"rejected": 40}),
    ],
)
async def test_a_sample_of_each_shape_is_read_to_its_end_and_nothing_changes(
    files: HandingOver, database: Database, name: str, format: int, wanted: dict[str, int]
) -> None:
    before = await facts(database)
    id = await files.read(sample(name), format)

    told = await files.told(id)
    assert (told.state, told.failure, told.bytes_read) == (pb.IMPORT_STATE_READY, "", told.bytes_total)
    assert await files.counts(id) == wanted
    assert await facts(database) == before


async def test_of_the_national_extract_only_what_the_territory_has_is_proposed(files: HandingOver) -> None:
    id = await files.read(sample("annuaire.txt"), ANNUAIRE)
    (line,) = await files.lines(id, NEW)

    assert (line.subject.kind, line.subject.id, line.label) == ("structure", "", "RÉSIDENCE DU BELVÉDÈRE")
    told = await files.reasons(id)
    assert told[2] == ("elsewhere", ["NOT_ENROLLED"])
    assert told[30] == ("rejected", ["WRONG_FIELD_COUNT"])


async def test_the_faulty_structures_each_say_why(files: HandingOver) -> None:
    id = await files.read(sample("structures-fautives.csv"))
    told = await files.reasons(id)

    last = sorted(told)[-7:]
    assert [told[number] for number in last] == [
        ("rejected", ["PARENT_UNKNOWN"]),
        ("rejected", ["PARENT_CIRCULAR"]),
        ("rejected", ["PARENT_CIRCULAR"]),
        ("rejected", ["DATES_REVERSED"]),
        ("rejected", ["LEVEL_UNKNOWN"]),
        ("new", ["COMMUNE_UNKNOWN"]),
        ("new", ["FORMULA"]),
    ]
    sentences = {line.number: line.sentence for line in await files.lines(id, pb.LINE_OUTCOME_REJECTED)}
    assert all(sentences.values())


async def test_what_another_territory_has_is_elsewhere_and_an_unknown_one_is_rejected(files: HandingOver) -> None:
    id = await files.read(
        structures(structure("A"), structure("B", territoire="95-sud"), structure("C", territoire="00-rien"))
    )
    assert await files.reasons(id) == {
        2: ("new", []),
        3: ("elsewhere", []),
        4: ("rejected", ["TERRITORY_UNKNOWN"]),
    }


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        ([structure("A"), structure("A")], {2: ("new", []), 3: ("same", ["LINE_REPEATED"])}),
        (
            [structure("A"), structure("A", nom="Autre")],
            {2: ("conflict", ["LINES_CONTRADICT"]), 3: ("conflict", ["LINES_CONTRADICT"])},
        ),
        (
            [structure("A", finess="995000098"), structure("B", finess="995000098")],
            {2: ("conflict", ["NUMBER_TWICE"]), 3: ("conflict", ["NUMBER_TWICE"])},
        ),
        (
            [structure("A", niveau="EJ"), structure("B", niveau="OI", rattachement="A")],
            {2: ("new", []), 3: ("rejected", ["PARENT_INVALID"])},
        ),
        ([structure("B", niveau="OI")], {2: ("rejected", ["PARENT_INVALID"])}),
        (
            [structure("B", niveau="OI", territoire="", rattachement="A"), structure("A")],
            {2: ("new", []), 3: ("new", [])},
        ),
    ],
)
async def test_lines_are_judged_among_each_other(
    files: HandingOver, rows: list[dict[str, str]], wanted: dict[int, tuple[str, list[str]]]
) -> None:
    id = await files.read(structures(*rows))
    assert await files.reasons(id) == wanted


async def test_lines_that_contradict_each_other_cannot_be_chosen(files: HandingOver) -> None:
    id = await files.read(structures(structure("A"), structure("A", nom="Autre")))
    await files.choose(id, outcome=CONFLICT)
    assert (await files.told(id)).counts[0].chosen == 0


async def test_a_local_correction_is_a_conflict_only_if_the_source_changed_too(files: HandingOver) -> None:
    told = structure("A", telephone="0199000001")
    await files.take(structures(told))
    await files.rename(await files.subject(structures(told)), "Centre corrigé")

    id = await files.read(structures(told))
    assert await files.reasons(id) == {2: ("same", [])}

    id = await files.read(structures(told | {"telephone": "0199000002", "nom": "Centre nouveau"}))
    (line,) = await files.lines(id)
    assert (line.outcome, list(line.reasons)) == (CONFLICT, ["CHANGED_BOTH"])
    assert [(one.field, one.before, one.after) for one in line.fields] == [
        ("name", "Centre corrigé", "Centre nouveau"),
        ("phone", "0199000001", "0199000002"),
    ]


async def test_a_change_of_the_source_alone_is_a_change_and_silence_is_none(files: HandingOver) -> None:
    await files.take(structures(structure("A", telephone="0199000001")))
    id = await files.read(structures(structure("A", nom="Centre B")))
    (line,) = await files.lines(id)
    assert (line.outcome, [one.field for one in line.fields]) == (CHANGED, ["name"])


async def test_what_was_discarded_is_proposed_again(files: HandingOver) -> None:
    await files.take(structures(structure("A")))
    content = structures(structure("A", nom="Centre B"))
    id = await files.read(content)
    await files.stub.DiscardImport(pb.DiscardImportRequest(import_id=id))
    assert await files.lines(id) == []

    assert (await files.counts(await files.read(content))) == {"changed": 1}


async def test_only_a_whole_source_says_what_is_gone_and_only_in_its_territories(files: HandingOver) -> None:
    await files.take(structures(structure("A"), structure("B")))
    assert await files.counts(await files.read(structures(structure("A")))) == {"same": 1}

    id = await files.read(structures(structure("A"), structure("C", nom="")), complete=True)
    assert await files.counts(id) == {"same": 1, "rejected": 1, "gone": 1}
    (line,) = await files.lines(id, pb.LINE_OUTCOME_GONE)
    assert (line.number, line.label, list(line.reasons)) == (4, "Centre B", ["SOME_LINES_REJECTED"])


async def test_a_whole_table_says_nothing_of_what_other_tables_tell(files: HandingOver) -> None:
    await files.take(structures(structure("A")))
    await files.take(offers({"identifiant": "O", "structure": "A", "nom": "Médecine générale"}))
    assert await files.counts(await files.read(structures(structure("A")), complete=True)) == {"same": 1}


async def test_places_and_offers_hang_on_structures_of_the_same_hand_over(files: HandingOver) -> None:
    await files.take(structures(structure("A")))
    person = {"identifiant": "P", "rpps": "99710000003", "nom": "Lemaire", "prenom": "Anne", "profession": "10"}
    id = await files.read(professionals(person | {"structure": "A"}, person | {"structure": "Z"}))
    assert await files.reasons(id) == {2: ("new", []), 3: ("rejected", ["STRUCTURE_UNKNOWN"])}

    offer = {"identifiant": "O", "structure": "A", "nom": "Médecine générale", "activite": "437"}
    id = await files.read(offers(offer, offer | {"identifiant": "O2", "structure": "Z"}))
    assert await files.reasons(id) == {2: ("new", []), 3: ("rejected", ["STRUCTURE_UNKNOWN"])}
