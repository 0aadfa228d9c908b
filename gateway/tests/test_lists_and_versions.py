"""Cursors that only work where they were given out; versions that are asked for before a change."""

import base64
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from terresante.consent.v1 import consent_service_pb2 as consent
from terresante.consent.v1 import journal_service_pb2 as journal
from terresante.identity.v1 import identity_service_pb2 as identity
from terresante.messaging.v1 import conversation_service_pb2 as messaging
from terresante.records.v1 import alert_service_pb2 as alerts
from terresante.records.v1 import records_service_pb2 as records
from terresante_gateway import app
from terresante_gateway.cursors import CursorInvalid, Signer
from terresante_gateway.exchange import version_required

from .calling import programmed, reason_of, sent
from .operations import RIGHT
from .things import DOCTOR, DOCUMENT, NURSE, OTHER, RECORD, Right

_, OPERATIONS = app.described(app.State())
CHANGES = {one.operation_id for one in OPERATIONS if one.depends_on(version_required)}
ACTS = ("withdraw_consent", "invite_member", "remove_member")
LIST = f"{RECORD}/documents"
INNER = "2026-03-02T08:15:00Z|17"


@pytest.fixture
async def cursor(gateway: Any, http: Any, services: Any) -> str:
    """A cursor that the doctor was given for the documents of the patient, category letter."""
    services.answer("records.ListDocuments", records.ListDocumentsResponse(documents=[DOCUMENT], next_cursor=INNER))
    headers = gateway.bearer("professional", UUID(DOCTOR))
    page = (await http.get(f"{LIST}?category=letter&limit=1", headers=headers)).json()
    services.asked.clear()
    assert page["next_cursor"]
    return str(page["next_cursor"])


async def test_a_cursor_comes_back_to_the_service_as_it_was(
    gateway: Any, http: Any, services: Any, cursor: str
) -> None:
    headers = gateway.bearer("professional", UUID(DOCTOR))

    answer = await http.get(f"{LIST}?category=letter&limit=7&total=true&cursor={cursor}", headers=headers)

    assert answer.status_code == 200
    assert services.of("records.ListDocuments").request.cursor == INNER
    assert "2026" not in cursor


@pytest.mark.parametrize(
    ("who", "path"),
    [
        (NURSE, f"{LIST}?category=letter"),
        (DOCTOR, LIST),
        (DOCTOR, f"{LIST}?category=oncology"),
        (DOCTOR, f"{LIST}?category=letter&with_replaced=true"),
        (DOCTOR, f"/v1/patients/{OTHER}/documents?category=letter"),
        (DOCTOR, f"{RECORD}/notes"),
        (DOCTOR, "/v1/patients"),
    ],
)
async def test_a_cursor_is_worth_nothing_elsewhere(
    gateway: Any, http: Any, services: Any, cursor: str, who: str, path: str
) -> None:
    path += ("&" if "?" in path else "?") + f"cursor={cursor}"

    answer = await http.get(path, headers=gateway.bearer("professional", UUID(who)))

    assert (answer.status_code, reason_of(answer)) == (400, "CURSOR_INVALID")
    assert services.asked == []


async def test_a_forged_cursor_is_refused(gateway: Any, http: Any, services: Any, cursor: str) -> None:
    raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    flipped = [raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :] for place in range(len(raw))]
    forged = [base64.urlsafe_b64encode(one).rstrip(b"=").decode() for one in flipped]
    forged += [INNER, "x", "é", cursor[:-4], cursor + "AAAA", "=" * 8, "A" * 1000]
    headers = gateway.bearer("professional", UUID(DOCTOR))

    for one in forged:
        answer = await http.get(LIST, params={"category": "letter", "cursor": one}, headers=headers)
        assert (answer.status_code, reason_of(answer)) == (400, "CURSOR_INVALID"), one

    assert services.asked == []


def test_another_key_signs_other_cursors() -> None:
    given = Signer(b"a" * 32).seal(INNER, "list")

    assert given is not None and Signer(b"a" * 32).open(given, "list") == INNER
    with pytest.raises(CursorInvalid):
        Signer(b"b" * 32).open(given, "list")


def test_a_cursor_outlives_the_key_that_signed_it_for_as_long_as_the_file_holds_it(tmp_path: Path) -> None:
    file = tmp_path / "cursor.key"
    old, new = "6f" * 32, "a1" * 32

    def signer(content: str | bytes) -> Signer:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return Signer.from_file(file)

    given = signer(f"{old}\n").seal(INNER, "list") or ""
    both = signer(f"{new}\r\n{old}\n")
    assert both.open(given, "list") == INNER
    assert signer(f"{old}\n{new}\n").open(both.seal(INNER, "list") or "", "list") == INNER
    with pytest.raises(CursorInvalid):
        both.open(given, "another list")
    with pytest.raises(CursorInvalid):
        signer(new).open(given, "list")


