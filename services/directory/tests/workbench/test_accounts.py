"""Accounts on the pages: listed by what troubles them, opened many at once, and what was done."""

import base64
import re
import zlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from terresante.directory.v1 import directory_service_pb2 as pb
from terresante_directory.store.enrolment_tables import account_seen
from terresante_directory.workbench.visits import Workbench
from terresante_platform.database import Database

from services.directory.tests.in_memory import AccountsInMemory

from .conftest import Appoint
from .filling import form
from .test_acts import known, professional, structure
from .visitor import Visitor

RPPS = "10002813839"
LINK = re.compile(r'href="data:application/pdf;base64,([^"]+)"')
CODE = re.compile(r"<code>([2-9a-z]{5}(?:-[2-9a-z]{5}){3})</code>")


@pytest_asyncio.fixture
async def other(door: Any, claire: Visitor, appointed: Appoint) -> AsyncIterator[Visitor]:
    """The administrator of 92 Nord, signed in at another browser."""
    visitor = Visitor(door, claire.keycloak)
    await visitor.log_in(await appointed("92-nord"))
    yield visitor
    await visitor.http.aclose()


async def opened(visitor: Visitor, where: str, **changes: str) -> str:
    """Somebody with an account by password and code."""
    someone = await professional(visitor, where, **changes)
    answer = await visitor.send(f"/professionnels/{someone}/compte/ouvrir", means="password")
    assert answer.status_code == 200, answer.text
    return someone


def printed(page: str) -> str:
    """What is written in the PDF of a page."""
    link = LINK.search(page)
    assert link
    made = base64.b64decode(link[1])
    assert made.startswith(b"%PDF-")
    streams = re.findall(rb"stream\r?\n(.*?)endstream", made, re.S)
    return "".join(zlib.decompress(base64.a85decode(one.strip(), adobe=True)).decode("latin-1") for one in streams)


def listed(page: str) -> list[str]:
    return re.findall(r'<li><a href="/professionnels/[^"]+/compte">([^<]+)</a>', page)


async def test_accounts_are_listed_by_what_is_asked_and_every_choice_is_in_the_address(
    claire: Visitor, database: Database
) -> None:
    here = await structure(claire)
    ids = {name: await opened(claire, here, family_name=name) for name in ("Abel", "Bert")}
    await professional(claire, here, family_name="Cour")
    now = datetime.now(UTC)
    async with database.transaction() as transaction:
        for name, ago, locked in (("Abel", 40, False), ("Bert", 1, True)):
            seen = {"last_login": now - timedelta(days=ago), "locked": locked, "seen_at": now}
            await transaction.execute(account_seen.insert().values(uid=UUID(ids[name]), **seen))
    await claire.send(f"/professionnels/{ids['Abel']}/compte/suspendre")

    async def shown(query: str) -> list[str]:
        return listed((await claire.get(f"/comptes{query}")).text)

    assert await shown("") == ["Anne Abel", "Anne Bert"]
    assert await shown("?etat=aucun") == ["Anne Cour"]
    assert await shown("?etat=suspendu") == ["Anne Abel"]
    assert await shown("?etat=ouvert") == ["Anne Bert"]
    assert await shown("?etat=verrouille") == ["Anne Bert"]
    assert await shown("?depuis=30") == ["Anne Abel"]
    assert await shown("?depuis=30&etat=ouvert") == []
    assert await shown("?q=b%C3%A8r") == ["Anne Bert"]
    assert await shown("?etat=a-regler") == await shown("?etat=ecart") == await shown("?etat=en-cours") == []
    assert await shown("?etat=%3Cscript%3E&depuis=999999999999&territoire=92-nord") == ["Anne Abel", "Anne Bert"]
    page = (await claire.get("/comptes?etat=ouvert&depuis=30&q=zz")).text
    for kept in ('value="ouvert" selected', 'value="30" selected', 'value="zz"', "Aucun compte ne correspond"):
        assert kept in page
    assert (await claire.get("/comptes?suite=x")).status_code == 400


async def test_a_list_that_goes_on_keeps_its_choices_and_htmx_is_given_a_part(claire: Visitor) -> None:
    here = await structure(claire)
    for number in range(51):
        await professional(claire, here, family_name=f"Nom {chr(97 + number % 26)}{chr(97 + number // 26)}")

    page = await claire.get("/comptes?etat=aucun", hx_request="true")

    assert "<html" not in page.text
    assert len(listed(page.text)) == 50
    further = re.search(r'href="(/comptes\?suite=[^"]+)"', page.text)
    assert further
    assert len(listed((await claire.get(further[1].replace("&amp;", "&"))).text)) == 1


