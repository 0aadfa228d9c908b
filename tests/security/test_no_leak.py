"""Unmistakable words planted through the whole platform are in no log, span, metric, event, or message of the database."""

from pathlib import Path

import asyncpg
import pytest
from terresante_dev import enrolment
from terresante_dev.stack import DATABASES
from terresante_dev.story import Stage

pytestmark = pytest.mark.timeout(300)
PLANTED = "FUITECANARI"


@pytest.fixture(scope="module")
def planted(told: Stage) -> Stage:
    """The word is typed wherever people can type, also where it is refused."""
    gp = told.who("gp")
    traits = {**enrolment.traits(told.patient), "birth_name": PLANTED}
    gp.post("/v1/patients/search", {"traits": traits})
    gp.post("/v1/patients", {"traits": {**traits, "birth_postal_code": "00000"}})
    gp.post("/v1/patients", {"traits": traits})
    gp.post(told.path("/notes"), {"text": f"{PLANTED} note"})
    gp.post(told.path("/notes"), {"text": f"{PLANTED}\x00"})
    gp.post(told.path("/notes"), {PLANTED: PLANTED})
    gp.post(told.path("/emergency-accesses"), {"reason": f"{PLANTED} motif de l’accès"})
    description = {"type_code": "11502-2", "title": f"{PLANTED} titre", "dated": "2026-03-02T08:00:00+01:00"}
    gp.publish(told.path("/documents"), description, f"{PLANTED} contenu".encode(), "text/plain")
    gp.publish(told.path("/documents"), description, b"MZ" + PLANTED.encode(), "application/pdf")
    gp.get(f"/v1/patients/{PLANTED}")
    gp.get(told.path(f"/documents?cursor={PLANTED}"))
    gp.get(f"/v1/professionals?text={PLANTED}")
    told.gateway.call("GET", "/v1/me", authorization=f"Bearer {PLANTED}.{PLANTED}.{PLANTED}")
    return told


def test_no_log_and_no_telemetry_holds_it(planted: Stage) -> None:
    searched = 0
    for folder in (Path(planted.stack["logs"]), Path(planted.stack["telemetry"]["folder"])):
        for file in folder.rglob("*"):
            if file.is_file():
                searched += 1
                text = file.read_text(errors="replace")
                for word in [PLANTED, *filter(None, planted.secrets())]:
                    assert word not in text, file.name
    assert searched > 8


async def test_no_event_holds_it(planted: Stage) -> None:
    seen = 0
    for service in DATABASES:
        database = await asyncpg.connect(planted.stack["databases"][service]["owner_url"])
        rows = await database.fetch(
            "select subject, payload from outbox union all select subject, payload from dead_letter"
        )
        await database.close()
        for row in rows:
            seen += 1
            for word in [PLANTED, *filter(None, planted.secrets())]:
                assert word.encode() not in row["payload"], row["subject"]
    assert seen > 10


async def test_what_is_stored_of_the_record_is_sealed(planted: Stage) -> None:
    files = [file for file in Path(planted.stack["folder"], "documents").rglob("*") if file.is_file()]
    assert files
    assert not [file for file in files if PLANTED.encode() in file.read_bytes()]
    database = await asyncpg.connect(planted.stack["databases"]["records"]["owner_url"])
    tables = await database.fetch("select tablename from pg_tables where schemaname = 'public'")
    for table in tables:
        name = table["tablename"]
        found = await database.fetchval(
            f"select count(*) from {name} as t where position($1::bytea in convert_to(t::text, 'UTF8')) > 0 "  # noqa: S608
            "or position($2 in t::text) > 0",
            PLANTED.encode(),
            PLANTED.encode().hex(),
        )
        assert found == 0, name
    await database.close()


async def test_no_token_is_stored_anywhere(planted: Stage) -> None:
    token = planted.who("gp").token
    for folder in (Path(planted.stack["logs"]), Path(planted.stack["telemetry"]["folder"])):
        for file in folder.rglob("*"):
            if file.is_file():
                assert token[:60] not in file.read_text(errors="replace"), file.name
