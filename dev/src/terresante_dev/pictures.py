"""`make pictures`: draws the pictures of docs/directory.md anew.

A sandbox of its own is started, its administrator's work played in Chromium, and the sandbox removed. People, places
and files are the generator's, so that the pictures show the same each time; days, hours and codes that serve once are
replaced by fixed ones before a picture is taken.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Locator, Page, expect

from terresante_dev import running, stack
from terresante_dev.browser import chromium, windows
from terresante_dev.browser.desk import Desk
from terresante_dev.browser.windows import Watched
from terresante_dev.stack import ROOT

STACK = "pictures"
FOLDER = ROOT / "docs" / "pictures"
SAMPLE = ROOT / "services/directory/tests/samples/structures.csv"
DESKTOP, PHONE = 1100, 390
TALLEST = 1000
QUALITIES = (60, 45, 30)
"""Of WebP, the best that fits."""
LARGEST = 60_000
"""Bytes of a picture."""
STEADY = """() => {
    const month = "janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre";
    const day = new RegExp(`(1er|\\\\d{1,2}) (${month}) 20\\\\d\\\\d`, "g");
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
        const text = walk.currentNode;
        text.data = text.data.replace(day, "12 janvier 2026").replace(/\\d{1,2}\\sh\\s\\d\\d/g, "9 h 30");
    }
    document.querySelectorAll("input[type=date]").forEach((field) => {
        const blank = !field.value;
        field.type = "text";
        field.value = blank ? "jj/mm/aaaa" : "12/01/2026";
    });
    document.querySelectorAll(".secret code").forEach((code) => { code.textContent = "•••• •••• ••••"; });
    document.activeElement?.blur();
}"""


@dataclass(frozen=True, slots=True)
class Album:
    """The pictures as they are taken. `desk`: the workbench they are of; `page`: the administrator's window; `other`:
    somebody else's.
    """

    desk: Desk
    page: Page
    other: Page

    async def open(self, path: str) -> None:
        """Goes to a page of the workbench."""
        await self.page.goto(self.desk.url + path)

    async def take(self, name: str, width: int = DESKTOP, tallest: int = TALLEST) -> None:
        """Draws what the window shows into docs/pictures/<name>.webp. Raises ValueError if it is too large a file."""
        await self.page.set_viewport_size({"width": width, "height": 800})
        await self.page.evaluate(STEADY)
        height = await self.page.evaluate("() => document.documentElement.scrollHeight")
        clip = {"x": 0, "y": 0, "width": width, "height": min(height, tallest), "scale": 1}
        drawn = b""
        for quality in QUALITIES:
            drawn = await self._drawn(clip, quality)
            if len(drawn) <= LARGEST:
                break
        else:
            raise ValueError(f"{name}: {len(drawn)} bytes")
        (FOLDER / f"{name}.webp").write_bytes(drawn)
        await self.page.set_viewport_size({"width": DESKTOP, "height": 800})
        print(f"  {name:<14} {len(drawn) / 1000:5.1f} kB", flush=True)

    async def _drawn(self, clip: dict[str, int], quality: int) -> bytes:
        session = await self.page.context.new_cdp_session(self.page)
        asked = {"format": "webp", "quality": quality, "clip": clip, "captureBeyondViewport": True}
        answer = await session.send("Page.captureScreenshot", asked)
        await session.detach()
        return base64.b64decode(answer["data"])

    async def press(self, name: str) -> None:
        """Presses the button of that name; the page that answers is there."""
        await self.go(self.page.get_by_role("button", name=name, exact=True))

    async def follow(self, name: str) -> None:
        """Follows the link of that name; the page is there."""
        await self.go(self.page.get_by_role("link", name=name, exact=True).first)

    async def go(self, by: Locator) -> None:
        """Clicks on what leads to another page, which is there then."""
        async with by.page.expect_navigation():
            await by.click()


async def entrance(album: Album) -> None:
    """The way in."""
    await album.open("/")
    await album.take("connexion")
    await album.desk.sign_in(album.page)


async def home(album: Album) -> None:
    """What waits after all that."""
    await album.open("/")
    await album.take("accueil")
    await album.take("telephone", PHONE, 844)


async def structures(album: Album) -> None:
    """A structure with what is above and below it, its tree, an offer, the map."""
    page = album.page
    await album.open("/structures/nouvelle")
    await page.get_by_label("Nom", exact=True).fill("Groupe hospitalier du Val de Bièvre")
    await page.get_by_label("Niveau").select_option("legal_entity")
    await album.press("Inscrire")
    group = _id(page)
    await album.open("/structures")
    await album.follow("Hôpital des Coteaux")
    hospital = page.url.partition("?")[0]
    await album.follow("Modifier")
    await page.locator("#part_of").select_option(group)
    await page.get_by_label("Pourquoi").fill("Rattachement au groupe")
    await album.press("Enregistrer")
    for name, field in (("Consultation mémoire", "01"), ("Hôpital de jour gériatrique", "04")):
        await page.goto(hospital)
        await album.follow("Inscrire une offre ici")
        await page.get_by_label("Nom", exact=True).fill(name)
        await page.get_by_label("Champ d’activité").select_option(field)
        await page.get_by_label("Âge minimal").fill("60 ans")
        await page.get_by_label("Lundi", exact=True).fill("8:30-12:00, 14:00-18:00")
        await album.press("Inscrire")
    await album.take("offre")
    await page.goto(hospital)
    await album.take("structure")
    await album.follow("Voir dans l’arbre")
    await album.take("arbre")
    await album.open("/recherche?q=coteux")
    await album.take("recherche")
    await album.open("/carte")
    await page.get_by_role("button", name="Agrandir la carte").wait_for()
    await album.take("carte", tallest=760)


async def two_at_once(album: Album) -> None:
    """Two tabs on one structure: the second is shown the difference."""
    page = album.page
    await album.open("/structures")
    await album.follow("Cabinet médical de la Plaine")
    await album.follow("Modifier")
    other = await page.context.new_page()
    await other.goto(page.url)
    await other.get_by_label("Adresse").first.fill("1 rue des Lilas")
    await other.get_by_role("button", name="Enregistrer").click()
    await expect(other.get_by_text("Le changement est enregistré.")).to_be_visible()
    await other.close()
    await page.get_by_label("Adresse").first.fill("3 rue des Lilas")
    await album.press("Enregistrer")
    await album.take("comparer")


async def operation(album: Album) -> None:
    """A move before it is done, then what its undoing would bring back."""
    page = album.page
    await album.open("/operations/deplacer")
    await page.get_by_label("Laboratoire de biologie du Val de Bièvre").check()
    await page.get_by_label("Sous la structure").select_option(label="Groupe hospitalier du Val de Bièvre")
    await album.press("Voir les effets")
    await album.take("operation")
    await page.get_by_label("Pourquoi").fill("Le laboratoire rejoint le groupe")
    await album.press("Faire cette opération")
    await album.go(page.get_by_role("link", name="Annuler cet acte").first)
    await album.take("annuler")
    await album.open("/historique")
    await album.take("historique")


async def importing(album: Album) -> None:
    """A file that was read and compared: nothing has changed yet."""
    page = album.page
    await album.open("/imports/nouveau")
    await page.locator("#fichier").set_input_files(SAMPLE)
    await album.press("Envoyer et comparer")
    await expect(page.get_by_text("à regarder").first).to_be_visible(timeout=60_000)
    await album.take("import")


async def people(album: Album) -> None:
    """Somebody's page, the letter that opens their account, the accounts, the administrators, the figures."""
    page = album.page
    await album.open("/professionnels/nouveau")
    await page.get_by_label("Nom", exact=True).fill("Delorme")
    await page.get_by_label("Prénom").fill("Agathe")
    await page.get_by_label("Métier").select_option(label="Sage-femme")
    await page.locator("#structure").select_option(index=1)
    await album.press("Inscrire")
    await album.take("professionnel")
    await album.follow("Ouvrir le compte")
    await page.get_by_label("Mot de passe et code à usage unique").check()
    await album.press("Ouvrir le compte")
    await expect(page.get_by_role("heading", name="Ouverture de votre compte Terr-eSanté")).to_be_visible()
    await album.take("lettre")
    await album.open("/comptes")
    await album.take("comptes")
    await album.open("/indicateurs")
    await album.take("indicateurs", tallest=860)


