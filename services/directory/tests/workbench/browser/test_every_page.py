"""Every page of the workbench in Chromium: accessible, light and dark; no wider than a phone; soon loaded."""

import pytest
from playwright.async_api import Page
from terresante_dev.browser.looking import DESKTOP, accessible, overflows, screenshot
from terresante_dev.browser.testing import OpenPage
from terresante_directory.workbench import app

from .browsing import Scale, Standing, signed_in

pytestmark = pytest.mark.timeout(900)
PHONE, ZOOMED = 390, 640
"""CSS pixels: a phone's width; what 200 % leaves of 1280."""
LARGEST = 150_000
"""Bytes of a first load."""
CONTRAST = ("wcag2aa",)
"""What a colour scheme may break."""
PAGES = {
    "/": ["/"],
    "/structures": ["/structures", "/structures?q=zzzz"],
    "/structures/nouvelle": ["/structures/nouvelle"],
    "/structures/{id}": ["/structures/{site}", "/structures/{site}?le=2030-01-01"],
    "/structures/{id}/modifier": ["/structures/{site}/modifier"],
    "/structures/{id}/fermer": ["/structures/{site}/fermer"],
    "/structures/{id}/correspondants": ["/structures/{site}/correspondants", "/structures/{unit}/correspondants"],
    "/demandes": ["/demandes", "/demandes?miennes=oui"],
    "/demandes/{id}": ["/demandes/{request}"],
    "/ecarts": ["/ecarts"],
    "/indicateurs": ["/indicateurs"],
    "/comptes": ["/comptes", "/comptes?etat=verrouille"],
    "/comptes/historique": ["/comptes/historique"],
    "/comptes/ouvrir": ["/comptes/ouvrir"],
    "/administrateurs": ["/administrateurs"],
    "/administrateurs/nouveau": ["/administrateurs/nouveau"],
    "/administrateurs/{id}": ["/administrateurs/{colleague}"],
    "/administrateurs/{id}/telephone": ["/administrateurs/{colleague}/telephone"],
    "/administrateurs/{id}/terminer": ["/administrateurs/{colleague}/terminer"],
    "/professionnels/{id}/compte": ["/professionnels/{doctor}/compte"],
    "/professionnels/{id}/compte/telephone": ["/professionnels/{doctor}/compte/telephone"],
    "/professionnels/{id}/compte/carte": ["/professionnels/{doctor}/compte/carte"],
    "/arbre": ["/arbre", "/arbre?ouvert={entity}&ouvert={site}&ouvert={unit}"],
    "/arbre/branche": ["/arbre/branche?de={entity}&niveau=2"],
    "/carte": ["/carte", "/carte?territoire=tous&commune=94043"],
    "/offres": ["/offres", "/offres?q=zzzz"],
    "/offres/a-confirmer": ["/offres/a-confirmer"],
    "/offres/nouvelle": ["/offres/nouvelle"],
    "/offres/{id}": ["/offres/{offer}"],
    "/offres/{id}/modifier": ["/offres/{offer}/modifier"],
    "/offres/{id}/fermer": ["/offres/{offer}/fermer"],
    "/recherche": ["/recherche", "/recherche?q=coteaux", "/recherche?q=zzzz"],
    "/imports": ["/imports"],
    "/imports/nouveau": ["/imports/nouveau"],
    "/imports/{id}": ["/imports/{import}"],
    "/imports/{id}/abandonner": ["/imports/{import}/abandonner"],
    "/operations": ["/operations"],
    "/operations/{kind}": [
        "/operations/deplacer",
        "/operations/deplacer?structure={unit}&vers={other}&voir=1",
        "/operations/diviser?structure={site}",
        "/operations/fusionner",
        "/operations/diviser-territoire?territoire=94-ouest",
    ],
    "/historique": ["/historique"],
    "/{kind}/{id}/historique": ["/structures/{site}/historique", "/professionnels/{doctor}/historique"],
    "/historique/{act}/annuler": ["/historique/{act}/annuler"],
    "/professionnels": ["/professionnels", "/professionnels?q=zzzz"],
    "/professionnels/nouveau": ["/professionnels/nouveau"],
    "/professionnels/{id}": ["/professionnels/{doctor}", "/professionnels/{nurse}"],
    "/professionnels/{id}/lieux/nouveau": ["/professionnels/{doctor}/lieux/nouveau"],
    "/professionnels/{id}/lieux/{place}/terminer": ["/professionnels/{doctor}/lieux/{place}/terminer"],
    "/professionnels/{id}/compte/ouvrir": [
        "/professionnels/{doctor}/compte/ouvrir",
        "/professionnels/{nurse}/compte/ouvrir",
    ],
    "/professionnels/{id}/compte/suspendre": ["/professionnels/{doctor}/compte/suspendre"],
    "/professionnels/{id}/compte/retablir": ["/professionnels/{doctor}/compte/retablir"],
    "/professionnels/{id}/corriger": ["/professionnels/{doctor}/corriger"],
    "/professionnels/{id}/mandat": ["/professionnels/{doctor}/mandat"],
    "/professionnels/{id}/mandat/terminer": ["/professionnels/{doctor}/mandat/terminer"],
    "/referents": ["/referents"],
    "/systemes": ["/systemes"],
    "/systemes/nouveau": ["/systemes/nouveau"],
    "/systemes/{id}": ["/systemes/{system}"],
}
"""By route, the addresses that show its states to an administrator."""
OWN_PAGES = {
    "/": ["/"],
    "/ma-structure": ["/ma-structure"],
    "/ma-structure/{id}": ["/ma-structure/{site}"],
    "/ma-structure/{id}/fiche": ["/ma-structure/{site}/fiche"],
    "/ma-structure/{id}/offres/nouvelle": ["/ma-structure/{site}/offres/nouvelle"],
    "/ma-structure/{id}/offres/{offer}/modifier": ["/ma-structure/{site}/offres/{offer}/modifier"],
    "/ma-structure/{id}/offres/{offer}/fermer": ["/ma-structure/{site}/offres/{offer}/fermer"],
    "/ma-structure/{id}/equipe/ajouter": ["/ma-structure/{site}/equipe/ajouter?q=perrin"],
    "/ma-structure/{id}/equipe/{professional}/{place}/terminer": [
        "/ma-structure/{site}/equipe/{doctor}/{place}/terminer"
    ],
    "/mes-demandes": ["/mes-demandes"],
    "/mes-demandes/{id}": ["/mes-demandes/{request}"],
    "/mon-depart": ["/mon-depart"],
}
"""The same, to a professional who is their structure's correspondent."""
COMING_PAGES = {"/mon-inscription": ["/mon-inscription"]}
"""The same, to a professional whose enrolment is not complete."""
PUBLIC_PAGES = {
    "/": ["/"],
    "/deconnecte": ["/deconnecte"],
    "/inscription": ["/inscription"],
    "/inscription/attente": ["/inscription/attente", "/inscription/attente?doute=cle"],
    "/mon-depart/fait": ["/mon-depart/fait"],
}
"""The same, to whoever is not signed in."""
NO_PAGES = {
    "/connexion": "sends on to the login service",
    "/retour": "comes back from it",
    "/structures/choix": "options of a list",
    "/carte/communes.json": "data of the map",
    "/carte/contours.json": "data of the map",
    "/offres/{id}/confirmer": "sends on to the offer",
    "/imports/{id}/appliquer": "sends on to the import",
    "/imports/{id}/choisir": "sends on to the import",
    "/demandes/{id}/decision": "sends on to the request",
    "/demandes/{id}/commentaire": "sends on to the request",
    "/mes-demandes/{id}/commentaire": "sends on to the request",
    "/indicateurs/{kind}.csv": "a file",
}


