"""A small territory with something on every page, made by its administrator's own forms, as they would make it."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from services.directory.tests.workbench.filling import form
from services.directory.tests.workbench.test_acts import professional, structure
from services.directory.tests.workbench.test_imports import read, send
from services.directory.tests.workbench.test_offers import WHOLE
from services.directory.tests.workbench.visitor import Visitor

SAMPLES = Path(__file__).parents[2] / "samples"
SUBJECT = "CN=dpi.coteaux.example,OU=1990000019,O=Hôpital des Coteaux,C=FR"
ID = r"[0-9a-f]{8}-[0-9a-f-]{27}"


@dataclass
class Territory:
    """Ids of what is in it, by the names that addresses use."""

    ids: dict[str, str] = field(default_factory=dict)

    def at(self, address: str) -> str:
        """The address with its `{names}` replaced."""
        return address.format(**self.ids)


async def made(claire: Visitor) -> Territory:
    """By the administrator of 94 Ouest: from a legal entity down to an offer, people, a system, a file read."""
    ids = await _structures(claire)
    offered = await claire.send("/offres/nouvelle", **{**WHOLE, "structure_id": ids["site"]})
    ids["offer"] = _made(offered.headers["location"])
    ids["doctor"] = await professional(claire, ids["site"], family_name="Baron", given_name="Nadia")
    ids["nurse"] = await professional(claire, ids["other"], family_name="Perrin", given_name="Yann", profession="60")
    own = f"/professionnels/{ids['doctor']}"
    ids["place"] = await _first(claire, own, f"{own}/lieux/")
    await claire.send(f"{own}/compte/ouvrir", means="password")
    await claire.send(f"{own}/mandat", territory_codes=["94-ouest"])
    await claire.send(f"/structures/{ids['site']}/correspondants", professional=ids["doctor"], acte="designer")
    await claire.send(
        "/systemes/nouveau",
        name="Hôpital des Coteaux (DPI)",
        structure=ids["site"],
        issuers="1.2.250.1.999.94.1",
        policy="suggest",
        certificate_subject=SUBJECT,
    )
    ids["system"] = await _first(claire, "/systemes", "/systemes/")
    taken = await send(claire, (SAMPLES / "structures.csv").read_bytes())
    await read(claire, taken.headers["location"])
    ids["import"] = _made(taken.headers["location"])
    ids["act"] = await _first(claire, "/historique", "/historique/")
    return Territory(ids)


async def asked(nadia: Visitor, territory: Territory) -> None:
    """By the hospital's correspondent: its sheet should be corrected."""
    path = territory.at("/ma-structure/{site}/fiche")
    typed = {**form((await nadia.get(path)).text, path), "name": "Hôpital du Val de Bièvre", "why": "Nouveau nom"}
    answer = await nadia.post(path, typed)
    assert answer.status_code == 303, answer.text
    territory.ids["request"] = _made(answer.headers["location"])


async def _structures(claire: Visitor) -> dict[str, str]:
    entity = await structure(claire, name="Groupe hospitalier des Coteaux", level="legal_entity", kind="other")
    site = await structure(
        claire,
        name="Hôpital des Coteaux",
        kind="hospital_service",
        part_of=entity,
        address_line="12 rue du Général-Leclerc",
        postal_code="94270",
        commune="Le Kremlin-Bicêtre",
    )
    unit = await structure(claire, name="Consultations externes", level="internal", part_of=site)
    return {"entity": entity, "site": site, "unit": unit, "other": await structure(claire, name="Cabinet des Lilas")}


def _made(location: str) -> str:
    return location.partition("?")[0].rpartition("/")[2]


async def _first(claire: Visitor, page: str, below: str) -> str:
    """The id in the first link of a page that begins so."""
    found = re.search(f'href="{below}({ID})', (await claire.get(page)).text)
    assert found, below
    return found[1]
