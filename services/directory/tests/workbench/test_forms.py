"""Forms: only ours are taken, what was typed is never lost, and nothing that was typed comes back as markup."""

import re
from typing import Any
from uuid import uuid4

import pytest
from terresante.directory.v1 import directory_service_pb2 as pb
from terresante_directory.workbench.visits import Workbench

from .conftest import Appoint
from .visitor import ORIGIN, Visitor

STRUCTURE = {"name": "Cabinet des Tilleuls", "kind": "cabinet", "territory_code": "94-ouest", "level": "site"}
NEW = "/structures/nouvelle"
SCRIPTS = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "'{{7*7}}", "javascript:alert(1)"]


async def structures(workbench: Workbench) -> list[str]:
    reply = await workbench.desk.directory.SearchStructures(pb.SearchStructuresRequest())
    return [one.name for one in reply.structures]


async def test_a_form_of_ours_is_taken_and_a_refresh_repeats_nothing(claire: Visitor, workbench: Workbench) -> None:
    answer = await claire.send(NEW, **STRUCTURE)

    assert answer.status_code == 303
    page = await claire.get(answer.headers["location"])
    assert "Cabinet des Tilleuls" in page.text
    assert await structures(workbench) == ["Cabinet des Tilleuls"]


async def test_the_same_sending_twice_makes_one_structure(claire: Visitor, workbench: Workbench) -> None:
    sent = {**await claire.hidden(NEW), **STRUCTURE}

    first, second = await claire.post(NEW, sent), await claire.post(NEW, sent)

    assert first.headers["location"] == second.headers["location"]
    assert await structures(workbench) == ["Cabinet des Tilleuls"]


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "http://atelier.test"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "none"},
    ],
)
async def test_a_form_from_elsewhere_does_nothing_even_with_the_right_token(
    claire: Visitor, workbench: Workbench, headers: dict[str, str]
) -> None:
    sent = {**await claire.hidden(NEW), **STRUCTURE}

    answer = await claire.post(NEW, sent, **headers)

    assert answer.status_code == 403
    assert "FORM_FOREIGN" in answer.text
    assert await structures(workbench) == []


@pytest.mark.parametrize("token", ["", "x", "A" * 43])
async def test_a_forged_token_does_nothing(claire: Visitor, workbench: Workbench, token: str) -> None:
    answer = await claire.post(NEW, {**STRUCTURE, "_jeton": token, "_envoi": str(uuid4())})

    assert answer.status_code == 409
    assert "FORM_EXPIRED" in answer.text
    assert await structures(workbench) == []


async def test_another_administrators_token_does_nothing(
    claire: Visitor, door: Any, appointed: Appoint, workbench: Workbench
) -> None:
    other = Visitor(door, claire.keycloak)
    await other.log_in(await appointed("94-ouest"))
    sent = {**await other.hidden(NEW), **STRUCTURE}

    assert (await claire.post(NEW, sent)).status_code == 409
    assert await structures(workbench) == []
    await other.http.aclose()


async def test_a_form_of_an_earlier_session_is_taken_up_again_with_what_was_typed(claire: Visitor) -> None:
    sent = {**await claire.hidden(NEW), **STRUCTURE, "name": "Cabinet « d'été »"}
    await claire.log_in(claire.keycloak.login.who)

    answer = await claire.post(NEW, sent)

    back = re.search(r'href="(/structures/nouvelle\?brouillon=[^"]+)"', answer.text)
    assert back
    form = await claire.get(back[1])
    assert 'value="Cabinet « d&#39;été »"' in form.text
    assert (await claire.get(back[1])).text.count("d&#39;été") == 1


async def test_a_form_that_was_made_for_another_person_is_not_kept_for_who_sends_it(
    claire: Visitor, appointed: Appoint
) -> None:
    sent = {**await claire.hidden(NEW), **STRUCTURE}
    await claire.log_in(await appointed("94-ouest"))

    answer = await claire.post(NEW, sent)

    assert (answer.status_code, "FORM_EXPIRED" in answer.text) == (409, True)
    assert "brouillon" not in answer.text


async def test_what_was_typed_before_the_session_ended_is_not_given_to_who_logs_in_next(
    claire: Visitor, appointed: Appoint
) -> None:
    sent = {**await claire.hidden(NEW), **STRUCTURE}
    claire.http.cookies.delete("__Host-workbench", domain="atelier.test", path="/")
    again = re.search(r'href="(/connexion\?reprise=[^"]+)"', (await claire.post(NEW, sent)).text)
    assert again

    back = await claire.log_in(await appointed("94-ouest"), again[1])

    assert back.headers["location"] == NEW


@pytest.mark.parametrize("token", ["", "A" * 43, "A" * 43 + "."])
async def test_what_says_for_nobody_it_was_made_is_kept_for_nobody(
    claire: Visitor, appointed: Appoint, token: str
) -> None:
    claire.http.cookies.delete("__Host-workbench", domain="atelier.test", path="/")

    answer = await claire.post(NEW, {**STRUCTURE, "_jeton": token})

    assert answer.status_code == 401
    assert "Ce que vous avez saisi est gardé" not in answer.text
    again = re.search(r'href="(/connexion\?reprise=[^"]+)"', answer.text)
    assert again
    assert (await claire.log_in(await appointed("94-ouest"), again[1])).headers["location"] == NEW