def test_each_page_is_looked_at() -> None:
    shown = {
        getattr(route, "path", "")
        for router in app.ROUTERS
        for route in router.routes
        if "GET" in getattr(route, "methods", ())
    }

    assert shown == {*PAGES, *OWN_PAGES, *COMING_PAGES, *PUBLIC_PAGES, *NO_PAGES}


async def test_every_page_of_an_administrator_is_accessible_light_and_no_wider_than_a_phone(
    standing: Standing, open_page: OpenPage
) -> None:
    page = await open_page()
    await signed_in(page.context, standing.origin, standing.claire)

    faults = await looked_at(page, standing, PAGES)

    assert not faults, "\n".join(faults)


async def test_so_is_every_page_of_professionals_and_of_whoever_is_not_signed_in(
    standing: Standing, open_page: OpenPage
) -> None:
    correspondent, coming, stranger = await open_page(), await open_page(), await open_page()
    await signed_in(correspondent.context, standing.origin, standing.nadia)
    await signed_in(coming.context, standing.origin, standing.anne)

    faults = await looked_at(correspondent, standing, OWN_PAGES, "pro-")
    faults += await looked_at(coming, standing, COMING_PAGES)
    faults += await looked_at(stranger, standing, PUBLIC_PAGES, "dehors-")

    assert not faults, "\n".join(faults)


async def looked_at(page: Page, standing: Standing, pages: dict[str, list[str]], mark: str = "") -> list[str]:
    """What is wrong with these pages."""
    scale = Scale()
    await scale.under(page)
    faults: list[str] = []
    for name, address in standing.named(pages):
        scale.read()
        answer = await page.goto(standing.origin + address, wait_until="networkidle")
        expected = 401 if address == "/" and pages is PUBLIC_PAGES else 200
        if answer is None or answer.status != expected:
            faults.append(f"{address}: {answer.status if answer else 'no answer'}")
            continue
        if (weight := scale.read()) > LARGEST:
            faults.append(f"{address}: {weight} bytes")
        faults += await faults_of(page, mark + name)
    return faults


async def faults_of(page: Page, name: str) -> list[str]:
    """What axe finds wrong with a page, in both schemes, and where it is too wide. It is drawn at two widths."""
    faults = [f"{name}: {one}" for one in await accessible(page)]
    await screenshot(page, f"atelier-{name}", DESKTOP)
    await page.emulate_media(color_scheme="dark")
    faults += [f"{name} in the dark: {one}" for one in await accessible(page, CONTRAST)]
    await page.emulate_media(color_scheme="light")
    for width in (ZOOMED, PHONE):
        await page.set_viewport_size({"width": width, "height": 844})
        if await overflows(page):
            faults.append(f"{name}: wider than {width}")
    faults += [f"{name} on a phone: {one}" for one in await accessible(page)]
    await screenshot(page, f"atelier-{name}", PHONE)
    await page.set_viewport_size({"width": DESKTOP, "height": 900})
    return faults
