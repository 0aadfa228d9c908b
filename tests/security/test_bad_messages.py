"""What malformed and hostile messages, files, cursors and ids get in conversations: a refusal that says what to do, and
nothing is changed.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image
from terresante_dev.portal import Answer, Person
from terresante_dev.story import Stage
from terresante_dev.story.stage import done, soon

from .asking import problem_of
from .stored import JOURNALLED, stored
from .test_bad_contents import LIES

pytestmark = pytest.mark.timeout(300)
THREADS = "/v1/threads"
TEXT = {"TEXT_INVALID", "MESSAGE_INVALID", "FIELDS_INVALID", "BODY_TOO_LARGE", "JSON_INVALID"}
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def gp(told: Stage) -> Person:
    return told.who("gp")


@pytest.fixture(scope="module")
def circle(told: Stage, gp: Person) -> str:
    return opened(gp, "circle", patient_id=told.made["patient"])


@pytest.fixture(scope="module")
def direct(told: Stage, gp: Person) -> str:
    return opened(gp, "direct", professional_ids=[told.who("nurse").uid])


def opened(by: Person, kind: str, **more: Any) -> str:
    answer = by.post(THREADS, {"kind": kind, **more})
    assert answer.status in (200, 201), answer.body
    return str(answer.body["id"])


async def unchanged(told: Stage, ask: Callable[[], Answer], *reasons: str) -> None:
    """It is refused for one of these reasons, and nothing is otherwise than before."""
    before = await stored(told.stack, JOURNALLED)
    reason = problem_of(ask())
    assert reason in reasons, reason
    assert await stored(told.stack, JOURNALLED) == before


BAD_TEXTS = {
    "nothing": "",
    "spaces": "   \n\t ",
    "10,001 characters": "a" * 10_001,
    "a megabyte": "a" * MIB,
    "a NUL": "a\x00b",
    "an escape": "a\x1b[2Jb",
    "a right-to-left override": "gnp.exe\u202egpj",
    "an isolate": "a\u2066b",
    "a byte order mark": "\ufeffa",
    "half a surrogate pair": "\ud83d",
    "a noncharacter": "\uffff",
    "invisible letters alone": "\u200b\u200b",
}


@pytest.mark.parametrize("which", BAD_TEXTS)
async def test_a_text_that_deceives_or_is_none_is_refused(told: Stage, gp: Person, circle: str, which: str) -> None:
    await unchanged(told, partial(gp.post, f"{THREADS}/{circle}/messages", {"text": BAD_TEXTS[which]}), *TEXT)


async def test_ten_thousand_mentions_are_refused(told: Stage, gp: Person, circle: str) -> None:
    mentions = [{"kind": "professional", "id": str(uuid4())} for _ in range(10_000)]
    body = {"text": "Tous !", "mentions": mentions}
    await unchanged(told, partial(gp.post, f"{THREADS}/{circle}/messages", body), "FIELDS_INVALID", "BODY_TOO_LARGE")


async def test_nobody_is_named_who_may_not_read(told: Stage, gp: Person, circle: str, direct: str) -> None:
    outside, patient = told.who("emergency-physician").uid, told.made["patient"]
    named = (("professional", outside), ("professional", str(uuid4())), ("patient", patient), ("patient", outside))
    for thread in (circle, direct):
        for kind, id in named:
            body = {"text": "Vous ?", "mentions": [{"kind": kind, "id": id}]}
            await unchanged(told, partial(gp.post, f"{THREADS}/{thread}/messages", body), "MENTIONS_INVALID")


async def test_what_belongs_to_another_thread_is_unknown_in_this_one(
    told: Stage, gp: Person, circle: str, direct: str
) -> None:
    nurse = told.who("nurse")
    there = done(gp.post(f"{THREADS}/{direct}/messages", {"text": "Ailleurs."}), 201)["id"]
    picture = drawn("PNG")
    theirs = done(nurse.publish(f"{THREADS}/{circle}/attachments", {"name": "a.png"}, picture, "image/png"), 201)["id"]
    far = done(gp.publish(f"{THREADS}/{direct}/attachments", {"name": "a.png"}, picture, "image/png"), 201)["id"]
    here = f"{THREADS}/{circle}/messages"
    for ask, reason in (
        (partial(gp.get, f"{here}/{there}"), "MESSAGE_UNKNOWN"),
        (partial(gp.call, "PUT", f"{here}/{there}", {"text": "Pris."}, if_match='"1"'), "MESSAGE_UNKNOWN"),
        (partial(gp.call, "DELETE", f"{here}/{there}", if_match='"1"'), "MESSAGE_UNKNOWN"),
        (partial(gp.post, f"{here}/{there}/answers", {"task": "done"}), "MESSAGE_UNKNOWN"),
        (partial(gp.post, here, {"text": "Cité.", "quoted_message_id": there}), "MESSAGE_UNKNOWN"),
        (partial(gp.post, here, {"text": "", "attachment_ids": [theirs]}), "ATTACHMENT_UNKNOWN"),
        (partial(gp.post, here, {"text": "", "attachment_ids": [far]}), "ATTACHMENT_UNKNOWN"),
        (partial(gp.get, f"{THREADS}/{circle}/attachments/{theirs}/content"), "ATTACHMENT_UNKNOWN"),
        (partial(gp.get, f"{THREADS}/{circle}/attachments/{far}/content"), "ATTACHMENT_UNKNOWN"),
        (partial(gp.get, f"{THREADS}/{there}"), "THREAD_UNKNOWN"),
        (partial(gp.get, f"{THREADS}/{told.made['document']}/messages"), "THREAD_UNKNOWN"),
    ):
        await unchanged(told, ask, reason)


async def test_a_thread_that_one_may_not_know_is_refused_in_the_words_of_one_that_is_not(
    told: Stage, circle: str, direct: str
) -> None:
    outside = told.who("emergency-physician")
    for person, thread in ((outside, circle), (outside, direct), (told.who("patient"), direct)):
        for rest in ("", "/messages", f"/messages/{uuid4()}", f"/attachments/{uuid4()}/content"):
            there, nowhere = (person.get(f"{THREADS}/{id}{rest}") for id in (thread, str(uuid4())))
            assert problem_of(there) == problem_of(nowhere) == "THREAD_UNKNOWN", (rest, there.body, nowhere.body)
            assert {**there.body, "trace_id": ""} == {**nowhere.body, "trace_id": ""}


def spoiled(cursor: str) -> list[str]:
    """Cursors that are not the one given."""
    turned = "B" if cursor[7] == "A" else "A"
    return ["1", "AAAA", f"{cursor[:7]}{turned}{cursor[8:]}", cursor[:-2], cursor[::-1], "a" * 600, "../../x", "%00"]


async def test_a_cursor_of_the_feed_that_is_forged_or_anothers_is_refused(told: Stage, gp: Person, circle: str) -> None:
    done(gp.post(f"{THREADS}/{circle}/messages", {"text": "Pour un curseur."}), 201)
    cursor = done(gp.get("/v1/events?limit=1"))["next_cursor"]
    asked = [(gp, one) for one in spoiled(cursor)]
    asked += [(told.who(key), cursor) for key in ("nurse", "patient", "feeder-hospital")]
    for person, one in asked:
        for ask in (
            partial(person.get, f"/v1/events?after={one}"),
            partial(person.get, f"/v1/stream?last_event_id={one}"),
        ):
            await unchanged(told, ask, "CURSOR_INVALID", "FIELDS_INVALID", "QUERY_INVALID")
    for one in spoiled(cursor):
        await unchanged(told, partial(gp.call, "GET", "/v1/stream", last_event_id=one), "CURSOR_INVALID")
    listed = done(gp.get(f"{THREADS}?limit=1"))["next_cursor"]
    if listed:
        await unchanged(told, partial(told.who("nurse").get, f"{THREADS}?limit=1&cursor={listed}"), "CURSOR_INVALID")


def drawn(kind: str) -> bytes:
    """A small picture."""
    made = io.BytesIO()
    Image.new("RGB", (40, 30), (200, 60, 60)).save(made, kind)
    return made.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that says that it is as large as that."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    data = zlib.compress(bytes(min(width * height // 8, 40 * MIB)), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def archived() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.html", "<script>alert(1)</script>")
    return made.getvalue()


SCRIPT = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
FILES: dict[str, tuple[bytes, str]] = {
    **{which: one for which, one in LIES.items() if which != "text that is no UTF-8"},
    "an SVG with a script called PNG": (SCRIPT, "image/png"),
    "HEIC": (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(200), "image/heic"),
    "a PNG of 900 million points": (bomb(30_000, 30_000), "image/png"),
    "a PNG of no points": (bomb(0, 0), "image/png"),
}


@pytest.mark.parametrize("which", sorted(FILES))
async def test_a_file_that_is_not_what_it_says_is_refused_and_leaves_nothing(
    told: Stage, gp: Person, circle: str, which: str
) -> None:
    content, kind = FILES[which]
    reasons = ("CONTENT_UNSUPPORTED", "CONTENT_LIES", "CONTENT_EMPTY", "CONTENT_TOO_LARGE")
    await unchanged(
        told, partial(gp.publish, f"{THREADS}/{circle}/attachments", {"name": "photo.png"}, content, kind), *reasons
    )


@pytest.mark.parametrize("name", ["", "../x.png", "a/b.png", "a\\b.png", "a\x00.png", "a\u202egnp.exe", "x" * 201, "."])
async def test_a_name_of_a_file_that_is_a_path_or_deceives_is_refused(
    told: Stage, gp: Person, circle: str, name: str
) -> None:
    ask = partial(gp.publish, f"{THREADS}/{circle}/attachments", {"name": name}, drawn("PNG"), "image/png")
    await unchanged(told, ask, "NAME_INVALID", "FIELDS_INVALID", "JSON_INVALID")


POLYGLOTS = {
    "a JPEG that is a ZIP too": lambda: drawn("JPEG") + archived(),
    "a PNG that is a ZIP too": lambda: drawn("PNG") + archived(),
    "a JPEG that is a web page too": lambda: drawn("JPEG") + b"<html><script>alert(1)</script></html>",
    "a PNG that is a PDF too": lambda: drawn("PNG") + b"%PDF-1.4\n1 0 obj\n",
}


@pytest.mark.parametrize("which", POLYGLOTS)
def test_of_a_picture_that_is_something_else_too_only_the_picture_is_kept(
    told: Stage, gp: Person, circle: str, which: str
) -> None:
    content = POLYGLOTS[which]()
    kind = "image/jpeg" if content.startswith(b"\xff\xd8") else "image/png"
    files = f"{THREADS}/{circle}/attachments"
    answer = gp.publish(files, {"name": "photo"}, content, kind)
    if answer.status != 201:
        assert problem_of(answer) in ("CONTENT_LIES", "CONTENT_UNSUPPORTED")
        return
    done(gp.post(f"{THREADS}/{circle}/messages", {"text": "", "attachment_ids": [answer.body["id"]]}), 201)
    kept = told.who("nurse").get(f"{files}/{answer.body['id']}/content")
    assert kept.status == 200
    assert not [word for word in (b"<script>", b"PK\x03\x04", b"%PDF") if word in kept.content]
    assert kept.headers["content-disposition"].startswith("attachment;")
    assert kept.headers["x-content-type-options"] == "nosniff"


def test_a_picture_that_bursts_when_it_is_drawn_takes_nothing_down(told: Stage, gp: Person, circle: str) -> None:
    """Within the limits of what is taken in, it may have no small picture; who comes next has one."""
    files = f"{THREADS}/{circle}/attachments"
    burst = gp.publish(files, {"name": "grand.png"}, bomb(9_900, 9_900), "image/png")
    assert burst.status in (201, 400, 413, 415), burst.body
    ids = [burst.body["id"]] if burst.status == 201 else []
    ids.append(done(gp.publish(files, {"name": "petit.png"}, drawn("PNG"), "image/png"), 201)["id"])
    message = done(gp.post(f"{THREADS}/{circle}/messages", {"text": "", "attachment_ids": ids}), 201)["id"]

    def states() -> dict[str, str]:
        shown = done(gp.get(f"{THREADS}/{circle}/messages/{message}"))["attachments"]
        return {one["id"]: one["thumbnail"] for one in shown}

    soon(lambda: "waiting" not in states().values(), "all are drawn, or known not to be", 60)
    assert states()[ids[-1]] == "ready"


async def test_a_search_is_no_pattern_and_finds_nothing_of_others(told: Stage, gp: Person, circle: str) -> None:
    for words in ("%%", "__", "' or 1=1 --", ".*.*", "((((", "\\\\"):
        answer = gp.post("/v1/messages/search", {"query": words})
        assert answer.status == 400 or done(answer)["items"] == [], words
    for query in ("", "a", "a" * 101, "a\x00b", "\u202eab", " " * 10, "et " * 60):
        await unchanged(
            told,
            partial(gp.post, "/v1/messages/search", {"query": query}),
            "FIELDS_INVALID",
            "SEARCH_INVALID",
            "JSON_INVALID",
        )


async def test_an_item_that_cannot_be_is_refused(told: Stage, gp: Person, circle: str) -> None:
    outside = told.who("emergency-physician").uid
    for item in (
        {},
        {"task": {"what": "a"}, "document_id": told.made["document"]},
        {"task": {"what": ""}},
        {"task": {"what": "a", "who": {"kind": "professional", "id": outside}}},
        {"appointment": {"what": "a", "starts": [], "minutes": 30}},
        {"appointment": {"what": "a", "starts": ["2026-02-31T10:00:00Z"], "minutes": 30}},
        {"form": {"what": "a", "questions": []}},
        {"form": {"what": "a", "questions": [{"question": "?"}] * 31}},
        {"document_id": "../x"},
    ):
        body = {"text": "x", "item": item}
        reasons = ("FIELDS_INVALID", "MESSAGE_INVALID", "MENTIONS_INVALID", "DOCUMENT_UNKNOWN", "ITEM_INVALID")
        await unchanged(told, partial(gp.post, f"{THREADS}/{circle}/messages", body), *reasons)