@pytest.mark.parametrize(
    "content", [b"\xff" * 40 + b"\n" + b"\x01" * 40, b"Q" * 64 + b"\n" + b"Q" * 24], ids=["bytes", "wrapped"]
)
def test_a_file_that_is_no_text_or_has_a_short_line_is_one_key(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "cursor.key"
    file.write_bytes(content + b"\n")

    assert Signer.from_file(file).seal(INNER, "list") == Signer(content).seal(INNER, "list")


@pytest.mark.parametrize("keys", [(b"short",), (b"k" * 32, b"short")])
def test_a_short_key_stops_the_start(keys: tuple[bytes, ...]) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Signer(*keys)


async def test_every_list_gives_and_takes_its_cursor(gateway: Any, http: Any, services: Any) -> None:
    replies = {
        "/v1/patients": ("consent.ListMyPatients", consent.ListMyPatientsResponse(next_cursor=INNER)),
        f"{RECORD}/notes": ("records.ListNotes", records.ListNotesResponse(next_cursor=INNER)),
        f"{RECORD}/observations": ("records.ListObservations", records.ListObservationsResponse(next_cursor=INNER)),
        f"{RECORD}/journal": ("consent.ListEntries", journal.ListEntriesResponse(next_cursor=INNER)),
        "/v1/threads": ("messaging.ListThreads", messaging.ListThreadsResponse(next_cursor=INNER)),
        f"{RECORD}/stays": ("records.ListStays", alerts.ListStaysResponse(next_cursor=INNER)),
    }
    services.answer("identity.BatchGetPersons", identity.BatchGetPersonsResponse())
    headers = gateway.bearer("professional", UUID(DOCTOR))

    for path, (rpc, reply) in replies.items():
        services.answer(rpc, reply)
        first = (await http.get(path, headers=headers)).json()
        services.asked.clear()
        await http.get(path, params={"cursor": first["next_cursor"]}, headers=headers)
        assert services.of(rpc).request.cursor == INNER


changes = pytest.mark.parametrize(
    "right", [right for right in RIGHT if right.operation in CHANGES], ids=lambda right: right.operation
)


def test_the_changes_are_these() -> None:
    assert {
        "check_identity_document",
        "record_insi_answer",
        "flag_identity",
        "set_document_visibility",
        "delete_document",
        "revise_note",
        "add_place",
        "end_place",
        "change_feeder",
        "change_structure",
        "close_structure",
        "change_offer",
        "close_offer",
        "leave",
        "apply_import",
        "change_thread",
        "edit_message",
        "delete_message",
        "discharge_patient",
        "change_circle_settings",
        "change_preferences",
        "change_webhook",
    } == CHANGES


@changes
async def test_a_change_without_its_version_is_428(right: Right, gateway: Any, http: Any) -> None:
    programmed(gateway, right)

    answer = await http.request(
        right.method, right.path, json=right.json, headers=gateway.bearer(right.kind, acr=right.acr)
    )

    assert (answer.status_code, reason_of(answer)) == (428, "VERSION_REQUIRED")
    assert gateway.services.asked == []


@changes
@pytest.mark.parametrize(
    "given", ["3", 'W/"3"', '"3', "*", '"0"', '"-1"', '"3.0"', '"3", "4"', '"9223372036854775808"', '"٣"']
)
async def test_what_is_no_strong_etag_of_ours_is_refused(right: Right, given: str, gateway: Any, http: Any) -> None:
    programmed(gateway, right)

    answer = await sent(http, gateway, right, {"if-match": given.encode()})  # type: ignore[dict-item]

    assert (answer.status_code, reason_of(answer)) == (400, "IF_MATCH_INVALID")
    assert gateway.services.asked == []


@pytest.mark.parametrize("operation", ACTS)
async def test_an_act_may_name_its_version_and_need_not(operation: str, gateway: Any, http: Any) -> None:
    right = next(one for one in RIGHT if one.operation == operation)
    versions = []
    for headers in ({"if-match": '"8"'}, {}):
        programmed(gateway, right)
        gateway.services.asked.clear()
        bare = Right(right.operation, right.method, right.path, right.kind, right.rpc, right.reply, right.json)
        assert (await sent(http, gateway, bare, headers)).status_code == right.status
        request = gateway.services.of(right.rpc).request
        versions.append(request.version if operation == "withdraw_consent" else request.circle_version)

    assert versions == [8, 0]


async def test_the_etag_of_a_reading_is_the_if_match_of_the_change(gateway: Any, http: Any, services: Any) -> None:
    read = next(one for one in RIGHT if one.operation == "get_document")
    change = next(one for one in RIGHT if one.operation == "set_document_visibility")
    programmed(gateway, read)
    services.answer(change.rpc, change.reply)

    etag = (await sent(http, gateway, read)).headers["etag"]
    answer = await sent(http, gateway, change, {"if-match": etag})

    assert answer.status_code == 200
    assert services.of(change.rpc).request.version == DOCUMENT.version