async def request(album: Album) -> None:
    """What a structure's correspondent asks for, as the administrator sees it."""
    other = album.other
    await album.open("/structures")
    await album.follow("Cabinet infirmier des Lilas")
    await album.open(f"/structures/{_id(album.page)}/correspondants")
    await album.go(album.page.get_by_role("button", name="Désigner Karim Morel"))
    await album.desk.sign_in(other, "nurse", "/ma-structure")
    await album.go(other.get_by_role("link", name="Demander une correction"))
    await other.get_by_label("Adresse", exact=False).first.fill("7 rue des Lilas")
    await other.get_by_label("Pourquoi").fill("Le cabinet a déménagé")
    await album.go(other.get_by_role("button", name="Envoyer la demande"))
    await album.open("/demandes")
    await album.go(album.page.locator("main .rows a").first)
    await album.take("demande")


def _id(page: Page) -> str:
    """Of what the page is about."""
    return page.url.partition("?")[0].rpartition("/")[2]


# Opening an account asks for a login of less than five minutes ago: first.
SCENES: tuple[Callable[[Album], Awaitable[None]], ...] = (
    entrance,
    people,
    request,
    structures,
    two_at_once,
    operation,
    importing,
    home,
)


async def play(desk: Desk, authority: Path) -> None:
    """All scenes, in one window."""
    FOLDER.mkdir(exist_ok=True)
    async with windows.running(chromium.programs()) as browsers, AsyncExitStack() as ending:
        browser = await browsers.trusting(authority)
        window, other = [await windows.opened(browser, Watched(), ending) for _ in range(2)]
        for scene in SCENES:
            await scene(Album(desk, window, other))


def main() -> None:
    """Starts the sandbox, plays, removes it whatever happens."""
    running.reset(STACK)
    running.up(STACK, None, frozenset())
    try:
        told = stack.read(STACK)
        asyncio.run(play(Desk(told), Path(told["ca"]["gateway"])))
    finally:
        running.reset(STACK)


if __name__ == "__main__":
    main()
