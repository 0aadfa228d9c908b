"""One account on the pages: its lost means, what Keycloak was not told, forms that are forged or stale."""

from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest

from services.directory.tests.in_memory import AccountsInMemory

from .test_accounts import RPPS, listed, opened
from .test_acts import professional, structure
from .visitor import Visitor


async def test_a_lost_phone_is_replaced_once_after_a_recorded_check_of_identity(
    claire: Visitor, keycloak: AccountsInMemory
) -> None:
    someone = await opened(claire, await structure(claire))
    path = f"/professionnels/{someone}/compte/telephone"
    keycloak.users[UUID(someone)].credentials |= {"otp"}
    shown = await claire.get(path)
    assert "vu en personne" in shown.text.lower()
    sent = {**await claire.hidden(path), "evidence": "in_person", "why": "volé « hier »"}

    answer = await claire.post(path, sent)

    assert answer.headers["location"] == f"/professionnels/{someone}/compte?fait=telephone"
    page = (await claire.get(answer.headers["location"])).text
    for words in ("enregistrera son nouveau téléphone", "Téléphone remplacé", "volé « hier »", "par Claire Durand"):
        assert words in page
    user = keycloak.users[UUID(someone)]
    assert user.credentials == {"password"}
    user.credentials |= {"otp"}
    again = await claire.post(path, sent)
    assert again.status_code == 409
    assert "FORM_USED" in again.text
    assert "otp" in user.credentials, "the new phone stays"


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ({"why": "perdu"}, "EVIDENCE_INVALID"),
        ({"evidence": "by_phone", "why": "perdu"}, "EVIDENCE_INVALID"),
        ({"evidence": "video", "why": ""}, "WHY_INVALID"),
        ({"evidence": "video", "why": "x" * 501}, "WHY_INVALID"),
    ],
)
async def test_a_phone_is_not_replaced_without_evidence_and_a_reason(
    claire: Visitor, keycloak: AccountsInMemory, typed: dict[str, str], reason: str
) -> None:
    someone = await opened(claire, await structure(claire))
    keycloak.users[UUID(someone)].credentials |= {"otp"}

    answer = await claire.send(f"/professionnels/{someone}/compte/telephone", **typed)

    assert answer.status_code == 400
    assert reason in answer.text
    if typed.get("evidence") == "video":
        assert 'value="video" required checked' in answer.text
    assert "otp" in keycloak.users[UUID(someone)].credentials


async def test_a_lost_card_opens_nothing_and_the_page_says_what_comes_next(
    claire: Visitor, keycloak: AccountsInMemory
) -> None:
    someone = await professional(claire, await structure(claire), rpps=RPPS)
    await claire.send(f"/professionnels/{someone}/compte/ouvrir", means="card")
    path = f"/professionnels/{someone}/compte/carte"
    assert "opposition" in (await claire.get(path)).text
    sent = {**await claire.hidden(path), "why": "volée"}

    answer = await claire.post(path, sent)

    page = (await claire.get(answer.headers["location"])).text
    for words in (
        "aucune carte n’ouvre plus ce compte",
        "Quand vous avez vu la nouvelle carte",
        "Carte déclarée perdue",
    ):
        assert words in page
    assert "idNat" not in keycloak.users[UUID(someone)].attributes
    assert "carte perdue" in (await claire.get("/comptes")).text
    await claire.send(f"/professionnels/{someone}/compte/ouvrir", means="card")
    assert keycloak.users[UUID(someone)].attributes["idNat"] == f"8{RPPS}"
    again = await claire.post(path, sent)
    assert again.status_code == 409
    assert keycloak.users[UUID(someone)].attributes["idNat"] == f"8{RPPS}", "the next card stays"


async def test_in_two_tabs_a_phone_is_not_replaced_for_an_account_suspended_meanwhile(claire: Visitor) -> None:
    someone = await opened(claire, await structure(claire))
    path = f"/professionnels/{someone}/compte/telephone"
    sent = {**await claire.hidden(path), "evidence": "video", "why": "perdu"}
    await claire.send(f"/professionnels/{someone}/compte/suspendre")

    answer = await claire.post(path, sent)

    assert answer.status_code == 409
    assert "ACCOUNT_SUSPENDED" in answer.text
    assert "Rétablir le compte" in (await claire.get(f"/professionnels/{someone}/compte")).text


async def test_what_keycloak_was_not_told_yet_is_said_and_found(claire: Visitor, keycloak: AccountsInMemory) -> None:
    someone = await opened(claire, await structure(claire))
    keycloak.away = True

    answer = await claire.send(f"/professionnels/{someone}/compte/telephone", evidence="video", why="perdu")

    assert answer.status_code == 503
    assert "Rien n’est à refaire" in answer.text
    page = (await claire.get(f"/professionnels/{someone}/compte")).text
    assert "Le remplacement du téléphone, demandé le" in page
    assert listed((await claire.get("/comptes?etat=a-regler")).text) == ["Anne Lemaire"]


@pytest.mark.parametrize("script", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{7*7}}"])
async def test_nothing_that_was_typed_comes_back_as_markup(claire: Visitor, script: str) -> None:
    someone = await opened(claire, await structure(claire))
    path = f"/professionnels/{someone}/compte/telephone"
    reflected = [
        await claire.send(path, evidence=script, why=script),
        await claire.get("/comptes?" + urlencode({"q": script, "etat": script})),
    ]
    await claire.send(path, evidence="video", why=script)

    for page in (
        *reflected,
        await claire.get(path.removesuffix("/telephone")),
        await claire.get("/comptes/historique"),
    ):
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
        assert ">49<" not in page.text


async def test_a_forged_form_of_accounts_does_nothing(claire: Visitor, keycloak: AccountsInMemory) -> None:
    here = await structure(claire)
    someone, another = await opened(claire, here), await professional(claire, here, family_name="Abel")
    typed = {"evidence": "video", "why": "perdu", "professional_ids": another, "means": "password", "confirme": "oui"}
    keycloak.users[UUID(someone)].credentials |= {"otp"}

    for path in (
        f"/professionnels/{someone}/compte/telephone",
        f"/professionnels/{someone}/compte/carte",
        "/comptes/ouvrir",
    ):
        forged = await claire.post(path, {**typed, "_jeton": "A" * 43, "_envoi": str(uuid4())})
        foreign = await claire.post(path, {**await claire.hidden(path), **typed}, origin="https://evil.example")
        without = await claire.post(path, {**await claire.hidden(path), **typed, "_envoi": "x"})
        assert [forged.status_code, foreign.status_code, without.status_code] == [409, 403, 400], path
    assert "otp" in keycloak.users[UUID(someone)].credentials
    assert UUID(another) not in keycloak.users
