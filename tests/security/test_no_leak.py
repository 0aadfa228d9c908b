"""Unmistakable words typed wherever people can type, and what they log in with, are nowhere but where they belong: in no
log, span, metric, event, neighbour's table, answer to a refused request or list of processes.
"""

import asyncio
import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pytest
from terresante_dev.portal import Answer
from terresante_dev.stack import DATABASES
from terresante_dev.story import Stage

from .planting import INS, REASON, WORD, planted_in
from .stored import stored

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def refused(told: Stage) -> list[Answer]:
    """The refusals of what was planted, once the spans of the last one are where spans are kept."""
    answers = planted_in(told)
    last = told.who("gp").get("/v1/me")
    asyncio.run(_kept(told.stack, last.trace_id))
    return answers


async def _kept(stack: Mapping[str, Any], trace_id: str) -> None:
    async with asyncio.timeout(60):
        while not any(trace_id.encode() in file.read_bytes() for file in telemetry(stack)):
            await asyncio.sleep(0.1)


def telemetry(stack: Mapping[str, Any]) -> list[Path]:
    return [file for file in Path(stack["telemetry"]["folder"]).rglob("*") if file.is_file()]


def logs(stack: Mapping[str, Any]) -> list[Path]:
    return [file for file in Path(stack["logs"]).rglob("*") if file.is_file()]


def words(told: Stage) -> list[str]:
    """What may be in no log: traits, titles, texts, and what people log in with."""
    known = [WORD, INS, REASON, told.made["webhook_secret"], *told.secrets()]
    for person in told.people.values():
        login = person.login
        known += [person.token, person.token.split(".")[2], login.password, login.totp_secret]
    return [word for word in known if word]


def holding(file: Path, sought: list[str]) -> Iterator[str]:
    """Which of the words a file holds, also as JSON or an address would write them."""
    text = file.read_text(errors="replace")
    for word in sought:
        if word in text or json.dumps(word)[1:-1] in text or str(httpx2.QueryParams({"": word}))[1:] in text:
            yield f"{file.name}: {word[:12]}"


def test_no_log_holds_them(told: Stage, refused: list[Answer]) -> None:
    """Also not those of PostgreSQL, NATS and Keycloak."""
    found = {file.stem for file in logs(told.stack)}
    assert {
        "gateway",
        "identity",
        "consent",
        "records",
        "messaging",
        "directory",
        "postgres",
        "nats",
        "keycloak",
    } <= found
    assert [held for file in logs(told.stack) for held in holding(file, words(told))] == []


def test_the_logs_do_tell_of_the_refusals(told: Stage, refused: list[Answer]) -> None:
    """Without this the test above could pass on logs that say nothing."""
    text = "".join(file.read_text(errors="replace") for file in logs(told.stack) if file.stem.startswith("gateway"))
    told_of = [
        answer for answer in refused if answer.status >= 400 and answer.trace_id in text and answer.reason in text
    ]
    assert len(told_of) >= 18


def no_handshake(stack: Mapping[str, Any]) -> int:
    """Speaks something else than TLS to each service: gRPC's C library would write a line of its own about it."""
    targets = [one for given in stack["services"].values() for one in given.removeprefix("ipv4:").split(",")]
    for host, _, port in (one.partition(":") for one in targets):
        with socket.create_connection((host, int(port)), 10) as line:
            line.sendall(b"GET / HTTP/1.1\r\n\r\n")
            with suppress(ConnectionError):
                while line.recv(1_000):
                    pass
    return len(targets)


def test_every_line_of_the_services_logs_is_json_with_its_moment_in_utc(told: Stage, refused: list[Answer]) -> None:
    """Also after addresses and texts with line feeds in them, and broken handshakes: nobody can write a line of their
    own, and no library does. Those of Keycloak too.
    """
    assert no_handshake(told.stack) >= 5
    for text in (
        "/v1/%0d%0a%7B%22event%22:%22forged%22%7D",
        told.path("/documents?cursor=%0A%7B%22event%22:%22forged%22%7D"),
    ):
        assert told.who("gp").get(text).status in (400, 404)
    lines = 0
    for file in logs(told.stack):
        part = file.stem.partition("-")[0]
        if part in (*DATABASES, "gateway", "keycloak"):
            for line in file.read_text().splitlines():
                written = json.loads(line)
                assert written.get("event") != "forged"
                assert part == "keycloak" or "event" in written
                assert datetime.fromisoformat(written["timestamp"]).utcoffset() == timedelta(0)
                lines += 1
    assert lines > 100


def test_no_span_and_no_metric_holds_them(told: Stage, refused: list[Answer]) -> None:
    assert telemetry(told.stack)
    assert [held for file in telemetry(told.stack) for held in holding(file, words(told))] == []


def test_no_span_names_an_address_with_an_id_in_it(told: Stage, refused: list[Answer]) -> None:
    """Spans carry the operation's template, not what was asked."""
    text = "".join(file.read_text(errors="replace") for file in telemetry(told.stack))
    assert "/v1/patients/{patient}/documents" in text
    assert f"/v1/patients/{told.made['patient']}" not in text


