"""Threads are opened on the example portal: side, direct and team, once, by keyboard."""

import re

import pytest
from playwright.async_api import Route, expect
from terresante_dev.browser.looking import DESKTOP, accessible, overflows, press, screenshot, write
from terresante_dev.browser.testing import OpenPage

from .conftest import Standing
from .small_platform import PATIENT, THREAD
from .visiting import PHONE, signed_in

pytestmark = pytest.mark.timeout(120)


async def test_a_side_thread_is_opened_by_keyboard_with_some_of_the_circle(
    standing: Standing, open_page: OpenPage
) -> None:
    nurse = await signed_in(await open_page(viewport=PHONE), standing, "nurse", f"/patients/{PATIENT}")
    await press(nurse, nurse.get_by_text("Nouvelle conversation"), "Enter")
    await write(nurse, nurse.get_by_label("Titre"), "Pansement")
    await expect(nurse.get_by_label("Inès Caradec")).to_have_count(0)
    await press(nurse, nurse.get_by_role("group", name="Avec").get_by_label("Paul Roy"), "Space")
    await press(nurse, nurse.get_by_label("Il voit que le fil existe"), "ArrowUp")
    assert await accessible(nurse) == []
    assert not await overflows(nurse)
    for width in (390, DESKTOP):
        await screenshot(nurse, "chat-ouvrir", width)

    await press(nurse, nurse.get_by_role("button", name="Ouvrir le fil"), "Enter")

    await expect(nurse).to_have_url(f"{standing.origin}/fils/{THREAD}")
    assert standing.platform.opened == [
        {
            "kind": "side",
            "patient_id": PATIENT,
            "title": "Pansement",
            "professional_ids": ["gp"],
            "hidden_from_patient": True,
            "hidden_from_representatives": True,
        }
    ]


async def test_a_lost_answer_opens_no_second_thread_and_another_title_is_another_one(
    standing: Standing, open_page: OpenPage
) -> None:
    nurse = await signed_in(await open_page(), standing, "nurse", f"/patients/{PATIENT}")
    keys: list[str] = []

    async def lost(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        await route.abort()

    await nurse.route("**/v1/threads", lost)
    await nurse.get_by_text("Nouvelle conversation").click()
    await nurse.get_by_role("group", name="Avec").get_by_label("Paul Roy").check()
    for title in ("Pansement", "Pansement", "Plaie"):
        await nurse.get_by_label("Titre").fill(title)
        async with nurse.expect_event("requestfailed"):
            await nurse.get_by_role("button", name="Ouvrir le fil").click()
        await expect(nurse.locator("#probleme")).not_to_be_empty()

    assert len(keys) == 3
    assert keys[0] == keys[1] != keys[2]


async def test_a_place_where_one_no_longer_practises_is_chosen_no_more(standing: Standing, open_page: OpenPage) -> None:
    nurse = await signed_in(await open_page(), standing, "nurse")
    doctor = await signed_in(await open_page(), standing, "gp")
    for page in (nurse, doctor):
        choosing = (
            "fetch('/lieu', {method: 'PUT', body: JSON.stringify({place_id: 'ended'})}).then((one) => one.json())"
        )
        assert await page.evaluate(choosing) == {"place_id": "ended"}
        await page.reload()
        await expect(page.locator("#direct")).to_have_text("En direct")

    kept = [await (await page.request.get(f"{standing.origin}/lieu")).json() for page in (nurse, doctor)]
    assert kept == [{"place_id": None}, {"place_id": "gp-0"}]


async def test_what_happens_meanwhile_takes_nothing_of_what_is_being_filled_in(
    standing: Standing, open_page: OpenPage
) -> None:
    nurse = await signed_in(await open_page(), standing, "nurse", f"/patients/{PATIENT}")
    await nurse.get_by_text("Nouvelle conversation").click()
    await nurse.get_by_label("Titre").press_sequentially("Panse")
    async with nurse.expect_response(re.compile("/news")):
        await standing.platform.post("gp", text="Bonjour")
    await nurse.keyboard.type("ment")

    await expect(nurse.get_by_label("Titre")).to_have_value("Pansement")


async def test_a_colleague_or_ones_own_team_is_written_to_from_the_first_page(
    standing: Standing, open_page: OpenPage
) -> None:
    nurse = await signed_in(await open_page(viewport=PHONE), standing, "nurse")
    await press(nurse, nurse.get_by_text("Nouvelle conversation"), "Enter")
    await write(nurse, nurse.get_by_label("Écrire à un confrère"), "zzz")
    await nurse.keyboard.press("Enter")
    await expect(nurse.get_by_role("main").get_by_text("Personne n’est trouvé sous ce nom.")).to_be_visible()
    await nurse.get_by_label("Écrire à un confrère").fill("roy")
    await nurse.keyboard.press("Enter")
    await expect(nurse.get_by_role("button", name="Paul Roy, Médecin")).to_be_visible()
    assert await accessible(nurse) == []
    assert not await overflows(nurse)
    for width in (390, DESKTOP):
        await screenshot(nurse, "chat-ecrire", width)

    await press(nurse, nurse.get_by_role("button", name="Paul Roy, Médecin"), "Enter")
    await expect(nurse).to_have_url(f"{standing.origin}/fils/{THREAD}")
    await nurse.goto(standing.origin)
    await nurse.get_by_text("Nouvelle conversation").click()
    await nurse.get_by_role("button", name="Écrire à l’équipe : Cabinet").click()
    await expect(nurse).to_have_url(f"{standing.origin}/fils/{THREAD}")

    assert standing.platform.opened == [
        {"kind": "direct", "professional_ids": ["gp"]},
        {"kind": "team", "structure_id": "s-0"},
    ]


async def test_a_patient_opens_none_of_these(standing: Standing, open_page: OpenPage) -> None:
    patient = await signed_in(await open_page(), standing, "patient", f"/patients/{PATIENT}")

    await expect(patient.get_by_role("button", name="Écrire au cercle de soins")).to_be_visible()
    await expect(patient.get_by_text("Nouvelle conversation")).to_have_count(0)