async def test_what_is_typed_when_the_session_has_ended_is_there_after_the_login(claire: Visitor) -> None:
    sent = {**await claire.hidden(NEW), **STRUCTURE, "commune": "Créteil"}
    claire.http.cookies.delete("__Host-workbench", domain="atelier.test", path="/")

    answer = await claire.post(NEW, sent)

    assert answer.status_code == 401
    assert "Ce que vous avez saisi est gardé" in answer.text
    again = re.search(r'href="(/connexion\?reprise=[^"]+)"', answer.text)
    assert again
    back = await claire.log_in(claire.keycloak.login.who, again[1])
    form = await claire.get(back.headers["location"])
    assert 'value="Créteil"' in form.text


async def test_what_one_typed_is_not_given_to_another(claire: Visitor, appointed: Appoint) -> None:
    claire.keycloak.login.ago = 900
    someone = await registered(claire)
    await claire.log_in(await appointed("94-ouest"), ago=900)
    asked = await claire.send(f"/professionnels/{someone}/compte/ouvrir", means="password")
    again = re.search(r'href="(/connexion\?reprise=[^"]+)"', asked.text)
    assert again

    back = await claire.log_in(await appointed("94-ouest"), again[1])

    assert "brouillon" not in back.headers["location"]


async def registered(visitor: Visitor) -> str:
    """A professional of 94 Ouest, by the pages. Gives their id."""
    place = (await visitor.send(NEW, **STRUCTURE)).headers["location"]
    typed = {
        "family_name": "Lemaire",
        "given_name": "Anne",
        "profession": "10",
        "structure": place.partition("?")[0].rpartition("/")[2],
        "role": "titulaire",
    }
    answer = await visitor.send("/professionnels/nouveau", **typed)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).partition("?")[0].rpartition("/")[2]


@pytest.mark.parametrize("script", SCRIPTS)
async def test_what_is_typed_never_comes_back_as_markup(claire: Visitor, script: str) -> None:
    refused = await claire.send(NEW, **{name: script for name in (*STRUCTURE, "finess", "siret", "commune")})
    stored = await claire.send(NEW, **{**STRUCTURE, "name": script, "commune": script})
    pages = [
        refused,
        await claire.get(stored.headers.get("location", "/structures")),
        await claire.get("/structures"),
        await claire.http.get("/structures", params={"q": script, "territoire": script}),
        await claire.http.get("/structures", params={"q": script}, headers={"hx-request": "true"}),
        await claire.http.get("/professionnels", params={"q": script, "metier": script, "territoire": script}),
        await claire.http.get("/professionnels/nouveau", params={"chercher": script, "structure": script}),
        await claire.http.get("/structures/" + script),
        await claire.http.get("/", params={"fait": script, "doute": script}),
    ]
    for page in pages:
        text = page.text.replace("<script src=", "")
        assert "<script>" not in text
        assert "<img" not in text
        assert "49" not in re.findall(r"'(\d+)", text)
        assert 'href="javascript:' not in text


@pytest.mark.parametrize(
    ("body", "kind", "status", "reason"),
    [
        (b"a=1&b", "application/x-www-form-urlencoded", 400, "FORM_INVALID"),
        (b"a=%ff", "application/x-www-form-urlencoded", 400, "FORM_INVALID"),
        (b"\xff", "application/x-www-form-urlencoded", 400, "FORM_INVALID"),
        (b"a=" + b"x" * 70_000, "application/x-www-form-urlencoded", 413, "FORM_TOO_LARGE"),
        (b"&".join(b"a=1" for _ in range(600)), "application/x-www-form-urlencoded", 400, "FORM_INVALID"),
        (b"{}", "application/json", 415, "FORM_UNSUPPORTED"),
        (b"x", "multipart/form-data; boundary=x", 415, "FORM_UNSUPPORTED"),
        (b"", "", 415, "FORM_UNSUPPORTED"),
    ],
)
async def test_a_body_that_is_no_form_is_refused(
    claire: Visitor, body: bytes, kind: str, status: int, reason: str
) -> None:
    headers = {"origin": ORIGIN, "content-type": kind}

    answer = await claire.http.post(NEW, content=body, headers=headers)

    assert answer.status_code == status
    assert reason in answer.text


async def test_controls_and_long_texts_in_any_field_are_refused_not_broken_on(claire: Visitor) -> None:
    for bad in ("\x00", "\u202e", "é" * 5000, "'; drop table structure; --"):
        typed = {name: bad for name in (*STRUCTURE, "finess", "siret", "postal_code", "commune", "part_of")}
        answer = await claire.send(NEW, **typed)
        assert 400 <= answer.status_code < 500, answer.text
        search = await claire.http.get(
            "/structures", params={"q": bad[:900], "suite": bad[:90], "territoire": bad[:90]}
        )
        assert search.status_code in (200, 400)