async def test_an_account_is_suspended_and_reinstated_from_the_list_which_comes_back_as_it_was(claire: Visitor) -> None:
    await opened(claire, await structure(claire))
    page = (await claire.get("/comptes?etat=ouvert&q=lemaire")).text
    link = re.search(r'href="([^"]+/suspendre[^"]+)"', page)
    assert link
    path = link[1].replace("&amp;", "&")

    too_long = await claire.send(path.partition("?")[0], path, why="x" * 501)
    assert too_long.status_code == 400
    answer = await claire.send(path.partition("?")[0], path, why="« congé »")

    assert answer.headers["location"] == "/comptes?etat=ouvert&q=lemaire&fait=suspendu"
    assert "« « congé » »" in (await claire.get("/comptes/historique")).text
    back = await claire.get(answer.headers["location"])
    assert "ses sessions sont fermées" in back.text
    assert listed(back.text) == []


@pytest.mark.parametrize(
    "where", ["https://evil.example", "//evil.example", "/comptes/../x", "/structures", "/comptes?a=\n"]
)
async def test_no_form_goes_back_to_anywhere_but_a_list(claire: Visitor, where: str) -> None:
    someone = await opened(claire, await structure(claire))
    path = f"/professionnels/{someone}/compte/suspendre"

    answer = await claire.send(path, retour=where)

    assert answer.headers["location"] == f"/professionnels/{someone}?fait=suspendu"


async def test_many_accounts_are_opened_with_one_pdf_and_each_line_says_what_happened(
    claire: Visitor, workbench: Workbench, keycloak: AccountsInMemory
) -> None:
    here = await structure(claire)
    good = [await professional(claire, here, family_name=name) for name in ("Abel", "Bert")]
    shut = await opened(claire, here, family_name="Cour")
    await claire.send(f"/professionnels/{shut}/compte/suspendre")
    page = await claire.get("/comptes/ouvrir?tous=oui")
    assert page.text.count('name="professional_ids"') == page.text.count(" checked> <span>Anne ") == 2
    asked = await claire.send("/comptes/ouvrir", professional_ids=[*good, shut], means="password")
    assert "Ouvrir 3 comptes ?" in asked.text
    assert all(f"<li>Anne {name}</li>" in asked.text for name in ("Abel", "Bert", "Cour"))
    assert UUID(good[0]) not in keycloak.users
    sent = form(asked.text, "/comptes/ouvrir")

    answer = await claire.post("/comptes/ouvrir", sent)

    assert answer.status_code == 200, answer.text
    assert "2 comptes ouverts, 1 non ouvert" in answer.text
    assert "ACCOUNT_SUSPENDED" in answer.text
    codes = CODE.findall(answer.text)
    assert codes == [keycloak.users[UUID(id)].password for id in good]
    told = printed(answer.text)
    assert all(code in told for code in codes)
    assert all(name in told for name in ("Anne Abel", "Anne Bert"))
    assert told.count("Que faire") == 2
    again = await claire.post("/comptes/ouvrir", sent)
    assert (again.status_code, CODE.findall(again.text)) == (409, [])
    assert "FORM_USED" in again.text
    assert not CODE.search((await claire.get("/comptes")).text)


async def test_two_who_open_the_same_accounts_do_not_spoil_each_others_letters(
    claire: Visitor, keycloak: AccountsInMemory
) -> None:
    someone = await professional(claire, await structure(claire))
    typed = {"professional_ids": [someone], "means": "password", "confirme": "oui"}
    one, other = await claire.hidden("/comptes/ouvrir"), await claire.hidden("/comptes/ouvrir")
    first = await claire.post("/comptes/ouvrir", {**one, **typed})

    second = await claire.post("/comptes/ouvrir", {**other, **typed})

    assert "0 compte ouvert, 1 non ouvert" in second.text
    assert "ACCOUNT_ALREADY" in second.text
    assert CODE.findall(first.text) == [keycloak.users[UUID(someone)].password]


async def test_by_card_who_has_no_number_is_told_and_a_letter_has_no_password(claire: Visitor) -> None:
    here = await structure(claire)
    ids = [await professional(claire, here, family_name="Abel", rpps=RPPS), await professional(claire, here)]

    answer = await claire.send("/comptes/ouvrir", professional_ids=ids, means="card", confirme="oui")

    assert "1 compte ouvert, 1 non ouvert" in answer.text
    assert "ACCOUNT_MEANS_INVALID" in answer.text
    assert not CODE.search(answer.text)
    assert "votre carte CPS dans le lecteur" in printed(answer.text)


