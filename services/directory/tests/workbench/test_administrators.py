"""Administrators on the pages: named within one's own rights with a letter shown once; ended, never by themselves."""

import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from terresante_directory.settling import Settling
from terresante_directory.store.administrators import get
from terresante_directory.workbench.visits import Workbench
from terresante_platform.database import Database

from services.directory.tests.in_memory import AccountsInMemory

from .conftest import Appoint
from .filling import form
from .test_accounts import CODE, LINK, printed
from .test_acts import professional, structure
from .visitor import Visitor

NEW = "/administrateurs/nouveau"
PAUL = {"given_name": "Paul", "family_name": "Roy", "territory_codes": ["94-ouest"], "means": "password"}


@pytest_asyncio.fixture
async def other(door: Any, claire: Visitor) -> AsyncIterator[Visitor]:
    """Another browser."""
    visitor = Visitor(door, claire.keycloak)
    yield visitor
    await visitor.http.aclose()


def ids(page: str) -> dict[str, str]:
    """Who is listed, by name."""
    return {name: id for id, name in re.findall(r'<li><a href="/administrateurs/([^"]+)">([^<]+)</a>', page)}


async def named(visitor: Visitor, **changes: Any) -> str:
    """The id of a new administrator."""
    answer = await visitor.send(NEW, **{**PAUL, **changes})
    assert answer.status_code == 200, answer.text
    return ids((await visitor.get("/administrateurs")).text)["Paul Roy"]


async def test_an_administrator_is_named_with_a_letter_that_is_shown_once(
    claire: Visitor, keycloak: AccountsInMemory
) -> None:
    sent = {**await claire.hidden(NEW), **PAUL}

    letter = await claire.post(NEW, sent)

    assert letter.status_code == 200, letter.text
    (code,) = CODE.findall(letter.text)
    (user,) = keycloak.users.values()
    assert (user.password, user.attributes["kind"]) == (code, "administrator")
    told = printed(letter.text)
    assert code in told
    assert "atelier.test" in told
    again = await claire.post(NEW, sent)
    assert again.headers["location"] == "/administrateurs?fait=deja"
    page = (await claire.get(again.headers["location"])).text
    assert "elle ne s’affiche qu’une fois" in page
    assert sorted(ids(page)) == ["Claire Durand", "Paul Roy"]
    assert code not in page


async def test_the_new_administrator_sees_their_territories_and_raises_no_rights(
    claire: Visitor, other: Visitor, database: Database, keycloak: AccountsInMemory
) -> None:
    id = await named(claire)
    await other.log_in(UUID(id))

    assert 'value="92-nord"' not in (await other.get(NEW)).text
    forged = await other.send(NEW, **{**PAUL, "given_name": "Eve", "territory_codes": ["94-ouest", "92-nord"]})

    assert forged.status_code == 404
    assert "TERRITORY_NOT_YOURS" in forged.text
    own = await other.hidden(NEW)
    raised = await other.post(f"/administrateurs/{id}/terminer", {**own, "territory_codes": "94-ouest", "why": "moi"})
    assert raised.status_code == 403
    assert "ADMINISTRATOR_SELF" in raised.text
    async with database.reading() as connection:
        assert (await get(connection, UUID(id))).territories == {"94-ouest"}
    assert len(keycloak.users) == 1


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"territory_codes": []}, "TERRITORY_UNKNOWN"),
        ({"territory_codes": ["atlantide"]}, "TERRITORY_UNKNOWN"),
        ({"family_name": "<script>alert(1)</script>"}, "PROFESSIONAL_NAME_INVALID"),
        ({"given_name": ""}, "PROFESSIONAL_NAME_INVALID"),
        ({"means": ""}, "ACCOUNT_MEANS_INVALID"),
        ({"means": "card"}, "ACCOUNT_MEANS_INVALID"),
        ({"means": "card", "rpps": "12"}, "RPPS_INVALID"),
    ],
)
async def test_a_refused_name_shows_why_with_all_that_was_typed(
    claire: Visitor, keycloak: AccountsInMemory, changes: dict[str, Any], reason: str
) -> None:
    answer = await claire.send(NEW, **{**PAUL, **changes})

    assert answer.status_code == 400
    assert reason in answer.text
    assert "<script>alert" not in answer.text
    if "family_name" not in changes:
        assert 'value="Roy"' in answer.text
    assert keycloak.users == {}


