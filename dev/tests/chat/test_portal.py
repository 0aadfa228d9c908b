"""The example portal's server: it logs people in, keeps their tokens to itself and passes their calls on."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
import pytest_asyncio
from terresante_dev.chat.app import portal
from terresante_dev.chat.sessions import UNUSED
from terresante_dev.chat.where import Where
from terresante_platform.testing.postgres import free_port

from .conftest import Standing, served


@pytest_asyncio.fixture
async def browser(standing: Standing) -> AsyncIterator[httpx2.AsyncClient]:
    """Follows nothing by itself; sends the portal's own origin."""
    headers = {"origin": standing.origin}
    async with httpx2.AsyncClient(base_url=standing.origin, headers=headers, trust_env=False) as one:
        yield one


async def way_back(browser: httpx2.AsyncClient, who: str = "nurse", then: str = "/") -> str:
    """Begins a login; gives the address by which Keycloak would send the browser back."""
    begun = await browser.get("/connexion/pro", params={"ensuite": then})
    asked = {name: values[0] for name, values in parse_qs(urlsplit(begun.headers["location"]).query).items()}
    assert asked["code_challenge_method"] == "S256"
    return f"/retour?code={who}.{asked['nonce']}.pro.{asked['code_challenge']}&state={asked['state']}"


async def logged_in(browser: httpx2.AsyncClient, who: str = "nurse") -> None:
    """Has the session's cookie from now on."""
    answer = await browser.get(await way_back(browser, who))
    assert answer.headers["location"] == "/"
    assert (await browser.get("/v1/me")).status_code == 200


async def test_the_cookie_is_out_of_reach_of_scripts_and_no_token_reaches_the_browser(
    standing: Standing, browser: httpx2.AsyncClient
) -> None:
    back = await way_back(browser)
    answer = await browser.get(back)
    told = answer.headers.get_list("set-cookie")

    (session,) = [one for one in told if one.startswith("portail=") and "Max-Age=0" not in one]
    assert {"HttpOnly", "SameSite=lax"} <= {part.strip() for part in session.split(";")}
    everything = str(answer.headers) + answer.text + (await browser.get("/v1/me")).text + (await browser.get("/")).text
    assert not [one for one in (*standing.platform.tokens, *standing.platform.refreshes) if one in everything]


@pytest.mark.parametrize("wrong", ["state", "replayed", "stranger", "code", "challenge"])
async def test_a_login_that_this_browser_did_not_begin_or_ended_before_opens_nothing(
    wrong: str, standing: Standing, browser: httpx2.AsyncClient
) -> None:
    back = await way_back(browser)
    if wrong == "state":
        back = back.replace("state=", "state=x")
    elif wrong == "code":
        back = back.replace("code=nurse", "code=nobody")
    elif wrong == "challenge":
        back = back.replace(".pro.", ".pro.x")
    elif wrong == "replayed":
        await browser.get(back)
        await browser.post("/deconnexion")
    else:
        browser.cookies.clear()

    await browser.get(back)

    refused = await browser.get("/v1/me")
    assert (refused.status_code, refused.json()["reason"]) == (401, "SESSION_ENDED")


@pytest.mark.parametrize(
    ("asked", "page"),
    [("/fils/t-1", "/fils/t-1"), ("https://ailleurs.test/", "/"), ("//ailleurs.test", "/"), ("/fils/\\\\x", "/")],
)
async def test_a_login_leads_to_pages_of_the_portal_only(asked: str, page: str, browser: httpx2.AsyncClient) -> None:
    answer = await browser.get(await way_back(browser, then=asked))

    assert answer.headers["location"] == page


async def test_another_sites_page_changes_nothing_in_somebodys_name(
    standing: Standing, browser: httpx2.AsyncClient
) -> None:
    await logged_in(browser)
    before = len(standing.platform.asked)
    for headers in ({"origin": "https://ailleurs.test"}, {"origin": "null"}, {"origin": ""}):
        refused = await browser.post("/v1/threads", json={}, headers=headers)
        assert (refused.status_code, refused.json()["reason"]) == (403, "ORIGIN_FOREIGN")

    assert len(standing.platform.asked) == before


async def test_another_name_for_this_machine_is_not_answered(browser: httpx2.AsyncClient) -> None:
    answer = await browser.get("/", headers={"host": "ailleurs.test"})

    assert answer.status_code == 400


