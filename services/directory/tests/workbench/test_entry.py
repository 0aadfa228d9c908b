"""Coming in and going out: what opens a session, what does not, and what ends one."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from terresante_directory.workbench.serving import LOGINS
from terresante_directory.workbench.visits import Workbench
from terresante_platform.database import Database

from .conftest import Appoint, Watch
from .visitor import KeycloakInMemory, Visitor


async def rows(database: Database, table: str) -> int:
    async with database.reading() as connection:
        return (await connection.execute(text(f"select count(*) from {table}"))).scalar_one()  # noqa: S608


async def test_a_page_without_a_session_asks_to_sign_in_and_leads_back_to_itself(visitor: Visitor) -> None:
    answer = await visitor.get("/structures?q=tilleuls")

    assert answer.status_code == 401
    assert "/connexion?vers=%2Fstructures%3Fq%3Dtilleuls" in answer.text


async def test_a_login_opens_a_session_and_goes_where_it_was_going(visitor: Visitor, appointed: Appoint) -> None:
    back = await visitor.log_in(await appointed("94-ouest"), "/connexion?vers=/structures")

    assert (back.status_code, back.headers["location"]) == (303, "/structures")
    home = await visitor.get("/")
    assert home.status_code == 200
    assert "Claire Durand" in home.text


@pytest.mark.parametrize("elsewhere", ["//evil.example", "https://evil.example", "/\\evil.example", "/%0d%0aX: y", "x"])
async def test_a_login_never_leads_to_another_host(visitor: Visitor, appointed: Appoint, elsewhere: str) -> None:
    attempt = await visitor.begin(f"/connexion?vers={elsewhere.replace('%', '%25')}")

    assert attempt.to == "/" or attempt.to.startswith("/%")


async def test_the_cookie_is_of_this_host_alone_and_no_script_reads_it(visitor: Visitor, appointed: Appoint) -> None:
    back = await visitor.log_in(await appointed("94-ouest"))

    (cookie,) = [line for line in back.headers.get_list("set-cookie") if line.startswith("__Host-workbench=")]
    said = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"secure", "httponly", "path=/", "samesite=lax"} <= said
    assert not any(part.startswith("domain") for part in said)


async def test_a_login_makes_a_new_id_and_a_planted_one_opens_nothing(visitor: Visitor, appointed: Appoint) -> None:
    planted = "A" * 43
    visitor.http.cookies.set("__Host-workbench", planted, domain="atelier.test", path="/")

    await visitor.log_in(await appointed("94-ouest"))

    assert visitor.cookie != planted
    first = visitor.cookie
    await visitor.log_in(await appointed("94-ouest"))
    assert visitor.cookie != first
    visitor.http.cookies.set("__Host-workbench", first, domain="atelier.test", path="/")
    assert (await visitor.get("/")).status_code == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "A" * 43},
        {"iss": "https://login.test/realms/patient"},
        {"iss": ""},
        {"code": "another code"},
        {"code": ""},
        {"error": "access_denied"},
    ],
)
async def test_an_answer_that_was_not_awaited_opens_nothing(
    visitor: Visitor, appointed: Appoint, database: Database, changes: dict[str, str]
) -> None:
    visitor.keycloak.login.who = await appointed("94-ouest")
    back = await visitor.come_back(await visitor.begin(), **changes)

    assert back.status_code == 401
    assert "LOGIN_REFUSED" in back.text
    assert await rows(database, "workbench_session") == 0


async def test_an_answer_serves_once(visitor: Visitor, appointed: Appoint) -> None:
    visitor.keycloak.login.who = await appointed("94-ouest")
    attempt = await visitor.begin()
    assert (await visitor.come_back(attempt)).status_code == 303

    assert (await visitor.come_back(attempt)).status_code == 401


async def test_an_answer_in_another_browser_opens_nothing(
    door: Any, logins: KeycloakInMemory, visitor: Visitor, appointed: Appoint
) -> None:
    visitor.keycloak.login.who = await appointed("94-ouest")
    attempt = await visitor.begin()
    other = Visitor(door, logins)
    await other.begin()

    assert (await other.come_back(attempt)).status_code == 401
    await other.http.aclose()


@pytest.mark.parametrize(("kind", "reason"), [("patient", "TOKEN_INVALID"), ("system", "NOT_ADMINISTRATOR")])
async def test_neither_a_patient_nor_a_machine_gets_in_and_their_login_ends(
    visitor: Visitor, kind: str, reason: str
) -> None:
    back = await visitor.log_in(uuid4(), kind=kind)

    assert back.status_code in (401, 403)
    assert reason in back.text
    assert len(visitor.keycloak.ended) == 1
    assert not visitor.cookie


async def test_a_password_alone_does_not_get_in(visitor: Visitor, appointed: Appoint) -> None:
    back = await visitor.log_in(await appointed("94-ouest"), acr=1)

    assert back.status_code == 401
    assert not visitor.cookie


async def test_an_administrator_of_nothing_known_is_told_so(visitor: Visitor) -> None:
    back = await visitor.log_in(uuid4())

    assert back.status_code == 403
    assert "ADMINISTRATOR_UNKNOWN" in back.text


async def test_keycloak_away_is_told_and_changes_nothing(visitor: Visitor) -> None:
    visitor.keycloak.is_away = True

    answer = await visitor.get("/connexion")

    assert answer.status_code == 503
    assert "LOGIN_SERVICE_UNAVAILABLE" in answer.text


async def test_logins_begun_from_one_address_are_bounded_and_others_get_in(
    visitor: Visitor, door: Any, logins: KeycloakInMemory, watch: Watch, database: Database
) -> None:
    for _ in range(LOGINS[0].burst):
        await visitor.begin()
    begun = await rows(database, "workbench_login")

    refused = await visitor.get("/connexion")
    sent = await visitor.post("/structures/nouvelle", {"name": "Cabinet", "_jeton": "A.B"})

    assert {refused.status_code, sent.status_code} == {429}
    assert "RATE_LIMITED" in refused.text
    assert "RATE_LIMITED" in sent.text
    assert await rows(database, "workbench_login") == begun
    elsewhere = Visitor(door, logins, "192.0.2.7")
    await elsewhere.begin()
    await elsewhere.http.aclose()
    watch.ahead += timedelta(seconds=3600 / LOGINS[0].per_hour + 1)
    await visitor.begin()


async def test_signing_out_ends_both_sessions(claire: Visitor, database: Database) -> None:
    token = (await claire.get("/")).text.partition('name="_jeton" value="')[2].partition('"')[0]

    gone = await claire.post("/deconnexion", {"_jeton": token})

    assert (gone.status_code, gone.headers["location"]) == (303, "/deconnecte")
    assert len(claire.keycloak.ended) == 1
    assert await rows(database, "workbench_session") == 0
    assert (await claire.get("/")).status_code == 401


async def test_a_session_ends_after_half_an_hour_without_use(claire: Visitor, watch: Watch) -> None:
    claire.keycloak.login.lasts = timedelta(hours=9)
    watch.ahead += timedelta(minutes=29)
    assert (await claire.get("/")).status_code == 200
    watch.ahead += timedelta(minutes=29)
    assert (await claire.get("/")).status_code == 200
    watch.ahead += timedelta(minutes=30)

    assert (await claire.get("/")).status_code == 401


async def test_a_session_ends_after_four_hours_however_much_it_is_used(claire: Visitor, watch: Watch) -> None:
    for _ in range(11):
        watch.ahead += timedelta(minutes=21)
        assert (await claire.get("/")).status_code == 200
    watch.ahead += timedelta(minutes=10)

    assert (await claire.get("/")).status_code == 401


async def test_what_the_database_keeps_opens_no_session(claire: Visitor, database: Database) -> None:
    async with database.reading() as connection:
        kept = (await connection.execute(text("select s::text from workbench_session s"))).scalar_one()

    assert claire.cookie not in kept
    assert "eyJ" not in kept


async def test_ended_sessions_and_abandoned_logins_are_forgotten(
    claire: Visitor, workbench: Workbench, watch: Watch, database: Database
) -> None:
    await claire.begin()
    watch.ahead += timedelta(hours=5)

    await workbench.sessions.forget()
    await workbench.attempts.forget()

    assert await rows(database, "workbench_session") == 0
    assert await rows(database, "workbench_login") == 0
