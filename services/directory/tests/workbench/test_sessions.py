"""Sessions under way: tokens renewed once, rights that change, an administrator who has none any more."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from terresante_platform.database import Database

from .conftest import Appoint, Watch
from .visitor import Visitor


async def has_no_more_territory(database: Database, who: UUID) -> None:
    async with database.transaction() as transaction:
        for table, column in (("administrator_territory", "administrator_id"), ("administrator", "id")):
            await transaction.execute(text(f"delete from {table} where {column} = :who"), {"who": who})  # noqa: S608


async def test_a_token_that_ends_is_renewed_once_by_many_requests_at_once(claire: Visitor, watch: Watch) -> None:
    watch.ahead += timedelta(minutes=6)

    answers = await asyncio.gather(*(claire.get("/structures") for _ in range(6)))

    assert {answer.status_code for answer in answers} == {200}
    assert claire.keycloak.renewals == 1


async def test_a_token_that_ends_soon_is_renewed_after_the_answer(claire: Visitor, watch: Watch) -> None:
    watch.ahead += timedelta(minutes=4)
    assert claire.keycloak.renewals == 0

    await claire.get("/")

    assert claire.keycloak.renewals == 1
    await claire.get("/")
    assert claire.keycloak.renewals == 1


async def test_a_login_that_ended_at_keycloak_ends_the_session(claire: Visitor, watch: Watch) -> None:
    claire.keycloak.is_over = True
    watch.ahead += timedelta(minutes=6)

    assert (await claire.get("/")).status_code == 401
    claire.keycloak.is_over = False
    assert (await claire.get("/")).status_code == 401


async def test_keycloak_away_does_not_end_a_session(claire: Visitor, watch: Watch) -> None:
    claire.keycloak.is_away = True
    watch.ahead += timedelta(minutes=6)
    assert (await claire.get("/")).status_code == 503

    claire.keycloak.is_away = False

    assert (await claire.get("/")).status_code == 200


async def test_who_lost_their_rights_is_out_on_the_next_request(
    visitor: Visitor, appointed: Appoint, database: Database
) -> None:
    who = await appointed("94-ouest")
    await visitor.log_in(who)
    await has_no_more_territory(database, who)

    answer = await visitor.get("/structures")

    assert answer.status_code == 403
    assert "ADMINISTRATOR_UNKNOWN" in answer.text
    assert len(visitor.keycloak.ended) == 1
    assert (await visitor.get("/")).status_code == 401


async def test_changed_rights_make_a_new_id_and_the_old_one_opens_nothing(
    visitor: Visitor, appointed: Appoint, database: Database
) -> None:
    who = await appointed("94-ouest")
    await visitor.log_in(who)
    before = visitor.cookie
    async with database.transaction() as transaction:
        await transaction.execute(
            text("insert into administrator_territory (administrator_id, territory) values (:who, '92-nord')"),
            {"who": who},
        )

    answer = await visitor.get("/")

    assert answer.status_code == 200
    assert visitor.cookie != before
    assert (await visitor.get("/")).status_code == 200
    visitor.http.cookies.set("__Host-workbench", before, domain="atelier.test", path="/")
    assert (await visitor.get("/")).status_code == 401


async def test_rights_that_change_at_a_refused_request_do_not_end_the_session(
    visitor: Visitor, appointed: Appoint, database: Database
) -> None:
    who = await appointed("94-ouest")
    await visitor.log_in(who)
    async with database.transaction() as transaction:
        await transaction.execute(
            text("insert into administrator_territory (administrator_id, territory) values (:who, '92-nord')"),
            {"who": who},
        )

    assert (await visitor.get("/structures/nulle-part")).status_code == 404

    assert (await visitor.get("/")).status_code == 200


async def test_rights_that_change_under_two_requests_at_once_leave_one_session(
    visitor: Visitor, appointed: Appoint, database: Database
) -> None:
    who = await appointed("94-ouest")
    await visitor.log_in(who)
    async with database.transaction() as transaction:
        await transaction.execute(
            text("insert into administrator_territory (administrator_id, territory) values (:who, '92-nord')"),
            {"who": who},
        )

    answers = await asyncio.gather(visitor.get("/"), visitor.get("/"))

    async with database.reading() as connection:
        kept = (await connection.execute(text("select count(*) from workbench_session"))).scalar_one()
    assert ({200} <= {answer.status_code for answer in answers} <= {200, 401}, kept) == (True, 1)


@pytest.mark.parametrize("cookie", ["", "x", "A" * 43, "A" * 5000, "../../etc", "' or 1=1 --"])
async def test_a_made_up_cookie_opens_nothing(visitor: Visitor, cookie: str) -> None:
    answer = await visitor.get("/", cookie=f"__Host-workbench={cookie}")

    assert answer.status_code == 401