async def test_naming_long_after_the_login_asks_for_a_new_one_and_keeps_what_was_typed(
    visitor: Visitor, appointed: Appoint, keycloak: AccountsInMemory
) -> None:
    who = await appointed("94-ouest", "92-nord")
    await visitor.log_in(who, ago=301)

    asked = await visitor.send(NEW, **PAUL)

    assert asked.status_code == 401
    assert "connexion récente" in asked.text
    again = re.search(r'href="(/connexion\?reprise=[^"]+)"', asked.text)
    assert again
    back = await visitor.log_in(who, again[1])
    page = await visitor.get(back.headers["location"])
    assert keycloak.users == {}
    assert 'value="94-ouest" checked' in page.text
    assert 'value="92-nord" checked' not in page.text
    assert len(CODE.findall((await visitor.post(NEW, form(page.text, NEW))).text)) == 1


@pytest.mark.parametrize("by_a_round", [True, False])
async def test_named_while_keycloak_is_away_the_letter_is_made_when_it_is_back_for_the_same_person(
    claire: Visitor, keycloak: AccountsInMemory, settling: Settling, by_a_round: bool
) -> None:
    keycloak.away = True
    waiting = await claire.send(NEW, **PAUL)
    assert waiting.status_code == 503
    assert "La lettre reste à faire" in waiting.text
    still = await claire.post(NEW, form(waiting.text, NEW))
    assert "La lettre reste à faire" in still.text
    keycloak.away = False
    if by_a_round:
        await settling.round()

    letter = await claire.post(NEW, form(still.text, NEW))

    assert LINK.search(letter.text)
    assert [user.password for user in keycloak.users.values()] == CODE.findall(letter.text)
    assert sorted(ids((await claire.get("/administrateurs")).text)) == ["Claire Durand", "Paul Roy"]


async def test_a_letter_that_waits_outlives_a_new_login_and_names_nobody_twice(
    claire: Visitor, keycloak: AccountsInMemory, workbench: Workbench
) -> None:
    keycloak.away = True
    waiting = await claire.send(NEW, **PAUL)
    keycloak.away = False
    who = claire.keycloak.login.who
    await claire.log_in(who, ago=301)

    asked = await claire.post(NEW, {**form(waiting.text, NEW), "_jeton": (await claire.hidden(NEW))["_jeton"]})

    again = re.search(r'href="(/connexion\?reprise=[^"]+)"', asked.text)
    assert again
    back = await claire.log_in(who, again[1])
    page = await claire.get(back.headers["location"])
    assert "La lettre reste à faire" in page.text
    assert len(CODE.findall((await claire.post(NEW, form(page.text, NEW))).text)) == 1
    assert len(keycloak.users) == 1


async def test_rights_are_ended_with_a_reason_and_the_ended_administrator_is_out_on_the_next_request(
    claire: Visitor, other: Visitor, keycloak: AccountsInMemory
) -> None:
    id = await named(claire)
    await other.log_in(UUID(id))
    assert (await other.get("/structures")).status_code == 200
    path = f"/administrateurs/{id}/terminer"
    assert 'value="94-ouest" checked' in (await claire.get(path)).text

    without = await claire.send(path, territory_codes="94-ouest", why=" ")
    nowhere = await claire.send(path, why="départ")
    assert [without.status_code, nowhere.status_code] == [400, 400]
    assert ("WHY_INVALID" in without.text, "NOWHERE_CHOSEN" in nowhere.text) == (True, True)
    assert keycloak.users[UUID(id)].enabled
    answer = await claire.send(path, territory_codes="94-ouest", why="départ « <b> »")

    assert answer.headers["location"] == "/administrateurs?fait=termine"
    assert "Paul Roy" not in (await claire.get("/administrateurs")).text
    assert not keycloak.users[UUID(id)].enabled
    out = await other.get("/structures")
    assert out.status_code == 403
    assert "ADMINISTRATOR_UNKNOWN" in out.text
    page = (await claire.get(f"/administrateurs/{id}")).text
    for words in ("Paul Roy", "Droits d’administrateur terminés", "départ « &lt;b&gt; »", "Nommé administrateur"):
        assert words in page
    assert (await claire.get(path)).status_code == 404


