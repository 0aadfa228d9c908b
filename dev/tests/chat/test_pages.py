"""The example portal in Chromium, over a platform in miniature: two people write to each other."""

import re

import pytest
from playwright.async_api import expect
from terresante_dev.browser.looking import DESKTOP, accessible, overflows, press, screenshot, write
from terresante_dev.browser.testing import OpenPage

from .conftest import Standing
from .small_platform import PATIENT, PICTURE, THREAD, file
from .visiting import PHONE, signed_in

pytestmark = pytest.mark.timeout(120)
NOT_WORDS = re.compile(r"\b(false|null|undefined|NaN|\[object)\b")


@pytest.fixture
def thread() -> str:
    """Its page."""
    return f"/fils/{THREAD}"


async def test_two_people_see_each_others_messages_as_they_are_written(
    standing: Standing, open_page: OpenPage, thread: str
) -> None:
    nurse = await signed_in(await open_page(), standing, "nurse", thread)
    doctor = await signed_in(await open_page(viewport=PHONE), standing, "gp", thread)

    await write(nurse, nurse.get_by_label("Message", exact=True), "Le pansement est à refaire jeudi.")
    await nurse.keyboard.press("Control+Enter")
    await expect(doctor.get_by_role("listitem").filter(has_text="Le pansement est à refaire jeudi.")).to_be_visible()
    await expect(doctor.locator("#annonce")).to_have_text("Inès Caradec : Le pansement est à refaire jeudi.")
    await expect(nurse.get_by_text("Tout est lu par Paul Roy.")).to_be_visible()

    await write(doctor, doctor.get_by_label("Message", exact=True), "Je passe à 14 h.")
    await doctor.get_by_label("Urgent").check()
    await press(doctor, doctor.get_by_role("button", name="Envoyer"), "Enter")
    answer = nurse.get_by_role("listitem").filter(has_text="Je passe à 14 h.")
    await expect(answer.get_by_text("Urgent")).to_be_visible()
    for page in (nurse, doctor):
        assert await accessible(page) == []
        assert not await overflows(page)


async def test_a_message_is_quoted_corrected_and_taken_back_by_keyboard(
    standing: Standing, open_page: OpenPage, thread: str
) -> None:
    await standing.platform.post("gp", text="Qui passe jeudi ?")
    nurse = await signed_in(await open_page(), standing, "nurse", thread)
    doctor = await signed_in(await open_page(), standing, "gp", thread)

    await press(nurse, nurse.get_by_role("button", name="Citer"), "Enter")
    await nurse.keyboard.type("Moi.")
    await nurse.keyboard.press("Control+Enter")
    mine = nurse.get_by_role("article", name="Moi")
    await expect(mine.get_by_text("Qui passe jeudi ?")).to_be_visible()

    await press(nurse, mine.get_by_role("button", name="Modifier"), "Enter")
    await nurse.keyboard.press("Control+a")
    await nurse.keyboard.type("Moi, le matin.")
    await press(nurse, nurse.get_by_role("button", name="Enregistrer"), "Enter")
    theirs = doctor.get_by_role("article", name="Inès Caradec")
    await expect(theirs.get_by_text("Moi, le matin.")).to_be_visible()
    await expect(theirs.get_by_text("modifié")).to_be_visible()

    await press(nurse, mine.get_by_role("button", name="Reprendre"), "Enter")
    await expect(nurse.get_by_role("dialog")).to_be_visible()
    assert await accessible(nurse) == []
    await press(nurse, nurse.get_by_role("button", name="Reprendre le message"), "Enter")
    await expect(theirs.get_by_text("Message repris par son auteur.")).to_be_visible()
    await expect(doctor.get_by_text("Moi, le matin.")).to_have_count(0)