async def test_no_event_holds_them(told: Stage, refused: list[Answer]) -> None:
    await stored(told.stack)
    seen = 0
    for service in DATABASES:
        database = await asyncpg.connect(told.stack["databases"][service]["owner_url"])
        rows = await database.fetch(
            "select subject, payload from outbox union all select subject, payload from dead_letter"
        )
        await database.close()
        for row in rows:
            seen += 1
            for word in words(told):
                assert word not in row["subject"] and word.encode() not in row["payload"], row["subject"]
    assert seen > 10


def test_the_stream_on_disk_and_the_monitoring_of_nats_hold_none(told: Stage, refused: list[Answer]) -> None:
    files = [file for file in Path(told.stack["nats"]["store"]).rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) > 1_000
    assert [held for file in files for held in holding(file, words(told))] == []
    for page in ("/varz", "/connz?subs=1&auth=1", "/jsz?consumers=1&streams=1&config=1", "/subsz?subs=1"):
        text = httpx2.get(told.stack["nats"]["monitoring"] + page, trust_env=False).text
        assert len(text) > 100
        assert not [word for word in words(told) if word in text], page


OWN = {"identity": {"person", "person_version", "source_identity", "source_version", "source_features", "insi_answer",
        "idempotency_key"},
    "consent": {"emergency_access", "idempotency_key"}}  # fmt: skip
"""Who owns what was typed, and keeps it readable: the traits, and why an emergency was one (also in the reply that is
kept for who asks again).
"""


async def test_no_table_but_its_owners_holds_them(told: Stage, refused: list[Answer]) -> None:
    """Titles, notes, observations and contents are sealed: in the records' own tables they are not to be found."""
    tables = 0
    for service in DATABASES:
        database = await asyncpg.connect(told.stack["databases"][service]["owner_url"])
        for row in await database.fetch("select tablename from pg_tables where schemaname = 'public'"):
            name = row["tablename"]
            tables += 1
            for word in words(told):
                if name in OWN.get(service, ()) and word in (WORD, REASON, *told.secrets()):
                    continue
                found = await database.fetchval(
                    f"select count(*) from {name} as t where position($1 in t::text) > 0 or position($2 in t::text) > 0",  # noqa: S608
                    word,
                    word.encode().hex(),
                )
                assert found == 0, (service, name, word[:12])
        await database.close()
    assert tables > 40


def test_no_stored_content_holds_them(told: Stage, refused: list[Answer]) -> None:
    folders = [Path(told.stack["folder"], name) for name in ("documents", "attachments")]
    kept = [[file for file in folder.rglob("*") if file.is_file()] for folder in folders]
    assert len(kept[0]) >= 5 and len(kept[1]) >= 1
    files = [*kept[0], *kept[1]]
    readable = (WORD.encode(), b"%PDF-", b"\x89PNG\r\n\x1a\n", b"JFIF\0")  # too long to be in what is sealed by chance
    assert not [file for file in files if any(word in file.read_bytes() for word in readable)]
    assert not [file for file in files if WORD in file.name or told.made["title"] in str(file)]


def test_no_refusal_repeats_what_was_typed_or_tells_what_is_inside(told: Stage, refused: list[Answer]) -> None:
    for answer in refused:
        text = answer.content.decode() + str(dict(answer.headers))
        assert WORD not in text and INS not in text, text
        for inner in (
            "asyncpg",
            "sqlalchemy",
            "grpc",
            "Traceback",
            "postgresql",
            "127.0.0.1",
            ".py",
            "SELECT",
            "pydantic",
        ):
            assert inner not in text, text


def test_no_process_shows_a_secret_in_its_arguments(told: Stage) -> None:
    """Anybody on the machine can read them."""
    secrets = [told.stack["postgres"]["url"].split(":")[2].split("@")[0], *words(told)]
    secrets += [one["url"].split(":")[2].split("@")[0] for one in told.stack["databases"].values()]
    shown = [
        Path(f"/proc/{part['pid']}/cmdline").read_bytes().decode(errors="replace")
        for part in told.stack["parts"].values()
        if part["pid"] and Path(f"/proc/{part['pid']}/cmdline").exists()
    ]
    if not shown:
        pytest.skip("this system does not show the arguments of processes")
    assert len(shown) >= 8
    assert not [secret[:6] for secret in secrets for text in shown if secret in text]


def test_what_can_be_read_by_its_owner_only_is_not_open_to_others(told: Stage) -> None:
    """Keys and secrets of the stack: no rights for anybody else."""
    folder = Path(told.stack["folder"])
    kept = [*Path(told.stack["certificates"]).rglob("*.key"), *folder.glob("secrets/*")]
    assert len(kept) >= 8
    assert not [file.name for file in kept if file.stat().st_mode & 0o077]
