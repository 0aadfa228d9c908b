"""Notes and observations through the running service."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from terresante.consent.v1 import decision_service_pb2 as consent_pb
from terresante.records.v1 import records_service_pb2 as pb
from terresante_platform.refusals import Denied, Invalid, Refusal, Stale, Unknown

from .conftest import MONDAY, As, Clock, People, Writing, stamp
from .world import World

HIDDEN_FROM_PROFESSIONALS = pb.Visibility(hidden_from_professionals=True)


async def notes(writing: Writing, **more: Any) -> list[str]:
    request = pb.ListNotesRequest(patient_id=str(writing.world.patient), with_total=True, **more)
    reply = await writing.records.ListNotes(request)
    assert more or reply.total == len(reply.notes)
    return [note.text for note in reply.notes]


async def observations(writing: Writing, **more: Any) -> pb.ListObservationsResponse:
    request = pb.ListObservationsRequest(patient_id=str(writing.world.patient), with_total=True, **more)
    reply: pb.ListObservationsResponse = await writing.records.ListObservations(request)
    return reply


def revision(note: pb.Note, version: int, text: str = "autre texte") -> pb.ReviseNoteRequest:
    return pb.ReviseNoteRequest(patient_id=note.patient_id, note_id=note.note_id, version=version, text=text)


async def test_a_note_is_read_by_those_who_may_newest_first(
    writing: Writing, being: As, people: People, world: World
) -> None:
    being("nurse")
    note = await writing.note("Pansement refait.\nRevoir demain.", urgent=True)
    await writing.note("entre nous", visibility=HIDDEN_FROM_PROFESSIONALS)

    assert (note.author_id, note.urgent, note.version) == (str(people.nurse), True, 1)
    assert note.written_at == stamp(MONDAY) and not note.HasField("revised_at")
    being("social_worker")
    assert await notes(writing) == ["Pansement refait.\nRevoir demain."]
    being("patient")
    assert await notes(writing) == ["entre nous", "Pansement refait.\nRevoir demain."]
    world.members[people.social_worker] = frozenset({"social_letter"})
    being("social_worker")
    assert await notes(writing) == []


async def test_publishing_and_listing_notes_ask_about_their_category_and_kind(
    writing: Writing, being: As, world: World
) -> None:
    being("nurse")
    await writing.note()
    await notes(writing)

    publish, listed = world.asked
    assert (publish.action, publish.resource_kind, publish.category) == (
        consent_pb.ACTION_PUBLISH,
        consent_pb.RESOURCE_KIND_NOTE,
        "liaison_note",
    )
    assert (listed.action, listed.resource_kind, listed.caller_has_written) == (
        consent_pb.ACTION_LIST,
        consent_pb.RESOURCE_KIND_NOTE,
        True,
    )


async def test_what_is_published_hidden_is_asked_about_as_hidden(writing: Writing, being: As, world: World) -> None:
    being("nurse")
    await writing.note("entre nous", visibility=HIDDEN_FROM_PROFESSIONALS)
    await writing.note("pour tous")

    assert [one.hidden_from_professionals for one in world.asked] == [True, False]


async def test_a_revised_note_shows_its_last_text_and_keeps_the_others(
    writing: Writing, being: As, clock: Clock, database: Any
) -> None:
    being("gp")
    note = await writing.note("premier")
    clock.passes(minutes=5)

    revised = (await writing.records.ReviseNote(revision(note, 1, "deuxième"))).note

    assert (revised.text, revised.version, revised.written_at) == ("deuxième", 2, note.written_at)
    assert revised.revised_at == stamp(clock.now)
    assert await notes(writing) == ["deuxième"]
    async with database.reading() as connection:
        kept = await connection.exec_driver_sql("select count(*) from note_text")
        assert kept.scalar_one() == 2


async def test_two_revisions_of_one_version_leave_one_truth(writing: Writing, being: As) -> None:
    being("gp")
    note = await writing.note()

    outcomes = await asyncio.gather(
        *(writing.records.ReviseNote(revision(note, 1, f"texte {at}")) for at in range(4)), return_exceptions=True
    )

    assert sum(isinstance(outcome, Stale) for outcome in outcomes) == 3
    assert len([outcome for outcome in outcomes if isinstance(outcome, pb.ReviseNoteResponse)]) == 1


@pytest.mark.parametrize(
    ("who", "visibility", "kind", "reason"),
    [
        ("nurse", None, Denied, "NOTE_NOT_YOURS"),
        ("nurse", HIDDEN_FROM_PROFESSIONALS, Unknown, "NOTE_UNKNOWN"),
        ("stranger", None, Denied, "NOT_IN_CIRCLE"),
        ("stranger", HIDDEN_FROM_PROFESSIONALS, Denied, "NOT_IN_CIRCLE"),
        ("patient", None, Denied, "KIND_NOT_ALLOWED"),
    ],
)
async def test_only_its_author_revises_a_note(
    writing: Writing, being: As, who: str, visibility: pb.Visibility | None, kind: type[Refusal], reason: str
) -> None:
    being("gp")
    note = await writing.note("premier", visibility=visibility)
    being(who)

    with pytest.raises(kind) as refused:
        await writing.records.ReviseNote(revision(note, 1))

    assert refused.value.reason == reason
    being("gp")
    assert await notes(writing) == ["premier"]


async def test_a_note_that_does_not_exist_is_unknown_only_to_who_may_list_notes(writing: Writing, being: As) -> None:
    being("gp")
    note = await writing.note()
    absent = pb.Note(patient_id=note.patient_id, note_id=str(uuid4()))
    for who, kind in (("nurse", Unknown), ("stranger", Denied)):
        being(who)
        with pytest.raises(kind):
            await writing.records.ReviseNote(revision(absent, 1))


async def test_a_note_sent_twice_with_one_key_is_one_note_even_if_it_was_revised_since(
    writing: Writing, being: As, published: Any
) -> None:
    being("gp", key="k")
    first = await writing.note("texte")
    await writing.records.ReviseNote(revision(first, 1))

    assert await writing.note("texte") == first
    assert await published() == ["records.v1.note_written"]


async def test_an_observation_comes_back_to_the_last_digit_and_byte(
    writing: Writing, being: As, people: People
) -> None:
    being("gp")
    fhir = (
        b'{ "resourceType":"Observation",  "code":{"coding":[{"system":"http://loinc.org","code":"8867-4"}]},'
        b'"valueQuantity":{"value":72.50}, "note":[{"text":"\xc3\xa9t\\u00e9"}] }\n'
    )

    observation = await writing.observation(fhir_json=fhir)
    (listed,) = (await observations(writing)).observations

    assert listed == observation
    assert (listed.quantity.value, listed.quantity.unit, listed.fhir_json) == ("72.50", "/min", fhir)
    assert (listed.category, listed.author_id) == ("observation", str(people.gp))


async def test_an_observation_may_be_a_text(writing: Writing, being: As) -> None:
    being("gp")

    assert (await writing.observation(text="Traces")).text == "Traces"


async def test_observations_are_found_by_code_and_counted_exactly(
    writing: Writing, being: As, people: People, world: World
) -> None:
    being("gp")
    for code in ("8867-4", "8480-6", "8867-4"):
        await writing.observation(code=code)
    await writing.observation(code="8867-4", visibility=HIDDEN_FROM_PROFESSIONALS)

    being("nurse")
    assert (await observations(writing)).total == 3
    found = await observations(writing, codes=["8867-4"], limit=1)
    assert (found.total, len(found.observations)) == (2, 1)
    rest = await observations(writing, codes=["8867-4"], limit=1, cursor=found.next_cursor)
    assert (len(rest.observations), rest.next_cursor) == (1, "")
    assert (await observations(writing, codes=["0-0"])).total == 0
    being("social_worker")
    assert (await observations(writing)).total == 0


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"code": "x y"}, "OBSERVATION_INVALID"),
        ({"quantity": pb.Quantity(value="1e9", unit="1")}, "OBSERVATION_INVALID"),
        ({"fhir_json": b"[]"}, "OBSERVATION_INVALID"),
        ({"observed_at": None}, "DATE_INVALID"),
        ({"observed_at": {"seconds": 1_900_000_000}}, "DATE_INVALID"),
    ],
)
async def test_an_observation_that_cannot_be_right_leaves_nothing(
    writing: Writing, being: As, published: Any, world: World, changes: dict[str, Any], reason: str
) -> None:
    being("gp")

    with pytest.raises(Invalid) as refused:
        await writing.observation(**changes)

    assert refused.value.reason == reason
    assert await published() == []


async def test_an_observation_without_a_value_is_refused(writing: Writing, being: As) -> None:
    being("gp")
    request = writing.measured()
    request.ClearField("quantity")

    with pytest.raises(Invalid) as refused:
        await writing.records.RecordObservation(request)

    assert refused.value.details == {"field": "value"}


async def test_too_many_codes_are_refused(writing: Writing, being: As) -> None:
    being("gp")
    with pytest.raises(Invalid) as refused:
        await observations(writing, codes=["8867-4"] * 51)
    assert refused.value.reason == "TOO_MANY_CODES"


async def test_a_place_that_is_no_id_is_refused(writing: Writing, being: As) -> None:
    being("gp", place="cabinet")
    with pytest.raises(Invalid) as refused:
        await writing.note()
    assert refused.value.reason == "ID_INVALID"
