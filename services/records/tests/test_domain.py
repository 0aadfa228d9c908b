"""The rules of a record, on nothing but Python."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from terresante_contents.kinds import Content
from terresante_platform.refusals import Refusal
from terresante_records.domain import documents, notes, observations
from terresante_records.domain.catalogue import Catalogue, CategoryUnknown, DocumentTypeUnknown, read_catalogue
from terresante_records.domain.documents import Description, Document, DocumentId
from terresante_records.domain.entries import Authorship, PatientId, PersonId, PlaceId, Reader, Visibility
from terresante_records.domain.notes import Note, NoteId
from terresante_records.domain.observations import Measure, Quantity

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
GP, NURSE = PersonId(uuid4()), PersonId(uuid4())
PATIENT = PatientId(uuid4())
DATA = Path(documents.__file__).parent.parent / "data" / "document_types.json"


@pytest.fixture
def catalogue() -> Catalogue:
    return read_catalogue(DATA.read_bytes())


@pytest.fixture
def description(catalogue: Catalogue) -> Description:
    return Description(PATIENT, catalogue.type_of("11502-2"), "Bilan lipidique", NOW, Visibility())


@pytest.fixture
def document(description: Description) -> Document:
    content = Content("application/pdf", 1_000, "0" * 64)
    return documents.published(
        DocumentId(uuid4()), description, content, Authorship(GP, PlaceId(uuid4()), NOW), before=None
    )


@pytest.fixture
def note() -> Note:
    return Note(NoteId(uuid4()), PATIENT, "liaison_note", "RAS", False, Authorship(GP, None, NOW), Visibility())


def measure(**changes: object) -> Measure:
    blood_pressure = Measure(
        observations.LOINC, "8480-6", "Pression artérielle systolique", Quantity("132.50", "mm[Hg]"), NOW
    )
    return replace(blood_pressure, **changes)  # type: ignore[arg-type]


def fhir(**changes: object) -> bytes:
    resource = {
        "resourceType": "Observation",
        "code": {"coding": [{"system": "http://loinc.org", "code": "8480-6"}]},
        "valueQuantity": {"value": 132.5, "code": "mm[Hg]"},
    }
    return json.dumps(resource | changes).encode()


# --- catalogue


def test_each_type_of_document_is_in_one_known_category(catalogue: Catalogue) -> None:
    assert catalogue.type_of("11502-2").category == "laboratory_result"
    assert {type_.category for type_ in catalogue.types.values()} <= catalogue.categories
    assert {catalogue.note_category, catalogue.observation_category} <= catalogue.categories


def test_a_type_or_category_that_is_not_listed_is_refused(catalogue: Catalogue) -> None:
    with pytest.raises(DocumentTypeUnknown):
        catalogue.type_of("00000-0")
    with pytest.raises(CategoryUnknown):
        catalogue.require_categories(["letter", "letters"])
    assert catalogue.require_categories(["letter"]) == ["letter"]


@pytest.mark.parametrize(
    "change",
    [
        {"note_category": "nowhere"},
        {"observation_category": "nowhere"},
        {"types": [{"code": "A", "label": "A", "category": "nowhere"}]},
        {"types": 2 * [{"code": "A", "label": "A", "category": "letter"}]},
    ],
)
def test_a_catalogue_that_contradicts_itself_stops_the_start(change: dict[str, object]) -> None:
    written = json.loads(DATA.read_bytes()) | change

    with pytest.raises(ValueError, match="document types"):
        read_catalogue(json.dumps(written).encode())


# --- documents


@pytest.mark.parametrize(
    "title",
    [
        "",
        "   ",
        "x" * 201,
        "deux\nlignes",
        "nul\x00",
        "\u202egnippihs",
        "zéro\u200blargeur",
        "\ufeffmarque",
        "ligne\u2028coupée",
        "privé\ue000",
        "sans pair\ud800",
    ],
)
def test_a_title_is_one_line_that_a_person_can_read(description: Description, title: str) -> None:
    with pytest.raises(documents.TitleInvalid):
        documents.check(replace(description, title=title), NOW)


@pytest.mark.parametrize("title", ["É", "x" * 200, "Œdème — suite (2ᵉ)", "نتيجة", "क्‍ष", "🩺 suivi"])
def test_a_title_in_any_script_is_taken(description: Description, title: str) -> None:
    assert documents.check(replace(description, title=title), NOW).title == title


def test_a_document_tells_of_an_act_that_took_place(description: Description) -> None:
    documents.check(replace(description, dated=NOW + timedelta(minutes=5)), NOW)
    for dated in (NOW + timedelta(minutes=5, seconds=1), datetime(1879, 12, 31, tzinfo=UTC)):
        with pytest.raises(Refusal) as refused:
            documents.check(replace(description, dated=dated), NOW)
        assert refused.value.reason == "DATE_INVALID"


def test_only_the_author_changes_a_document(document: Document) -> None:
    documents.require_changeable(document, GP, version=1)
    with pytest.raises(documents.DocumentNotYours):
        documents.require_changeable(document, NURSE, version=1)


def test_a_change_names_the_version_it_was_made_on(document: Document) -> None:
    for version in (0, 2):
        with pytest.raises(Refusal) as refused:
            documents.require_changeable(document, GP, version)
        assert refused.value.reason == "VERSION_STALE"


def test_a_deleted_document_is_neither_changed_nor_replaced(document: Document) -> None:
    gone = document._replace(deleted_at=NOW)

    with pytest.raises(documents.DocumentAlreadyDeleted):
        documents.require_changeable(gone, GP, version=1)
    with pytest.raises(documents.DocumentUnknown):
        documents.require_replaceable(gone, GP)


def test_a_document_is_replaced_once_by_its_author(description: Description, document: Document) -> None:
    documents.require_replaceable(document, GP)
    second = documents.published(
        DocumentId(uuid4()), description, document.content, document.published, before=document
    )

    assert (second.edition, second.replaces and second.replaces.id) == (2, document.id)
    with pytest.raises(documents.DocumentReplacedAlready):
        documents.require_replaceable(document._replace(replaced_by=documents.relative(second)), GP)
    with pytest.raises(documents.DocumentNotYours):
        documents.require_replaceable(document, NURSE)


def test_a_link_to_another_edition_tells_no_more_than_a_list_would(document: Document) -> None:
    after = documents.relative(document._replace(id=DocumentId(uuid4())))

    nurse, author = Reader(NURSE, professional=True), Reader(GP, professional=True)
    patient, parent = Reader(PersonId(PATIENT), False), Reader(PersonId(uuid4()), False)
    everybody = (nurse, author, patient, parent)

    def knowing(neighbour: documents.Relative) -> list[Reader]:
        return [reader for reader in everybody if documents.told_of(neighbour, document, reader) == after.id]

    assert documents.told_of(None, document, author) is None
    assert knowing(after) == list(everybody)
    assert knowing(replace(after, visibility=Visibility(True))) == [author, patient, parent]
    assert knowing(replace(after, visibility=Visibility(False, True))) == [nurse, author]
    assert knowing(replace(after, visibility=Visibility(False, False, True))) == [nurse, author, patient]
    assert knowing(replace(after, category="letter")) == [author, patient, parent]


# --- notes


def test_a_note_keeps_its_author_and_counts_its_versions(note: Note) -> None:
    later = NOW + timedelta(hours=1)

    second = notes.revised(note, "Chute ce matin.\nAppel du SAMU.", GP, version=1, at=later)

    assert (second.version, second.revised_at, second.written) == (2, later, note.written)


def test_only_its_author_revises_a_note_on_its_present_version(note: Note) -> None:
    with pytest.raises(notes.NoteNotYours):
        notes.revised(note, "autre", NURSE, version=1, at=NOW)
    with pytest.raises(Refusal) as refused:
        notes.revised(note, "autre", GP, version=2, at=NOW)
    assert refused.value.reason == "VERSION_STALE"


@pytest.mark.parametrize("text", ["", " \n\t", "x" * 10_001, "a\x00b", "a\x1bb", "\u2066a"])
def test_a_note_is_a_text_that_a_person_can_read(note: Note, text: str) -> None:
    with pytest.raises(notes.NoteTextInvalid):
        notes.revised(note, text, GP, version=1, at=NOW)


# --- observations


@pytest.mark.parametrize(
    "right",
    [
        {},
        {"value": Quantity("0", "1")},
        {"value": Quantity("-12.50", "mmol/L")},
        {"value": "Traces"},
        {"code_system": "urn:oid:1.2.250.1.213.1.1.4.1", "code": "MED-123"},
        {"fhir_json": fhir()},
        {"fhir_json": fhir(valueQuantity={"value": 132.50})},
        {"fhir_json": fhir(valueQuantity=None, component=[])},
    ],
)
def test_an_observation_that_is_right_is_taken_as_it_is(right: dict[str, object]) -> None:
    assert observations.check(measure(**right), NOW) == measure(**right)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"code_system": "loinc"}, "code_system"),
        ({"code_system": "http://" + "x" * 200}, "code_system"),
        ({"code": "8480"}, "code"),
        ({"code": "8480-6 "}, "code"),
        ({"code_system": "urn:oid:1.2", "code": "é"}, "code"),
        ({"label": ""}, "label"),
        ({"label": "x" * 201}, "label"),
        ({"value": Quantity("1e5", "1")}, "quantity.value"),
        ({"value": Quantity("NaN", "1")}, "quantity.value"),
        ({"value": Quantity("1,5", "1")}, "quantity.value"),
        ({"value": Quantity("01", "1")}, "quantity.value"),
        ({"value": Quantity("٣", "1")}, "quantity.value"),
        ({"value": Quantity("1" * 16, "1")}, "quantity.value"),
        ({"value": Quantity("1", "")}, "quantity.unit"),
        ({"value": Quantity("1", "x" * 33)}, "quantity.unit"),
        ({"value": Quantity("1", "mm Hg")}, "quantity.unit"),
        ({"value": ""}, "text"),
        ({"value": "x" * 2_001}, "text"),
        ({"fhir_json": b"[]"}, "fhir_json"),
        ({"fhir_json": b"{"}, "fhir_json"),
        ({"fhir_json": b"\xff{}"}, "fhir_json"),
        ({"fhir_json": fhir(resourceType="Patient")}, "fhir_json"),
        ({"fhir_json": fhir(code={"coding": [{"system": "http://loinc.org", "code": "8462-4"}]})}, "fhir_json"),
        ({"fhir_json": fhir(code="8480-6")}, "fhir_json"),
        ({"fhir_json": fhir(valueQuantity={"value": 13.25})}, "fhir_json"),
        ({"fhir_json": fhir(valueQuantity={"value": "132.5"})}, "fhir_json"),
        ({"fhir_json": fhir(valueString="Traces"), "value": "Néant"}, "fhir_json"),
        ({"fhir_json": fhir(note="x" * 66_000)}, "fhir_json"),
        ({"fhir_json": fhir(x=float("nan"))}, "fhir_json"),
        ({"fhir_json": b'{"resourceType": "Observation", "resourceType": "Observation"}'}, "fhir_json"),
        ({"fhir_json": b'{"a":' * 10_000 + b"1" + b"}" * 10_000}, "fhir_json"),
    ],
)
def test_an_observation_that_cannot_be_right_is_refused_by_its_field(wrong: dict[str, object], field: str) -> None:
    with pytest.raises(observations.ObservationInvalid) as refused:
        observations.check(measure(**wrong), NOW)

    assert refused.value.details == {"field": field}


def test_nothing_is_observed_in_the_future() -> None:
    with pytest.raises(Refusal) as refused:
        observations.check(measure(observed_at=NOW + timedelta(hours=1)), NOW)

    assert refused.value.reason == "DATE_INVALID"