async def test_a_token_near_its_end_is_renewed_once_however_many_ask(
    standing: Standing, browser: httpx2.AsyncClient
) -> None:
    await logged_in(browser)
    known = len(standing.platform.tokens)
    standing.clock.at += standing.platform.seconds - 10

    answers = await asyncio.gather(*(browser.get("/v1/me") for _ in range(20)))

    assert {one.status_code for one in answers} == {200}
    assert len(standing.platform.tokens) == known + 1


async def test_a_session_that_keycloak_has_ended_ends_here(standing: Standing, browser: httpx2.AsyncClient) -> None:
    await logged_in(browser)
    standing.platform.refreshes.clear()
    standing.clock.at += standing.platform.seconds

    refused = await browser.get("/v1/me")

    assert (refused.status_code, refused.json()["reason"]) == (401, "SESSION_ENDED")
    assert "Je suis professionnel" in (await browser.get("/")).text


async def test_an_open_stream_does_not_keep_a_session_that_nobody_uses(
    standing: Standing, browser: httpx2.AsyncClient
) -> None:
    await logged_in(browser)
    standing.clock.at += UNUSED - 1
    async with browser.stream("GET", "/v1/stream") as stream:
        assert stream.status_code == 200
    standing.clock.at += 2

    assert (await browser.get("/v1/me")).status_code == 401


async def test_a_logout_ends_the_session_here_and_at_keycloak(standing: Standing, browser: httpx2.AsyncClient) -> None:
    await logged_in(browser)

    answer = await browser.post("/deconnexion")

    assert answer.headers["location"].startswith(f"{standing.platform.origin}/realms/pro/")
    assert (await browser.get("/v1/me")).status_code == 401


async def test_the_chosen_place_of_practice_goes_with_each_call(
    standing: Standing, browser: httpx2.AsyncClient
) -> None:
    await logged_in(browser, "gp")
    await browser.put("/lieu", json={"place_id": "gp-1"})

    await browser.get("/v1/me", headers={"terresante-place": "another"})

    assert standing.platform.asked[-1] == ("GET", "/v1/me", "gp-1")


@pytest.mark.parametrize("told", [b"", b"{", b"[]", b"{}", b'{"place_id": 3}', b'{"place_id": "gp-1\\n"}'])
async def test_what_is_no_place_of_practice_changes_none(
    told: bytes, standing: Standing, browser: httpx2.AsyncClient
) -> None:
    await logged_in(browser, "gp")
    await browser.put("/lieu", json={"place_id": "gp-1"})

    refused = await browser.put("/lieu", content=told)

    assert (refused.status_code, refused.json()["reason"]) == (400, "PLACE_INVALID")
    assert (await browser.get("/lieu")).json() == {"place_id": "gp-1"}


@pytest.mark.parametrize("away", ["gateway", "keycloak"])
async def test_a_platform_that_does_not_answer_is_no_fault_of_the_portal(
    away: str, standing: Standing, trusted: Path
) -> None:
    origin, nowhere = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    there = {"gateway": standing.platform.origin, "keycloak": standing.platform.origin} | {away: nowhere}
    issuers = {realm: f"{there['keycloak']}/realms/{realm}" for realm in ("pro", "patient")}
    app = portal(Where(origin, there["gateway"], issuers, "portal", trusted))
    async with served(app, origin), httpx2.AsyncClient(base_url=origin, trust_env=False) as one:
        back = await one.get(await way_back(one))
        answer = back if away == "keycloak" else await one.get("/v1/me")

    assert (answer.status_code, answer.json()["reason"]) == (502, "PLATFORM_UNAVAILABLE")


async def test_a_stream_goes_on_from_where_the_browser_was(standing: Standing, browser: httpx2.AsyncClient) -> None:
    await logged_in(browser)
    for text in ("un", "deux", "trois"):
        await standing.platform.post("gp", text=text)

    seen = []
    async with browser.stream("GET", "/v1/stream", headers={"last-event-id": "1"}) as stream:
        async for line in stream.aiter_lines():
            if line.startswith("id:"):
                seen.append(line)
            if len(seen) == 2:
                break

    assert seen == ["id: 2", "id: 3"]


async def test_refusals_of_the_api_come_through_as_they_are(browser: httpx2.AsyncClient) -> None:
    await logged_in(browser)

    answer = await browser.get("/v1/nothing")

    assert (answer.status_code, answer.json()["reason"]) == (404, "PATH_UNKNOWN")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_pages_let_nothing_in_from_elsewhere(browser: httpx2.AsyncClient) -> None:
    policy = (await browser.get("/")).headers["content-security-policy"]

    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "script-src 'self';" in policy
