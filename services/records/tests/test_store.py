"""What is kept: unreadable without the keys, and shown exactly as a scope says."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from itertools import product
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from terresante_contents.kinds import Content
from terresante_contents.rotation import rotate
from terresante_contents.sealing import MasterKeyMissing, MasterKeys, OwnerKey, SealBroken
from terresante_platform.database import Database
from terresante_platform.ids import new_id
from terresante_records.domain.documents import Document, DocumentId, DocumentReplacedAlready, relative
from terresante_records.domain.entries import Authorship, PatientId, PersonId, Scope, Visibility
from terresante_records.store import documents, notes
from terresante_records.store.documents import Filter
from terresante_records.store.keys import patient_keys
from terresante_records.store.prepared import Reads

from .conftest import MONDAY, PDF, As, Writing

ME, OTHER = PersonId(uuid4()), PersonId(uuid4())
BOTH = (False, True)


def a_document(patient: PatientId, **changes: object) -> Document:
    made = Document(
        id=DocumentId(new_id()),
        patient=patient,
        type_code="11490-0",
        category="letter",
        title="Lettre",
        dated=MONDAY,
        published=Authorship(OTHER, None, MONDAY),
        content=Content("application/pdf", 10, "ab" * 32),
        visibility=Visibility(),
    )
    return made._replace(**changes)  # type: ignore[arg-type]


async def patient_with_key(database: Database, masters: MasterKeys) -> tuple[PatientId, OwnerKey]:
    patient = PatientId(uuid4())
    async with database.reading() as connection:
        return patient, await patient_keys.get_or_make(connection, masters, patient)


async def kept(database: Database, key: OwnerKey, *new: Document) -> None:
    async with database.transaction() as transaction:
        for document in new:
            await documents.add(transaction, key, document)


async def rows_as_text(database: Database) -> str:
    """Every value of every table, as a dump would show it."""
    async with database.reading() as connection:
        listed = await connection.execute(text("select tablename from pg_tables where schemaname = 'public'"))
        dumps: list[str] = []
        for table in listed.scalars():
            rows = await connection.execute(text(f"select row_to_json(t)::text from {table} t"))  # noqa: S608
            dumps += rows.scalars()
    return "\n".join(dumps)


async def test_nothing_confidential_can_be_read_in_the_database_or_the_folder(
    writing: Writing, being: As, database: Database, tmp_path: Path
) -> None:
    being("gp", key="k1")
    document = await writing.document(PDF, title="Sérologie VIH")
    being("gp", key="k2")
    note = await writing.note("Confie une addiction")
    being("gp", key="k3")
    await writing.observation(
        code="8867-4",
        label="Pouls canari",
        fhir_json=b'{"resourceType":"Observation","code":{"coding":[{"system":"http://loinc.org","code":"8867-4"}]}}',
    )

    dump = (await rows_as_text(database)).lower()
    files = [path.read_bytes() for path in (tmp_path / "contents").rglob("*") if path.is_file()]

    assert document.document_id in dump and note.note_id in dump
    for word in ("Sérologie VIH", "Confie", "addiction", "canari", "8867-4", "72.50", "/min", "resourceType"):
        assert word.lower() not in dump
        assert word.encode().hex() not in dump
    assert document.sha256 not in dump
    assert len(files) == 1
    assert b"glycemie" not in files[0] and b"%PDF" not in files[0]


async def test_without_the_right_master_key_nothing_opens(
    reads: Reads, database: Database, masters: MasterKeys
) -> None:
    patient, key = await patient_with_key(database, masters)
    document = a_document(patient)
    await kept(database, key, document)

    assert await documents.find(reads, masters, patient, document.id) is not None
    with pytest.raises(SealBroken):
        await documents.find(reads, MasterKeys({"2026": b"x" * 32}), patient, document.id)
    with pytest.raises(MasterKeyMissing):
        await documents.find(reads, MasterKeys({"2027": b"m" * 32}), patient, document.id)


async def test_a_title_moved_to_another_row_by_sql_does_not_open(
    reads: Reads, database: Database, masters: MasterKeys
) -> None:
    patient, key = await patient_with_key(database, masters)
    one, other = a_document(patient), a_document(patient, title="Autre")
    await kept(database, key, one, other)
    async with database.transaction() as transaction:
        await transaction.execute(
            text("update document set described = (select described from document where id = :a) where id = :b"),
            {"a": one.id, "b": other.id},
        )

    with pytest.raises(SealBroken):
        await documents.find(reads, masters, patient, other.id)


async def test_what_is_kept_comes_back_as_it_was(reads: Reads, database: Database, masters: MasterKeys) -> None:
    patient, key = await patient_with_key(database, masters)
    first = a_document(patient, published=Authorship(ME, None, MONDAY))
    second = a_document(
        patient, visibility=Visibility(True, False, True), edition=2, replaces=relative(first), title="Œil — 2ᵉ"
    )
    await kept(database, key, first, second)

    found = await documents.find(reads, masters, patient, second.id)
    before = await documents.find(reads, masters, patient, first.id)

    assert found is not None and found[0] == second
    assert before is not None and before[0] == first._replace(replaced_by=relative(second))


async def test_ten_that_make_a_patients_key_at_once_get_the_same(database: Database, masters: MasterKeys) -> None:
    patient = PatientId(uuid4())

    async def made() -> OwnerKey:
        async with database.reading() as connection:
            return await patient_keys.get_or_make(connection, masters, patient)

    made_keys = await asyncio.gather(*(made() for _ in range(10)))

    sealed = made_keys[0].seal("note.text", patient, b"x")
    assert all(key.open("note.text", patient, sealed) == b"x" for key in made_keys)


async def test_after_a_rotation_the_old_master_key_is_not_needed_any_more(
    reads: Reads, database: Database, masters: MasterKeys
) -> None:
    patient, key = await patient_with_key(database, masters)
    document = a_document(patient)
    await kept(database, key, document)
    both = MasterKeys({"2027": b"n" * 32, "2026": b"m" * 32})

    assert await rotate(database, patient_keys, both) == 1
    assert await rotate(database, patient_keys, both) == 0

    found = await documents.find(reads, MasterKeys({"2027": b"n" * 32}), patient, document.id)
    assert found is not None and found[0] == document
    with pytest.raises(MasterKeyMissing):
        await documents.find(reads, masters, patient, document.id)


async def test_a_rotation_leaves_out_nobody_for_whom_something_is_being_written(
    database: Database, masters: MasterKeys
) -> None:
    patient, key = await patient_with_key(database, masters)
    both = MasterKeys({"2027": b"n" * 32, "2026": b"m" * 32})

    async with database.transaction() as writing:
        await documents.add(writing, key, a_document(patient))
        assert await rotate(database, patient_keys, both) == 1


async def test_two_rotations_at_once_seal_each_key_once(database: Database, masters: MasterKeys) -> None:
    for _ in range(5):
        await patient_with_key(database, masters)
    both = MasterKeys({"2027": b"n" * 32, "2026": b"m" * 32})

    done = await asyncio.gather(*(rotate(database, patient_keys, both) for _ in range(3)))

    assert sum(done) == 5


def shows(scope: Scope, document: Document) -> bool:
    """The same rule as in the query, written apart from it."""
    if document.published.author == ME:
        return True
    if scope.own_only or (not scope.all_categories and document.category not in scope.categories):
        return False
    hidden, seen = document.visibility, scope
    return not (
        (hidden.hidden_from_professionals and not seen.sees_hidden_from_professionals)
        or (hidden.hidden_from_patient and not seen.sees_hidden_from_patient)
        or (hidden.hidden_from_representatives and not seen.sees_hidden_from_representatives)
    )


def listed(scope: Scope, kept: Sequence[Document], with_replaced: bool) -> list[UUID]:
    shown = [document for document in kept if shows(scope, document)]
    replaced = {document.replaces.id for document in shown if document.replaces}
    chosen = [document for document in shown if with_replaced or document.id not in replaced]
    return sorted((document.id for document in chosen), reverse=True)


async def test_for_every_scope_the_query_shows_what_the_rule_says(
    reads: Reads, database: Database, masters: MasterKeys
) -> None:
    patient, key = await patient_with_key(database, masters)
    _, other_key = other = await patient_with_key(database, masters)
    rows = [
        a_document(patient, category=category, visibility=Visibility(*flags), published=Authorship(by, None, MONDAY))
        for category, by, *flags in product(("letter", "social_letter"), (ME, OTHER), BOTH, BOTH, BOTH)
    ]
    successors = [
        a_document(patient, category="letter", visibility=rows[-at].visibility, edition=2, replaces=relative(rows[at]))
        for at in range(1, len(rows), 3)
    ]
    gone = a_document(patient, published=Authorship(ME, None, MONDAY), deleted_at=MONDAY)
    await kept(database, key, *rows, *successors, gone)
    await kept(database, other_key, a_document(other[0], published=Authorship(ME, None, MONDAY)))
    async with database.transaction() as transaction:
        await documents.change(transaction, gone, gone.visibility, MONDAY)
    seen = set()

    for categories, all_categories, own, *sees, with_replaced in product(
        ((), ("letter",), ("letter", "social_letter")), BOTH, BOTH, BOTH, BOTH, BOTH, BOTH
    ):
        scope = Scope(categories, all_categories, own, *sees)
        chosen = Filter(with_replaced=with_replaced)
        found = await documents.page(reads, key, patient, ME, scope, chosen, None, 100)
        assert [document.id for document in found] == listed(scope, rows + successors, with_replaced)
        assert await documents.total(reads, patient, ME, scope, chosen) == len(found)
        seen.add(len(found))

    assert len(seen) > 10


async def test_a_second_successor_is_refused_by_the_database_itself(database: Database, masters: MasterKeys) -> None:
    patient, key = await patient_with_key(database, masters)
    first = a_document(patient)
    await kept(database, key, first, a_document(patient, replaces=relative(first)))

    async with database.transaction() as transaction:
        with pytest.raises(DocumentReplacedAlready):
            await documents.add(transaction, key, a_document(patient, replaces=relative(first)))


async def test_a_document_replaces_only_one_of_the_same_patient(database: Database, masters: MasterKeys) -> None:
    patient, key = await patient_with_key(database, masters)
    other, other_key = await patient_with_key(database, masters)
    elsewhere = a_document(other)
    await kept(database, other_key, elsewhere)

    async with database.transaction() as transaction:
        with pytest.raises(IntegrityError):
            await documents.add(transaction, key, a_document(patient, replaces=relative(elsewhere)))


async def test_whether_the_caller_has_written_is_told_of_that_record_and_kind_only(
    reads: Reads, database: Database, masters: MasterKeys
) -> None:
    patient, key = await patient_with_key(database, masters)
    empty, _ = await patient_with_key(database, masters)
    gone = a_document(patient, published=Authorship(OTHER, None, MONDAY))
    await kept(database, key, a_document(patient, published=Authorship(ME, None, MONDAY)), gone)
    async with database.transaction() as transaction:
        await documents.change(transaction, gone, gone.visibility, MONDAY + timedelta(hours=1))

    assert (await documents.begin(reads, masters, patient, ME)).has_written
    assert not (await documents.begin(reads, masters, patient, OTHER)).has_written
    assert not (await documents.begin(reads, masters, empty, ME)).has_written
    assert not (await notes.begin(reads, masters, patient, ME)).has_written
    nobody = await documents.begin(reads, masters, PatientId(uuid4()), ME)
    assert (nobody.key, nobody.has_written) == (None, False)


async def test_each_clinical_index_begins_with_the_patient(database: Database) -> None:
    async with database.reading() as connection:
        found = await connection.execute(
            text(
                "select indexname, indexdef from pg_indexes where schemaname = 'public' and tablename in "
                "('document', 'note', 'note_text', 'observation')"
            )
        )
        others = [row.indexname for row in found if "(patient_id" not in row.indexdef]

    assert others == ["document_content"]