async def test_another_administrators_lost_phone_is_replaced_once_and_nobodys_own(
    claire: Visitor, keycloak: AccountsInMemory
) -> None:
    id = await named(claire)
    user = keycloak.users[UUID(id)]
    user.credentials |= {"otp"}
    path = f"/administrateurs/{id}/telephone"
    assert "Remplacer le téléphone de Paul Roy" in (await claire.get(path)).text
    sent = {**await claire.hidden(path), "evidence": "video", "why": "volé"}

    answer = await claire.post(path, sent)

    page = (await claire.get(answer.headers["location"])).text
    assert "Téléphone remplacé" in page
    assert user.credentials == {"password"}
    assert (await claire.post(path, sent)).status_code == 409
    own = f"/administrateurs/{claire.keycloak.login.who}/telephone"
    refused = await claire.send(own, evidence="video", why="volé")
    assert refused.status_code == 403
    assert "ADMINISTRATOR_SELF" in refused.text


async def test_rights_end_only_where_they_are_ticked(
    visitor: Visitor, appointed: Appoint, keycloak: AccountsInMemory
) -> None:
    await visitor.log_in(await appointed("94-ouest", "92-nord"))
    id = await named(visitor, territory_codes=["94-ouest", "92-nord"])

    await visitor.send(f"/administrateurs/{id}/terminer", territory_codes="92-nord", why="mutation")

    page = (await visitor.get(f"/administrateurs/{id}/terminer")).text
    assert 'value="94-ouest" checked' in page
    assert 'value="92-nord"' not in page
    assert keycloak.users[UUID(id)].enabled


async def test_an_administrator_of_another_territory_does_not_exist_here(
    claire: Visitor, other: Visitor, appointed: Appoint, keycloak: AccountsInMemory
) -> None:
    await other.log_in(await appointed("92-nord", name="Nora Nord"))
    id = await named(other, territory_codes=["92-nord"])
    claire.keycloak.login.who = uuid4()
    await claire.log_in(await appointed("94-ouest"))
    hidden = await claire.hidden(NEW)

    assert "Paul Roy" not in (await claire.get("/administrateurs")).text
    for path in (
        f"/administrateurs/{id}",
        f"/administrateurs/{id}/terminer",
        "/administrateurs/x",
        f"/administrateurs/{uuid4()}",
    ):
        assert (await claire.get(path)).status_code == 404, path
    for codes in ("92-nord", "94-ouest"):
        typed = {**hidden, "_envoi": str(uuid4()), "territory_codes": codes, "why": "départ"}
        assert (await claire.post(f"/administrateurs/{id}/terminer", typed)).status_code == 404
    assert keycloak.users[UUID(id)].enabled


async def test_a_professional_is_no_administrator_by_their_id(claire: Visitor) -> None:
    someone = await professional(claire, await structure(claire))

    assert (await claire.get(f"/administrateurs/{someone}")).status_code == 404


async def test_forged_and_foreign_forms_name_and_end_nobody(claire: Visitor, keycloak: AccountsInMemory) -> None:
    id = await named(claire)
    path = f"/administrateurs/{id}/terminer"
    for to, typed in ((NEW, {**PAUL, "given_name": "Eve"}), (path, {"territory_codes": "94-ouest", "why": "départ"})):
        forged = await claire.post(to, {**typed, "_jeton": "A" * 43, "_envoi": str(uuid4())})
        foreign = await claire.post(to, {**await claire.hidden(to), **typed}, origin="https://evil.example")
        assert [forged.status_code, foreign.status_code] == [409, 403]
    assert sorted(ids((await claire.get("/administrateurs")).text)) == ["Claire Durand", "Paul Roy"]
    assert len(keycloak.users) == 1


async def test_in_two_tabs_the_same_rights_end_once(claire: Visitor) -> None:
    id = await named(claire)
    path = f"/administrateurs/{id}/terminer"
    one, two = await claire.hidden(path), await claire.hidden(path)
    typed = {"territory_codes": "94-ouest", "why": "départ"}
    assert (await claire.post(path, {**one, **typed})).status_code == 303

    answer = await claire.post(path, {**two, **typed})

    assert answer.status_code == 404
    page = (await claire.get(f"/administrateurs/{id}")).text
    assert page.count("Droits d’administrateur terminés") == 1


async def test_alone_one_is_told_why_another_administrator_is_wanted(claire: Visitor) -> None:
    assert "Vous êtes seul" in (await claire.get("/administrateurs")).text
    await named(claire)
    assert "Vous êtes seul" not in (await claire.get("/administrateurs")).text
