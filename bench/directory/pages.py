"""Each page of the workbench, as the administrator of the largest territory gets it: server time, bytes on first load.

The application itself over the real RPCs (mutual TLS on loopback); only the login is made up. Time is the median of ten
answers, from the request to the last byte; bytes are those of the page with the styles and scripts that it names, as
a browser without any of them gets them (compressed where the server does).
"""

from __future__ import annotations

import gc
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import httpx2
from terresante_directory import gazetteer, reference, valuesets
from terresante_directory.domain.identifiers import AdministratorId, TerritoryCode
from terresante_directory.workbench import app, inside
from terresante_directory.workbench.attempts import Attempts
from terresante_directory.workbench.cookies import COOKIE
from terresante_directory.workbench.inside import Servicers
from terresante_directory.workbench.serving import LOGINS, marking
from terresante_directory.workbench.sessions import Sessions, Tokens
from terresante_directory.workbench.visits import Workbench
from terresante_platform.database import Database
from terresante_platform.strangers import Strangers
from terresante_platform.testing.certificates import Authority
from terresante_platform.testing.issuer import Issuer, verifier_of
from terresante_platform.testing.postgres import Server

from bench.directory import using
from bench.directory.serving import services
from bench.directory.using import ADMINISTRATOR, LOCAL

ORIGIN = "https://atelier.test"
TIMES = 10
PAGE_MS, FIRST_LOAD = 300, 150_000
ASSET = re.compile(r'(?:src|href)="(/static/[^"]+\.(?:css|js)[^"]*)"')
SOMEONE = "select id from professional left join account on uid = id"
ONLY_THERE = (
    "and exists (select from place where professional_id = professional.id and until is null) and not exists (select"
    " from place join structure on structure.id = structure_id where professional_id = professional.id and territory <> :t)"
)
IDS = {
    "{site}": "select id from structure where stands and not closed and level = 'site' and territory = :t"
    " order by (select count(*) from place where structure_id = structure.id) desc limit 1",
    "{unit}": "select id from structure where stands and not closed and level = 'internal' and territory = :t limit 1",
    "{offer}": "select id from offer where open and territory = :t order by id limit 1",
    "{someone}": f"{SOMEONE} where state = 'open' {ONLY_THERE} limit 1",
    "{nobody}": f"{SOMEONE} where account.uid is null {ONLY_THERE} limit 1",
    "{suspended}": f"{SOMEONE} where state = 'suspended' {ONLY_THERE} limit 1",
    "{place}": "select id from place where professional_id = '{someone}' and until is null limit 1",
    "{act}": "select id from act where kind = 'changed' order by at desc limit 1",
    "{administrator}": f"select '{LOCAL}'",
    "{request}": "select change_request.id from change_request join structure on structure.id = structure_id"
    " where decided_at is null and territory = :t limit 1",
    "{commune}": "select code from commune where territory = :t limit 1",
    "{family}": "select family_name from professional limit 1",
    "{t}": "select :t",
}
ADDRESSES: dict[str, tuple[str, ...]] = {
    "/": ("/",),
    "/structures": ("/structures", "/structures?q=hopital&territoire={t}"),
    "/structures/choix": ("/structures/choix?q=hopital",),
    "/structures/nouvelle": ("/structures/nouvelle",),
    "/structures/{id}": ("/structures/{site}", "/structures/{unit}"),
    "/structures/{id}/modifier": ("/structures/{site}/modifier",),
    "/structures/{id}/fermer": ("/structures/{site}/fermer",),
    "/arbre": ("/arbre", "/arbre?territoire={t}"),
    "/arbre/branche": ("/arbre/branche?parent={site}",),
    "/carte": ("/carte", "/carte?territoire={t}"),
    "/carte/communes.json": ("/carte/communes.json?territoire={t}",),
    "/carte/contours.json": ("/carte/contours.json?territoire={t}",),
    "/offres": ("/offres", "/offres?territoire={t}"),
    "/offres/a-confirmer": ("/offres/a-confirmer",),
    "/offres/nouvelle": ("/offres/nouvelle?structure={site}",),
    "/offres/{id}": ("/offres/{offer}",),
    "/offres/{id}/modifier": ("/offres/{offer}/modifier",),
    "/offres/{id}/fermer": ("/offres/{offer}/fermer",),
    "/recherche": ("/recherche", "/recherche?q={family}"),
    "/imports": ("/imports",),
    "/imports/nouveau": ("/imports/nouveau",),
    "/ecarts": ("/ecarts",),
    "/operations": ("/operations",),
    "/operations/{kind}": ("/operations/deplacer?structures={site}",),
    "/historique": ("/historique",),
    "/{kind}/{id}/historique": ("/structures/{site}/historique", "/professionnels/{someone}/historique"),
    "/historique/{act}/annuler": ("/historique/{act}/annuler",),
    "/professionnels": ("/professionnels", "/professionnels?q={family}"),
    "/professionnels/nouveau": ("/professionnels/nouveau?structure={site}",),
    "/professionnels/{id}": ("/professionnels/{someone}",),
    "/professionnels/{id}/lieux/nouveau": ("/professionnels/{someone}/lieux/nouveau?structure={site}",),
    "/professionnels/{id}/lieux/{place}/terminer": ("/professionnels/{someone}/lieux/{place}/terminer",),
    "/professionnels/{id}/compte": ("/professionnels/{someone}/compte",),
    "/professionnels/{id}/compte/ouvrir": ("/professionnels/{nobody}/compte/ouvrir",),
    "/professionnels/{id}/compte/suspendre": ("/professionnels/{someone}/compte/suspendre",),
    "/professionnels/{id}/compte/retablir": ("/professionnels/{suspended}/compte/retablir",),
    "/professionnels/{id}/compte/telephone": ("/professionnels/{someone}/compte/telephone",),
    "/professionnels/{id}/compte/carte": ("/professionnels/{someone}/compte/carte",),
    "/professionnels/{id}/corriger": ("/professionnels/{someone}/corriger",),
    "/professionnels/{id}/mandat": ("/professionnels/{someone}/mandat",),
    "/comptes": ("/comptes", "/comptes?territoire={t}", "/comptes?territoire={t}&depuis=365"),
    "/comptes/historique": ("/comptes/historique",),
    "/comptes/ouvrir": ("/comptes/ouvrir",),
    "/demandes": ("/demandes", "/demandes?closes=oui"),
    "/demandes/{id}": ("/demandes/{request}",),
    "/structures/{id}/correspondants": ("/structures/{site}/correspondants",),
    "/indicateurs": ("/indicateurs", "/indicateurs?territoire={t}"),
    "/administrateurs": ("/administrateurs",),
    "/administrateurs/nouveau": ("/administrateurs/nouveau",),
    "/administrateurs/{id}": ("/administrateurs/{administrator}",),
    "/referents": ("/referents",),
    "/systemes": ("/systemes",),
    "/systemes/nouveau": ("/systemes/nouveau",),
}
"""By route: the addresses that stand for it."""
REGIONAL = ("/", "/structures", "/arbre", "/historique", "/comptes", "/demandes", "/offres/a-confirmer", "/referents")
"""Measured also as who administers all territories gets them."""


