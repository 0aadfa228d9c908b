"""Files that a territory imports, made for one run, handed over on the pages."""

from pathlib import Path

from playwright.async_api import Page, expect

SAMPLES = Path(__file__).parents[2] / "services" / "directory" / "tests" / "samples"


def finess(number: str, name: str) -> bytes:
    """The FINESS extract of one establishment of 94 Ouest."""
    lines = (SAMPLES / "finess.csv").read_text().splitlines()
    of_commune = next(line for line in lines if "PMI DE GENTILLY" in line)
    fields = of_commune.split(";")
    fields[1], fields[2], fields[3], fields[22] = number, "", name, ""
    return "\n".join([lines[0], ";".join(fields), ""]).encode()


def annuaire(rpps: str, where: tuple[str, str], family_name: str, given_name: str) -> bytes:
    """The national directory's extract of one activity. `where`: the FINESS of the establishment, and its name."""
    lines = (SAMPLES / "annuaire.txt").read_text().splitlines()
    activity = next(line for line in lines if "995000262" in line and line.startswith("8|"))
    fields = activity.split("|")
    fields[1], fields[2], fields[7], fields[8] = rpps, f"8{rpps}", family_name, given_name
    fields[19], fields[20], fields[21], fields[22], fields[23] = "", "", where[0], "", f"F{where[0]}"
    fields[24] = fields[25] = where[1]
    return "\n".join([lines[0], "|".join(fields), ""]).encode()


async def hand_over(page: Page, url: str, format: str, content: bytes) -> None:
    """Sends a file, and waits until its page says that it is read."""
    await page.goto(f"{url}/imports/nouveau")
    await page.get_by_label("Format").select_option(format)
    await page.get_by_label("Territoire concerné").select_option("94-ouest")
    await page.get_by_label("Fichier").set_input_files(
        {"name": f"{format}.csv", "mimeType": "text/csv", "buffer": content}
    )
    await page.get_by_role("button", name="Envoyer et comparer").click()
    await expect(page.get_by_text("à regarder", exact=True)).to_be_visible(timeout=60_000)


async def apply_new(page: Page) -> None:
    """Chooses all that is new in the import that the page shows, and applies it."""
    await page.get_by_role("link", name="Nouvelles").click()
    await page.get_by_role("button", name="Choisir toutes les lignes de cette sorte").click()
    await page.get_by_role("button", name="Appliquer").click()
    await expect(page.get_by_text("Appliqué en un acte.")).to_be_visible(timeout=60_000)