async def test_a_task_is_given_to_somebody_named_and_done(standing: Standing, open_page: OpenPage, thread: str) -> None:
    nurse = await signed_in(await open_page(), standing, "nurse", thread)
    doctor = await signed_in(await open_page(viewport=PHONE), standing, "gp", thread)
    await doctor.get_by_label("Mentionner").select_option("Inès Caradec")
    await doctor.keyboard.type("peux-tu ?")
    await doctor.get_by_text("Ajouter une tâche").click()
    await doctor.get_by_label("À faire").fill("Rappeler le laboratoire")
    await doctor.get_by_label("Par").select_option("Inès Caradec")
    await doctor.get_by_role("button", name="Envoyer").click()

    received = nurse.get_by_role("article", name="Paul Roy")
    await expect(received.locator("mark")).to_have_text("@Inès Caradec")
    await expect(doctor.get_by_role("button", name="C’est fait")).to_have_count(0)
    await press(nurse, received.get_by_role("button", name="C’est fait"), "Enter")

    await expect(doctor.get_by_text("Inès Caradec a terminé", exact=False)).to_be_visible()
    await expect(nurse.get_by_role("button", name="C’est fait")).to_have_count(0)


async def test_a_photo_is_joined_and_its_thumbnail_shown_as_soon_as_it_is_made(
    standing: Standing, open_page: OpenPage, thread: str
) -> None:
    nurse = await signed_in(await open_page(), standing, "nurse", thread)
    doctor = await signed_in(await open_page(), standing, "gp", thread)
    await nurse.get_by_label("Joindre").set_input_files(
        {"name": "talon.png", "mimeType": "image/png", "buffer": PICTURE}
    )
    await expect(nurse.get_by_role("button", name="Retirer")).to_be_visible()
    await nurse.get_by_role("button", name="Envoyer").click()
    await expect(doctor.get_by_text("vignette en préparation")).to_be_visible()

    (kept,) = standing.platform.files.values()
    kept["thumbnail"] = "ready"
    await standing.platform.tell("thumbnail_made", message_id="m-1", attachment_id=kept["id"])

    for page in (nurse, doctor):
        await expect(page.get_by_role("img", name="Vignette de talon.png")).to_be_visible()
    assert await accessible(doctor) == []


async def test_who_read_a_message_is_told_on_demand(standing: Standing, open_page: OpenPage, thread: str) -> None:
    nurse = await signed_in(await open_page(), standing, "nurse", thread)
    await nurse.get_by_label("Message", exact=True).fill("Bonjour")
    await nurse.get_by_role("button", name="Envoyer").click()
    asked = nurse.get_by_role("button", name="Qui l’a lu ?")
    await press(nurse, asked, "Enter")
    await expect(nurse.get_by_text("Personne ne l’a encore reçu.")).to_be_visible()

    await signed_in(await open_page(), standing, "gp", thread)
    await expect(nurse.get_by_text("Tout est lu par Paul Roy.")).to_be_visible()
    await press(nurse, asked, "Enter")
    await expect(nurse.get_by_text("Paul Roy : lu le", exact=False)).to_be_visible()


async def test_unread_counts_follow_what_happens_elsewhere(
    standing: Standing, open_page: OpenPage, thread: str
) -> None:
    nurse = await signed_in(await open_page(), standing, "nurse")
    link = nurse.get_by_role("link", name="Jeanne Morel : entre professionnels")
    await expect(link).to_be_visible()

    await standing.platform.post("gp", text="Premier")
    await standing.platform.post("gp", text="Second")

    await expect(link).to_contain_text("2 non lus")
    await expect(nurse.locator("#annonce")).to_contain_text("Nouveau message dans Jeanne Morel")
    await expect(nurse).to_have_title("(2) Messages – Portail d’exemple")
    await link.click()
    await expect(nurse.get_by_text("Second")).to_be_visible()
    await expect(nurse.locator(".badge")).to_have_count(0)


async def test_what_was_written_while_the_stream_was_cut_comes_once_in_order(
    standing: Standing, open_page: OpenPage, thread: str
) -> None:
    nurse = await signed_in(await open_page(), standing, "nurse", thread)
    await standing.platform.post("gp", text="avant")
    await expect(nurse.locator(".messages").get_by_text("avant")).to_be_visible()
    await nurse.context.set_offline(True)
    await standing.platform.post("gp", text="pendant 1")
    await standing.platform.post("gp", text="pendant 2")
    await nurse.context.set_offline(False)
    await standing.platform.post("gp", text="après")

    await expect(nurse.locator(".messages").get_by_text("après")).to_be_visible()
    assert await nurse.locator(".messages .text").all_inner_texts() == ["avant", "pendant 1", "pendant 2", "après"]