@pytest.mark.parametrize("ids", [[], [str(uuid4()) for _ in range(101)]])
async def test_nobody_or_too_many_are_refused_and_what_was_ticked_stays(claire: Visitor, ids: list[str]) -> None:
    someone = await professional(claire, await structure(claire))

    answer = await claire.send("/comptes/ouvrir", professional_ids=[*ids, someone] if ids else [], means="card")

    assert answer.status_code == 400
    assert "NOBODY_CHOSEN" in answer.text
    assert 'value="card" checked' in answer.text
    assert answer.text.count('type="checkbox" name="professional_ids"') == 1
    assert answer.text.count('type="hidden" name="professional_ids"') == len(ids)


async def test_opening_many_long_after_the_login_asks_for_a_new_one_and_keeps_who_was_ticked(
    visitor: Visitor, appointed: Appoint, keycloak: AccountsInMemory
) -> None:
    who = await appointed("94-ouest")
    await visitor.log_in(who, ago=301)
    someone = await professional(visitor, await structure(visitor))

    asked = await visitor.send("/comptes/ouvrir", professional_ids=[someone], means="password", confirme="oui")

    assert asked.status_code == 401
    login = re.search(r'href="(/connexion\?reprise=[^"]+)"', asked.text)
    assert login
    assert keycloak.users == {}
    back = await visitor.log_in(who, login[1])
    page = await visitor.get(back.headers["location"])
    assert f'value="{someone}" checked' in page.text
    again = await visitor.post("/comptes/ouvrir", form(page.text, "/comptes/ouvrir"))
    answer = await visitor.post("/comptes/ouvrir", form(again.text, "/comptes/ouvrir"))
    assert "1 compte ouvert" in answer.text


async def test_keycloak_away_in_the_midst_of_many_is_told_line_by_line(
    claire: Visitor, keycloak: AccountsInMemory
) -> None:
    here = await structure(claire)
    ids = [await professional(claire, here, family_name=name) for name in ("Abel", "Bert")]
    keycloak.away = True

    answer = await claire.send("/comptes/ouvrir", professional_ids=ids, means="password", confirme="oui")

    assert "0 compte ouvert, 2 non ouverts" in answer.text
    assert answer.text.count("ACCOUNTS_UNAVAILABLE") == 2
    assert "Rien n’a changé." in answer.text
    assert not LINK.search(answer.text)


async def test_another_territorys_people_do_not_exist_here(
    claire: Visitor, other: Visitor, appointed: Appoint, keycloak: AccountsInMemory
) -> None:
    theirs = await opened(other, await structure(other, territory_code="92-nord"))
    without = await professional(other, await structure(other, territory_code="92-nord", name="Cabinet du Nord"))
    await claire.log_in(await appointed("94-ouest"))
    mine = await professional(claire, await structure(claire), family_name="Abel")
    before = dict(vars(keycloak.users[UUID(theirs)]))
    token = await claire.hidden("/comptes/ouvrir")

    for path in ("", "/telephone", "/carte", "/ouvrir", "/suspendre", "/retablir"):
        assert (await claire.get(f"/professionnels/{theirs}/compte{path}")).status_code == 404, path
    for path, typed in (("telephone", {"evidence": "in_person"}), ("carte", {}), ("suspendre", {}), ("retablir", {})):
        sent = {"_jeton": token["_jeton"], "_envoi": str(uuid4()), "why": "perdu", **typed}
        answer = await claire.post(f"/professionnels/{theirs}/compte/{path}", sent)
        assert answer.status_code == 404, path
    sent = {**token, "professional_ids": [without], "means": "password", "confirme": "oui"}
    alone = await claire.post("/comptes/ouvrir", sent)
    assert alone.status_code == 404
    among = await claire.send(
        "/comptes/ouvrir", **{**sent, "_envoi": str(uuid4()), "professional_ids": [without, mine, "x"]}
    )
    assert "1 compte ouvert, 2 non ouverts" in among.text
    assert "Quelqu’un d’un autre territoire, ou qui n’existe pas" in among.text
    assert "Lemaire" not in among.text
    assert vars(keycloak.users[UUID(theirs)]) == before
    assert UUID(without) not in keycloak.users
    assert listed((await claire.get("/comptes?territoire=92-nord")).text) == ["Anne Abel"]
    assert theirs not in (await claire.get("/comptes/historique")).text


async def test_the_history_of_a_territory_is_read_the_newest_first(claire: Visitor, workbench: Workbench) -> None:
    someone = await opened(claire, await structure(claire))
    await claire.send(f"/professionnels/{someone}/compte/suspendre")

    page = (await claire.get("/comptes/historique")).text

    assert re.findall(r"</a> <strong>([^<]+)</strong>", page) == [
        "Compte suspendu",
        "Lettre d’activation faite",
        "Ouverture décidée",
    ]
    assert (await known(workbench, someone)).account_state == pb.ACCOUNT_STATE_SUSPENDED