@dataclass(frozen=True, slots=True)
class Page:
    """An answer. `bytes`: with what it names, on first load."""

    address: str
    status: int
    median: float
    worst: float
    bytes: int

    @property
    def is_missed(self) -> bool:
        return self.status != 200 or self.median > PAGE_MS or self.bytes > FIRST_LOAD

    def line(self) -> str:
        verdict = "NOT REACHED" if self.is_missed else "reached"
        return (
            f"{self.address:<64} {self.status}  median {self.median:7.1f} ms  worst {self.worst:7.1f}"
            f"  first load {self.bytes / 1000:6.1f} kB  ≤ {PAGE_MS} ms, {FIRST_LOAD // 1000} kB: {verdict}"
        )


async def measured(server: Server, name: str, database: Database, now: datetime, largest: str) -> bool:
    """Prints a line for each page, and which routes no address stands for. Whether a budget was missed."""
    ids = _ids(server, name, largest)
    await using.seat(database, TerritoryCode(largest))
    missed = False
    for who, addresses in (
        (LOCAL, [one for route in _routes() for one in ADDRESSES.get(route, ())]),
        (ADMINISTRATOR, REGIONAL),
    ):
        print("as the administrator of", "all territories" if who == ADMINISTRATOR else largest)
        async with _browser(database, now, who) as browser:
            for address in addresses:
                page = await _page(browser, _filled_in(address, ids), address)
                missed |= page.is_missed
                print(page.line(), flush=True)
    print("pages that are not measured:", ", ".join(one for one in _routes() if one not in ADDRESSES))
    return missed


def _routes() -> list[str]:
    found = [route for router in app.ROUTERS for route in router.routes]
    return [route.path for route in found if "GET" in (getattr(route, "methods", None) or ())]  # type: ignore[attr-defined]


def _ids(server: Server, name: str, largest: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for what, query in IDS.items():
        found[what] = server.sql(_filled_in(query, found).replace(":t", f"'{largest}'"), name)
    return found


def _filled_in(text: str, ids: dict[str, str]) -> str:
    for what, value in ids.items():
        text = text.replace(what, value)
    return text


async def _page(browser: httpx2.AsyncClient, path: str, address: str) -> Page:
    taken, size, status = [], 0, 0
    for _ in range(TIMES):
        begun = time.perf_counter()
        answer = await browser.get(path)
        taken.append(1000 * (time.perf_counter() - begun))
        size, status = answer.num_bytes_downloaded, answer.status_code
    for asset in dict.fromkeys(ASSET.findall(answer.text)):
        size += (await browser.get(asset)).num_bytes_downloaded
    return Page(address, status, median(taken), max(taken), size)


@asynccontextmanager
async def _browser(database: Database, at: datetime, person: AdministratorId) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser that the person is signed in at. The directory's day stands still, the session's time goes on."""
    issuer = Issuer("https://login.test/realms/pro", ["administrator", "professional"])
    verifier, now = verifier_of("directory", issuer), partial(datetime.now, UTC)
    of, communes = services(database, lambda: at), gazetteer.load()
    labels = {code: one.label for code, one in reference.professions().items()}
    keycloak: Any = None
    with TemporaryDirectory() as folder:
        who = Authority(Path(folder)).identity("directory")
        servicers = Servicers(of.directory, of.ror, of.imports, of.enrolment)
        async with inside.desk(who, verifier, servicers) as desk:
            sessions = Sessions(database, now)
            strangers = Strangers(marking("a key"), time.monotonic, LOGINS)
            workbench = Workbench(
                sessions, Attempts(database, now), keycloak, verifier, desk, ORIGIN, labels, valuesets.load(), communes,
                strangers,
            )  # fmt: skip
            token = issuer.token("administrator", person, 3, exp=int(time.time()) + 3600)
            tokens = Tokens(token, "", now() + timedelta(hours=1))
            session = await sessions.open(person, tokens, ())
            transport = httpx2.ASGITransport(app=app.door(workbench), raise_app_exceptions=True)
            async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN) as browser:
                browser.cookies.set(COOKIE, session.secret)
                await browser.get("/")
                gc.collect()
                gc.freeze()  # as the service's process does; this one holds the made-up directory as well
                yield browser