async def test_nothing_stays_on_the_page_of_who_may_read_no_more(
    standing: Standing, open_page: OpenPage, thread: str
) -> None:
    await standing.platform.post("gp", text="Résultat du potassium")
    nurse = await signed_in(await open_page(), standing, "nurse", thread)
    await expect(nurse.get_by_text("Résultat du potassium")).to_be_visible()

    standing.platform.closed.add("nurse")
    await standing.platform.tell("standing_changed", thread_id=None)

    await expect(nurse.get_by_role("heading", name="Fil fermé")).to_be_visible()
    await expect(nurse.get_by_text("Résultat du potassium")).to_have_count(0)
    await expect(nurse.get_by_role("alert")).to_contain_text("Ce fil n’existe pas.")


async def test_a_patients_news_are_one_short_list_that_leads_to_what_is_new(
    standing: Standing, open_page: OpenPage
) -> None:
    await standing.platform.post("gp", text="Bonjour")
    nurse = await signed_in(await open_page(viewport=PHONE), standing, "nurse")
    await nurse.get_by_role("main").get_by_role("link", name="Jeanne Morel").click()
    await expect(nurse.get_by_role("heading", level=1)).to_have_text("Jeanne Morel")
    await expect(nurse.get_by_text("2 documents")).to_be_visible()
    assert await accessible(nurse) == []
    await nurse.get_by_role("link", name="3 messages").click()
    await expect(nurse.get_by_text("Bonjour")).to_be_visible()


async def test_what_people_write_never_becomes_part_of_the_page(
    standing: Standing, open_page: OpenPage, thread: str
) -> None:
    hostile = '<img src=x onerror="document.title=1"><script>document.title=2</script>'
    await standing.platform.post("gp", text=hostile, attachments=[file("f-x", hostile, "none")])
    nurse = await signed_in(await open_page(), standing, "nurse", thread)

    await expect(nurse.locator(".messages .text")).to_have_text(hostile)
    await expect(nurse.locator(".messages img, .messages script")).to_have_count(0)


async def test_who_logs_out_is_at_the_first_page_again(standing: Standing, open_page: OpenPage) -> None:
    nurse = await signed_in(await open_page(), standing, "nurse")

    await press(nurse, nurse.get_by_role("button", name="Se déconnecter"), "Enter")

    await expect(nurse.get_by_role("link", name="Je suis professionnel")).to_be_visible()
    await nurse.go_back()
    await expect(nurse.get_by_role("link", name="Je suis professionnel")).to_be_visible()
    assert await accessible(nurse) == []


async def test_the_pages_are_drawn(standing: Standing, open_page: OpenPage, thread: str) -> None:
    first = await standing.platform.post("gp", text="Bonjour, la plaie du talon s’est-elle refermée depuis lundi ?")
    await standing.platform.post(
        "nurse",
        text="Presque. Photo jointe.",
        quoted_message_id=first["id"],
        attachments=[file("f-1", "talon.jpg", "ready")],
    )
    await standing.platform.post(
        "gp", text="", urgent=True, item={"task": {"what": "Rappeler le laboratoire", "who": None, "due": None}}
    )
    for scheme in ("light", "dark"):
        page = await signed_in(await open_page(color_scheme=scheme), standing, "nurse", thread)
        assert await accessible(page) == []
        for width in (390, DESKTOP):
            await screenshot(page, f"chat-fil-{scheme}", width)
    for name, path in (("accueil", "/"), ("patient", f"/patients/{PATIENT}")):
        await page.goto(standing.origin + path)
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        await expect(page.get_by_text(NOT_WORDS)).to_have_count(0)
        assert await accessible(page) == []
        for width in (390, DESKTOP):
            await screenshot(page, f"chat-{name}-dark", width)
