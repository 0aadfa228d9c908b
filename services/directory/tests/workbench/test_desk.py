"""The home page is a desk: what waits, the oldest first, each a link to the list that shows exactly that."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from terresante.directory.v1 import enrolment_service_pb2 as pb
from terresante_directory.workbench import waiting
from terresante_directory.workbench.waiting import WORDS

from .conftest import Appoint, Watch
from .filling import form
from .visitor import KeycloakInMemory, Visitor

OFFER = {"name": "Consultation mémoire", "activity": "099", "type": "27", "field": "01"}
STRUCTURE = {"name": "Cabinet des Tilleuls", "kind": "cabinet", "territory_code": "94-ouest", "level": "site"}


def made(location: str) -> str:
    return location.partition("?")[0].rpartition("/")[2]


def rows(page: str) -> list[str]:
    """Where the lines of the desk lead, in order."""
    listed = page.partition('<ol class="rows">')[2].partition("</ol>")[0]
    return re.findall(r'href="([^"]+)"', listed)


async def test_an_empty_desk_says_what_will_be_there(claire: Visitor) -> None:
    page = (await claire.get("/")).text

    assert "Rien n’attend." in page
    assert rows(page) == []
    assert "les demandes des correspondants" in page


async def test_what_waits_leads_to_the_list_that_shows_exactly_that_the_oldest_first(
    claire: Visitor, anne: Visitor, watch: Watch, door: Any, logins: KeycloakInMemory, appointed: Appoint
) -> None:
    where = re.search(r'href="/structures/([0-9a-f-]{36})"', (await claire.get(f"/professionnels/{anne.who}")).text)
    assert where
    correspondents = f"/structures/{where[1]}/correspondants"
    await claire.send(correspondents, professional=str(anne.who), acte="designer")
    offer = made((await claire.send("/offres/nouvelle", structure_id=where[1], **OFFER)).headers["location"])
    watch.ahead += timedelta(days=200)
    await anne.log_in(anne.who, kind="professional")
    path = f"/ma-structure/{where[1]}/fiche"
    sent = {**form((await anne.get(path)).text, path), "name": "Cabinet du Parc", "why": "erreur"}
    request = made((await anne.post(path, sent)).headers["location"])
    await claire.log_in(claire.who)

    page = (await claire.get("/")).text

    assert rows(page) == ["/offres/a-confirmer", "/demandes"]
    assert "1 offre à confirmer" in page
    assert "1 demande à décider" in page
    assert offer in (await claire.get("/offres/a-confirmer")).text
    assert request in (await claire.get("/demandes")).text
    away = Visitor(door, logins)
    await away.log_in(await appointed("95-sud"))
    assert rows((await away.get("/")).text) == []
    await away.http.aclose()


async def test_each_kind_of_work_has_a_page_that_is_there(claire: Visitor) -> None:
    for _, _, href in WORDS.values():
        assert (await claire.get(href)).status_code == 200, href


def test_the_oldest_comes_first_and_what_has_no_age_last() -> None:
    now = datetime(2026, 11, 30, tzinfo=UTC)

    def waits(kind: str, count: int, days: int | None = None) -> pb.Waiting:
        told = pb.Waiting(kind=kind, count=count)
        if days is not None:
            told.oldest.FromDatetime(now - timedelta(days=days))
        return told

    work = [waits("unsettled_accounts", 2), waits("requests", 1, 1), waits("differences", 101, 9), waits("new", 1)]
    assert [line.words for line in waiting.lines(work)] == [
        "plus de 100 écarts entre deux sources",
        "1 demande à décider",
        "2 comptes que le service de connexion n’a pas encore à jour",
    ]
