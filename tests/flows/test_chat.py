"""The example portal on the whole platform, in a real browser with real logins: a nurse's password and a GP's card; what
one writes the other sees at once.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect
from terresante_dev import codes
from terresante_dev.browser.looking import DESKTOP, accessible, overflows, press, screenshot, write
from terresante_dev.browser.testing import OpenPage
from terresante_dev.personas import Login
from terresante_dev.recording.conversing import picture
from terresante_dev.story import Stage
from terresante_dev.story.stage import done

pytestmark = pytest.mark.timeout(400)
PHONE = {"width": 390, "height": 844}
PATIENCE = 20_000
"""Milliseconds: the stack shares its processors with the tests."""


@dataclass(frozen=True, slots=True)
class Portal:
    """The example portal of a stack, in the browsers of people of a telling."""

    stack: dict[str, Any]
    stage: Stage
    open_page: OpenPage

    async def of(self, key: str, path: str = "/", **options: Any) -> Page:
        """A browser of that person's, logged in and at that page."""
        login = self.stage.who(key).login
        keycloak = "/".join(self.stack["issuers"]["pro"].split("/")[:3])
        if login.card_file:
            shown = {"origin": keycloak, "certPath": login.card_file, "keyPath": login.key_file}
            options |= {"client_certificates": [shown], "ignore_https_errors": True}
        page = await self.open_page(**options)
        await page.goto(self.stack["chat"]["url"] + path)
        kind = "Je suis patient" if login.realm == "patient" else "Je suis professionnel"
        await page.get_by_role("link", name=kind).click()
        if not login.card_file:
            await self._prove(page, login)
        await expect(page.locator("#direct")).to_have_text("En direct", timeout=PATIENCE)
        return page

    async def _prove(self, page: Page, login: Login) -> None:
        await page.locator("#username").fill(login.username)
        await page.locator("#password").fill(login.password)
        await page.locator("#password").press("Enter")
        await page.locator("#otp").fill(codes.next_code(login.totp_secret, codes.ledger(Path(self.stack["folder"]))))
        await page.locator("#otp").press("Enter")


@pytest.fixture
def portal(stack: dict[str, Any], told: Stage, open_page: OpenPage) -> Portal:
    return Portal(stack, told, open_page)


@pytest.fixture
def thread(told: Stage) -> str:
    """The page of the circle's thread."""
    opened = told.who("gp").post("/v1/threads", {"kind": "circle", "patient_id": told.made["patient"]})
    return f"/fils/{opened.body['id']}"


async def test_a_nurse_and_a_gp_see_each_others_messages_as_they_are_written(portal: Portal, thread: str) -> None:
    nurse = await portal.of("nurse", thread)
    doctor = await portal.of("gp", thread, viewport=PHONE)
    mark = thread[-6:]

    await write(nurse, nurse.get_by_label("Message", exact=True), f"Le pansement est à refaire jeudi. {mark}")
    await nurse.keyboard.press("Control+Enter")
    received = doctor.get_by_role("article").filter(has_text=f"refaire jeudi. {mark}")
    await expect(received).to_be_visible()
    await expect(nurse.locator(".readers")).to_contain_text("Tout est lu par")

    await press(doctor, received.get_by_role("button", name="Citer"), "Enter")
    await doctor.keyboard.type(f"Je passe à 14 h. {mark}")
    await doctor.get_by_label("Urgent").check()
    await press(doctor, doctor.get_by_role("button", name="Envoyer"), "Enter")
    answer = nurse.get_by_role("article").filter(has_text=f"Je passe à 14 h. {mark}")
    await expect(answer.get_by_text("Urgent")).to_be_visible()
    await expect(answer.locator("blockquote")).to_contain_text("refaire jeudi")

    for name, page in (("infirmiere", nurse), ("medecin", doctor)):
        assert await accessible(page) == []
        assert not await overflows(page)
        for width in (390, DESKTOP):
            await screenshot(page, f"chat-vrai-{name}", width)


async def test_what_is_corrected_taken_back_or_done_changes_before_the_others_eyes(portal: Portal, thread: str) -> None:
    nurse = await portal.of("nurse", thread)
    doctor = await portal.of("gp", thread)
    await nurse.get_by_text("Ajouter une tâche").click()
    await nurse.get_by_label("À faire").fill("Rappeler le laboratoire")
    await nurse.get_by_label("Message", exact=True).fill("Potasium à 5,9.")
    await nurse.get_by_role("button", name="Envoyer").click()
    mine, theirs = nurse.get_by_role("article").last, doctor.get_by_role("article").last
    await expect(theirs).to_contain_text("Rappeler le laboratoire")

    await press(doctor, theirs.get_by_role("button", name="C’est fait"), "Enter")
    await expect(mine).to_contain_text("a terminé")
    await mine.get_by_role("button", name="Modifier").click()
    await mine.get_by_label("Nouveau texte").fill("Potassium à 5,9.")
    await mine.get_by_role("button", name="Enregistrer").click()
    await expect(theirs).to_contain_text("Potassium à 5,9.")
    await mine.get_by_role("button", name="Reprendre").click()
    await nurse.get_by_role("button", name="Reprendre le message").click()
    await expect(theirs).to_contain_text("Message repris par son auteur.")
    await expect(doctor.get_by_text("Potassium à 5,9.")).to_have_count(0)


