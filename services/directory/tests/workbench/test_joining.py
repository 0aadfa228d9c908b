"""Professionals come in by themselves and leave, on the pages: nothing is told of anybody, no number opens anything."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from terresante_directory.joining import Joining
from terresante_directory.settling import Settling
from terresante_directory.store import enrolments, known_people
from terresante_directory.workbench.visits import Workbench
from terresante_platform.database import Database

from services.directory.tests.in_memory import AccountsInMemory
from services.directory.tests.joining import FINESS, OTHER, RPPS, known, waiting

from .conftest import Watch
from .filling import form
from .visitor import KeycloakInMemory, Visitor

ASKING, MINE, LEAVING = "/inscription", "/mon-inscription", "/mon-depart"
CABINET = {"name": "Cabinet des Tilleuls", "kind": "cabinet", "territory_code": "94-ouest", "level": "site"}
Prepared = Callable[[], Awaitable[int]]


@pytest.fixture
def prepared(database: Database, settling: Settling, watch: Watch) -> Prepared:
    """`await prepared()`: what was asked is looked up, accounts are made."""

    async def both() -> int:
        done = await Joining(database, known_people, watch.now).round()
        await settling.round()
        return done

    return both


@pytest_asyncio.fixture
async def coming(door: Any, logins: KeycloakInMemory) -> AsyncIterator[Visitor]:
    """A browser of somebody who comes."""
    one = Visitor(door, logins)
    yield one
    await one.http.aclose()


@pytest_asyncio.fixture
async def comer(claire: Visitor, coming: Visitor, database: Database, prepared: Prepared) -> Visitor:
    """Somebody whom the national directory knows, who asked and logged in with their card."""
    await claire.send("/structures/nouvelle", **CABINET, finess=FINESS)
    await known(database, RPPS)
    await coming.post(ASKING, {"rpps": RPPS})
    await prepared()
    await coming.log_in(await waiting(database), kind="professional", acr=3)
    return coming


async def complete(visitor: Visitor, **changes: Any) -> Any:
    """The form of the enrolment with the terms accepted, the only place chosen, and these changes."""
    fields = form((await visitor.get(MINE)).text, MINE)
    return await visitor.post(MINE, {**fields, "accepte": "oui", **changes})


async def test_the_door_says_what_enrolling_is_and_what_the_number_opens(visitor: Visitor) -> None:
    page = (await visitor.get(ASKING)).text

    assert "Elle seule ouvre ce compte" in page
    assert "dans le répertoire" not in page


async def test_every_number_is_answered_alike_whoever_it_is(
    claire: Visitor, visitor: Visitor, database: Database, prepared: Prepared
) -> None:
    await known(database, RPPS)
    nobody = "10009999999"

    answers = [await visitor.post(ASKING, {"rpps": number}) for number in (RPPS, OTHER, nobody, RPPS)]
    await prepared()
    answers.append(await visitor.post(ASKING, {"rpps": RPPS}))

    told = {(one.status_code, one.headers["location"].partition("?")[0], one.text) for one in answers}
    assert told == {(303, "/inscription/attente", "")}
    page = await visitor.get("/inscription/attente")
    assert page.status_code == 200
    assert nobody not in page.text
    assert "/connexion?avec=carte" in page.text


async def test_a_wrong_key_is_a_doubt_and_what_is_no_number_is_refused(visitor: Visitor) -> None:
    doubted = await visitor.post(ASKING, {"rpps": "10002813838"})
    spaced = await visitor.post(ASKING, {"rpps": "1000 2813 839"})
    refused = await visitor.post(ASKING, {"rpps": "<b>12"})

    assert "La clé de ce numéro" in (await visitor.get(doubted.headers["location"])).text
    assert spaced.headers["location"] == "/inscription/attente"
    assert (refused.status_code, "RPPS_INVALID" in refused.text, "&lt;b&gt;12" in refused.text) == (400, True, True)


async def test_whoever_leafs_through_numbers_is_soon_told_to_wait(visitor: Visitor) -> None:
    answers = [await visitor.post(ASKING, {"rpps": f"{number:011d}"}) for number in range(40)]

    late = answers[-1]
    assert (late.status_code, "RATE_LIMITED" in late.text) == (429, True)
    assert "secondes" in late.text


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"sec_fetch_site": "cross-site"}])
async def test_no_other_site_asks_for_somebody(visitor: Visitor, headers: dict[str, str]) -> None:
    answer = await visitor.post(ASKING, {"rpps": RPPS}, **headers)

    assert (answer.status_code, "FORM_FOREIGN" in answer.text) == (403, True)


async def test_a_professional_accepts_chooses_and_is_in_and_their_territory_sees_it(
    claire: Visitor, comer: Visitor
) -> None:
    assert (await comer.get("/")).headers["location"] == MINE
    page = (await comer.get(MINE)).text
    assert "Cabinet des Tilleuls" in page
    assert "absents du répertoire (1)" in page

    answer = await complete(comer, role="titulaire")

    assert answer.headers["location"] == f"{MINE}?fait=inscrit", answer.text
    assert "Vous êtes inscrit" in (await comer.get(answer.headers["location"])).text
    assert (await comer.get("/")).status_code == 200
    assert "LEMAIRE" in (await claire.get("/professionnels")).text
    again = await comer.post(MINE, {**(await comer.hidden(LEAVING)), "accepte": "oui", "place": str(uuid4())})
    assert (again.status_code, "ENROLMENT_DONE" in again.text) == (409, True), again.text[-900:]


@pytest.mark.parametrize(
    ("changes", "status", "reason"),
    [
        ({"accepte": ""}, 400, "TERMS_NOT_ACCEPTED"),
        ({"place": ""}, 400, "PLACE_NOT_CHOSEN"),
        ({"place": "x"}, 400, "ID_INVALID"),
        ({"place": str(uuid4())}, 404, "STRUCTURE_UNKNOWN"),
        ({"terms_version": "2020-01"}, 409, "TERMS_VERSION_STALE"),
        ({"role": "x" * 101}, 400, "PLACE_INVALID"),
    ],
)
async def test_an_enrolment_that_is_not_complete_is_refused_and_what_was_typed_stays(
    comer: Visitor, changes: dict[str, str], status: int, reason: str
) -> None:
    answer = await complete(comer, **{"role": "titulaire"} | changes)

    assert (answer.status_code, reason in answer.text) == (status, True), answer.text
    assert f'value="{changes.get("role", "titulaire")}"' in answer.text
    assert (await comer.get("/")).headers["location"] == MINE


async def test_a_place_that_the_national_directory_does_not_give_is_not_taken(claire: Visitor, comer: Visitor) -> None:
    other = (await claire.send("/structures/nouvelle", **CABINET | {"name": "Hôpital du Port"})).headers["location"]

    answer = await complete(comer, place=other.partition("?")[0].rpartition("/")[2])

    assert (answer.status_code, "PLACE_INVALID" in answer.text) == (400, True)


async def test_a_login_without_the_card_completes_nothing_and_leads_to_the_card(
    comer: Visitor, database: Database
) -> None:
    await comer.log_in(await waiting(database), kind="professional", acr=2)

    answer = await complete(comer, role="titulaire")

    assert answer.status_code == 401
    assert "Cette action demande votre carte" in answer.text
    assert "Ce que vous avez saisi est gardé" in answer.text


async def test_who_waits_for_nothing_is_told_what_to_do(claire: Visitor, anne: Visitor) -> None:
    page = await anne.get(MINE)

    assert (page.status_code, "Aucune inscription ne vous attend" in page.text) == (200, True)
    assert "l’administrateur de votre territoire s’en est chargé" in page.text
    assert (await claire.get(MINE)).status_code == 403


async def test_leaving_says_what_ends_and_what_stays_and_ends_the_session_everywhere(
    claire: Visitor, comer: Visitor, keycloak: AccountsInMemory, logins: KeycloakInMemory, database: Database
) -> None:
    assert (await comer.get(LEAVING)).status_code == 403
    await complete(comer, role="titulaire")
    page = (await comer.get(LEAVING)).text
    assert "Cabinet des Tilleuls" in page
    assert "reste dans les dossiers des patients" in page
    fields = form(page, LEAVING)
    ended = len(logins.ended)

    answer = await comer.post(LEAVING, fields)

    assert answer.headers["location"] == f"{LEAVING}/fait", answer.text
    assert "Votre compte est fermé" in (await comer.get(f"{LEAVING}/fait")).text
    assert (comer.cookie, len(logins.ended)) == ("", ended + 1)
    assert (await comer.get(LEAVING)).status_code == 401
    assert not keycloak.users[await waiting(database)].enabled


async def test_leaving_asks_for_a_login_of_just_now_and_for_what_stands(
    comer: Visitor, workbench: Workbench, database: Database
) -> None:
    await complete(comer)
    stale = await comer.post(LEAVING, {**form((await comer.get(LEAVING)).text, LEAVING), "version": "77"})
    assert (stale.status_code, "VERSION_STALE" in stale.text) == (409, True)
    await comer.log_in(await waiting(database), kind="professional", acr=3, ago=600.0)

    answer = await comer.post(LEAVING, form((await comer.get(LEAVING)).text, LEAVING))

    assert (answer.status_code, "Cette action demande une connexion récente" in answer.text) == (401, True)
    assert (await comer.get(LEAVING)).status_code == 200


async def test_an_account_that_waited_too_long_is_shut_even_to_its_card(
    comer: Visitor, database: Database, watch: Watch, prepared: Prepared
) -> None:
    page = form((await comer.get(MINE)).text, MINE)
    uid = await waiting(database)
    async with database.reading() as connection:
        enrolment = await enrolments.get(connection, uid)
    assert enrolment is not None
    watch.ahead += enrolment.until - watch.now()
    await prepared()

    again = await comer.log_in(uid, kind="professional", acr=3)

    assert (again.status_code, "CALLER_SUSPENDED" in again.text) == (403, True)
    assert (await comer.post(MINE, page | {"accepte": "oui"})).status_code == 401