async def test_a_photo_is_seen_as_a_thumbnail_by_who_may_read_it(portal: Portal, thread: str) -> None:
    nurse = await portal.of("nurse", thread)
    doctor = await portal.of("gp", thread)
    await nurse.get_by_label("Joindre").set_input_files(
        {"name": "talon.png", "mimeType": "image/png", "buffer": picture()}
    )
    await expect(nurse.get_by_role("button", name="Retirer")).to_be_visible(timeout=PATIENCE)
    await nurse.get_by_role("button", name="Envoyer").click()

    seen = doctor.get_by_role("img", name="Vignette de talon.png").last
    await expect(seen).to_be_visible(timeout=PATIENCE)
    await doctor.wait_for_function(
        "(image) => image.complete && image.naturalWidth > 0", arg=await seen.element_handle()
    )


async def test_unread_counts_and_news_are_those_of_who_is_signed_in(portal: Portal, told: Stage, thread: str) -> None:
    doctor = await portal.of("gp")
    link = doctor.get_by_role("navigation").locator(f"a[href='{thread}']")
    await expect(link).to_be_visible()
    await expect(link.locator(".badge")).to_have_count(0)

    done(told.who("nurse").post(f"/v1/threads/{thread.rpartition('/')[2]}/messages", {"text": "Bonjour"}), 201)

    await expect(link.locator(".badge")).to_contain_text("1 non lus")
    await doctor.goto(portal.stack["chat"]["url"] + f"/patients/{told.made['patient']}")
    await expect(doctor.get_by_role("heading", name="Depuis ma dernière visite")).to_be_visible()
    await expect(doctor.locator(".news")).to_contain_text("message")
    assert await accessible(doctor) == []


async def test_the_patient_sees_that_professionals_talk_and_reads_none_of_it(portal: Portal, thread: str) -> None:
    patient = await portal.of("patient", viewport=PHONE)
    await expect(patient.get_by_text("Vous ne pouvez pas le lire.")).to_be_visible()
    await patient.goto(portal.stack["chat"]["url"] + thread)

    await expect(patient.get_by_role("alert")).not_to_be_empty()
    await expect(patient.get_by_role("article")).to_have_count(0)
    assert await accessible(patient) == []


async def test_a_side_thread_hidden_from_the_patient_and_a_direct_one_are_opened_and_written_to(
    portal: Portal, told: Stage
) -> None:
    gp, nurse = (told.professional(key) for key in ("gp", "nurse"))
    patient = f"/patients/{told.made['patient']}"
    doctor = await portal.of("gp", patient)
    await doctor.get_by_text("Nouvelle conversation").click()
    await doctor.get_by_label("Titre").fill("Pansement du talon")
    await doctor.get_by_role("group", name="Avec").get_by_label(nurse.family_name).check(timeout=PATIENCE)
    await doctor.get_by_label("Il n’en voit rien").check()
    assert await accessible(doctor) == []
    await screenshot(doctor, "chat-vrai-ouvrir", 390)
    await doctor.get_by_role("button", name="Ouvrir le fil").click()
    await expect(doctor.get_by_role("heading", level=1)).to_contain_text("Pansement du talon", timeout=PATIENCE)
    side = doctor.url.rpartition("/")[2]
    await write(doctor, doctor.get_by_label("Message", exact=True), "Tu y passes jeudi ?")
    await doctor.keyboard.press("Control+Enter")

    other = await portal.of("nurse", f"/fils/{side}")
    await expect(other.get_by_role("article").filter(has_text="Tu y passes jeudi ?")).to_be_visible(timeout=PATIENCE)
    seen = told.who("patient").get("/v1/threads?limit=100").body["items"]
    assert side not in {one["id"] for one in seen}

    await other.goto(portal.stack["chat"]["url"])
    await other.get_by_text("Nouvelle conversation").click()
    await other.get_by_label("Écrire à un confrère").fill(gp.family_name)
    await other.keyboard.press("Enter")
    await other.get_by_role("button", name=f"{gp.given_name} {gp.family_name}").click(timeout=PATIENCE)
    await expect(other).to_have_url(re.compile("/fils/"), timeout=PATIENCE)
    direct = done(told.who("nurse").get(f"/v1/threads/{other.url.rpartition('/')[2]}"))
    assert (direct["kind"], direct["patient_id"]) == ("direct", None)


async def test_a_logout_ends_the_login_and_not_the_page_alone(portal: Portal) -> None:
    nurse = await portal.of("nurse")
    await nurse.get_by_role("button", name="Se déconnecter").click()
    await expect(nurse).to_have_url(f"{portal.stack['chat']['url']}/")

    await nurse.get_by_role("link", name="Je suis professionnel").click()

    await expect(nurse.locator("#password")).to_be_visible()
