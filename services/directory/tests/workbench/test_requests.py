"""A correspondent asks, administrators decide: by the pages, from the form to the change."""

import re
from typing import Any
from uuid import uuid4

import pytest
from terresante.directory.v1 import directory_service_pb2 as pb
from terresante_directory.workbench.visits import Workbench

from .conftest import Appoint
from .filling import form
from .visitor import KeycloakInMemory, Visitor

SCRIPT = "<script>alert(1)</script>"


class World:
    """Claire administers 94 Ouest, Anne speaks for a structure there."""

    def __init__(self, claire: Visitor, anne: Visitor, structure: str) -> None:
        self.claire, self.anne, self.structure = claire, anne, structure
        self.base = f"/ma-structure/{structure}"

    async def asked(self, path: str, **typed: Any) -> str:
        """Anne sends the form of this page as it is but for what is typed; gives the id of her request."""
        page = await self.anne.get(path)
        assert page.status_code == 200, page.text
        answer = await self.anne.post(path, {**form(page.text, path), "why": "erreur", **typed})
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"]).partition("?")[0].rpartition("/")[2]

    async def decided(self, request: str, verdict: str = "accepter", by: Visitor | None = None, **typed: str) -> Any:
        who = by or self.claire
        hidden = await who.hidden(f"/demandes/{request}")
        return await who.post(f"/demandes/{request}/decision", {**hidden, "verdict": verdict, **typed})


@pytest.fixture
async def world(claire: Visitor, anne: Visitor) -> World:
    page = (await claire.get(f"/professionnels/{anne.who}")).text
    structure = re.search(r'href="/structures/([0-9a-f-]{36})"', page)
    assert structure
    base = f"/structures/{structure[1]}/correspondants"
    named = await claire.send(base, professional=str(anne.who), acte="designer")
    assert named.status_code == 303, named.text
    return World(claire, anne, structure[1])


async def another(door: Any, logins: KeycloakInMemory, appointed: Appoint, *codes: str) -> Visitor:
    """One more administrator, signed in."""
    one = Visitor(door, logins)
    await one.log_in(await appointed(*codes, name="Paul Roy"))
    return one


async def test_a_correspondent_asks_for_a_correction_that_an_administrator_reads_field_by_field_and_accepts(
    world: World,
) -> None:
    request = await world.asked(f"{world.base}/fiche", name="Cabinet du Parc", address_line="1 rue des Lilas")
    followed = await world.anne.get(f"/mes-demandes/{request}?fait=envoyee")
    assert "Cabinet du Parc" in followed.text
    assert "à décider" in followed.text

    inbox = (await world.claire.get("/demandes")).text
    assert f'href="/demandes/{request}"' in inbox
    page = (await world.claire.get(f"/demandes/{request}")).text
    for words in ("Corriger la fiche de la structure", "Cabinet des Tilleuls", "Cabinet du Parc", "1 rue des Lilas"):
        assert words in page
    assert "Code postal" not in page.partition("<table>")[2].partition("</table>")[0]
    assert "{&#34;" not in page.partition("<main")[2]
    done = await world.decided(request, comment="merci")

    assert done.headers["location"] == f"/demandes/{request}?fait=acceptee"
    assert "Cabinet du Parc" in (await world.claire.get(f"/structures/{world.structure}")).text
    assert "Annuler ce changement" in (await world.claire.get(f"/demandes/{request}?fait=acceptee")).text
    told = (await world.anne.get(f"/mes-demandes/{request}")).text
    assert "Acceptée par Claire Durand" in told
    assert "merci" in told
    assert "Cabinet des Tilleuls" in told.partition("<table>")[2]


async def test_what_gives_rights_needs_two_and_the_page_says_so(
    world: World, door: Any, logins: KeycloakInMemory, appointed: Appoint, workbench: Workbench
) -> None:
    other = await another(door, logins, appointed, "94-ouest")
    far = {"name": "Cabinet du Port", "kind": "cabinet", "territory_code": "94-ouest", "level": "site"}
    place = (await world.claire.send("/structures/nouvelle", **far)).headers["location"]
    someone = {"family_name": "Morel", "given_name": "Zoé", "profession": "60", "role": "infirmière"}
    where = place.partition("?")[0].rpartition("/")[2]
    new = (await world.claire.send("/professionnels/nouveau", structure=where, **someone)).headers["location"]
    zoe = new.partition("?")[0].rpartition("/")[2]
    path = f"{world.base}/equipe/ajouter"
    found = await world.anne.get(f"{path}?q=morel")
    sent = {**form(found.text, path), "professional": zoe, "role": "remplaçante", "why": "congés"}
    request = (await world.anne.post(path, sent)).headers["location"].partition("?")[0].rpartition("/")[2]
    assert "l’accord de deux administrateurs" in (await world.claire.get(f"/demandes/{request}")).text

    half = await world.decided(request)

    assert half.headers["location"].endswith("fait=moitie")
    page = (await world.claire.get(f"/demandes/{request}")).text
    assert "Vous avez donné le premier accord" in page
    assert 'value="accepter"' not in page
    again = await world.decided(request)
    assert (again.status_code, "FOUR_EYES_SAME" in again.text) == (409, True)
    theirs = (await other.get(f"/demandes/{request}")).text
    assert "Claire Durand a donné le premier accord" in theirs
    assert (await world.decided(request, by=other)).headers["location"].endswith("fait=acceptee")
    asked = pb.BatchGetProfessionalsRequest(professional_ids=[zoe])
    reply = await workbench.desk.directory.BatchGetProfessionals(asked)
    assert [one.role for one in reply.professionals[0].places][-1] == "remplaçante"
    await other.http.aclose()


async def test_a_request_that_was_overtaken_is_explained_and_changes_nothing(world: World) -> None:
    request = await world.asked(f"{world.base}/fiche", name="Cabinet du Parc")
    path = f"/structures/{world.structure}/modifier"
    typed = form((await world.claire.get(path)).text, path)
    assert (await world.claire.post(path, {**typed, "name": "Cabinet du Pont"})).status_code == 303
    before = (await world.claire.get(f"/demandes/{request}")).text
    assert "La fiche a été modifiée depuis la demande" in before
    for words in ("Cabinet des Tilleuls", "Cabinet du Pont", "Cabinet du Parc"):
        assert words in before.partition("<table>")[2]

    refused = await world.decided(request)

    assert (refused.status_code, "VERSION_STALE" in refused.text) == (409, True)
    assert "l’accepter effacerait ce changement" in refused.text
    assert "Cabinet du Pont" in (await world.claire.get(f"/structures/{world.structure}")).text
    no = await world.decided(request, "refuser", comment="déjà corrigé")
    assert no.headers["location"].endswith("fait=refusee")
    assert "déjà corrigé" in (await world.anne.get(f"/mes-demandes/{request}")).text


async def test_offers_are_asked_for_corrected_and_closed(world: World) -> None:
    new = f"{world.base}/offres/nouvelle"
    request = await world.asked(new, name="Consultation mémoire", structure_id=str(uuid4()))
    await world.decided(request)
    page = (await world.anne.get(world.base)).text
    offer = re.search(r"/offres/([0-9a-f-]{36})/modifier", page)
    assert offer
    assert "Consultation mémoire" in page

    change = await world.asked(f"{world.base}/offres/{offer[1]}/modifier", name="Consultation de la mémoire")
    await world.decided(change)
    assert "Consultation de la mémoire" in (await world.anne.get(world.base)).text
    closing = await world.asked(f"{world.base}/offres/{offer[1]}/fermer", closing_kind="DEF")
    assert "fermée (" in (await world.claire.get(f"/demandes/{closing}")).text
    await world.decided(closing)
    assert "Consultation de la mémoire" not in (await world.anne.get(world.base)).text
    assert (await world.anne.get(f"{world.base}/offres/{offer[1]}/fermer")).status_code == 404


async def test_a_large_structure_is_looked_through_by_name(world: World) -> None:
    named = (await world.anne.get(f"{world.base}?q=lemaire")).text
    nobody = (await world.anne.get(f"{world.base}?q=zzz")).text

    assert "Lemaire Anne" in named
    assert "Lemaire Anne" not in nobody.partition("<main")[2]
    assert "Personne de l’équipe ne correspond" in nobody
    assert (await world.anne.get(f"{world.base}?q={'x' * 900}")).status_code in (200, 400)


async def test_somebody_leaves_the_team_by_request(world: World) -> None:
    ending = re.search(rf"{world.base}/equipe/[0-9a-f-]+/[0-9a-f-]+/terminer", (await world.anne.get(world.base)).text)
    assert ending
    request = await world.asked(ending[0])
    assert "n’y exerce plus" in (await world.claire.get(f"/demandes/{request}")).text

    await world.decided(request)

    assert (await world.anne.get(world.base)).status_code == 404
    assert "Vous n’êtes correspondant d’aucune structure" in (await world.anne.get("/")).text


async def test_a_thread_is_read_by_both_and_a_request_is_assigned_within_its_territory(
    world: World, door: Any, logins: KeycloakInMemory, appointed: Appoint
) -> None:
    other, stranger = (
        await another(door, logins, appointed, "94-ouest"),
        await another(door, logins, appointed, "95-sud"),
    )
    request = await world.asked(f"{world.base}/fiche", name="Cabinet du Parc")
    path = f"/demandes/{request}/commentaire"
    hidden = await world.claire.hidden(f"/demandes/{request}")

    said = await world.claire.post(path, {**hidden, "text": "Depuis quand ?", "assign_to": str(other.who)})

    assert said.headers["location"].endswith("fait=confiee")
    assert request in (await other.get("/demandes?miennes=oui")).text
    assert request not in (await world.claire.get("/demandes?miennes=oui")).text
    assert (await world.claire.post(path, {**hidden, "text": "encore"})).status_code == 409
    assert "Depuis quand ?" in (await world.anne.get(f"/mes-demandes/{request}")).text
    answered = await world.anne.send(
        f"/mes-demandes/{request}/commentaire", f"/mes-demandes/{request}", text="Depuis mars."
    )
    assert answered.status_code == 303
    assert "Depuis mars." in (await world.claire.get(f"/demandes/{request}")).text
    wrong = await world.claire.send(path, f"/demandes/{request}", assign_to=str(stranger.who))
    assert (wrong.status_code, "ASSIGNEE_INVALID" in wrong.text) == (400, True)
    for where in (f"/demandes/{request}", "/demandes"):
        assert "Cabinet du Parc" not in (await stranger.get(where)).text
    assert (await stranger.get(f"/demandes/{request}")).status_code == 404
    for one in (other, stranger):
        await one.http.aclose()


async def test_what_is_typed_wrong_is_told_to_who_asks_with_the_form_as_it_was(world: World) -> None:
    path = f"{world.base}/fiche"
    typed = form((await world.anne.get(path)).text, path)

    nameless = await world.anne.post(path, {**typed, "name": "", "address_line": "1 rue des Lilas", "why": "x"})
    unsaid = await world.anne.post(path, {**typed, "name": "Cabinet du Parc"})

    assert (nameless.status_code, "STRUCTURE_NAME_INVALID" in nameless.text) == (400, True)
    assert 'value="1 rue des Lilas"' in nameless.text
    assert (unsaid.status_code, "WHY_INVALID" in unsaid.text) == (400, True)
    assert "Vous n’avez rien demandé" in (await world.anne.get("/mes-demandes")).text


async def test_the_same_sending_twice_asks_once(world: World) -> None:
    path = f"{world.base}/fiche"
    typed = {**form((await world.anne.get(path)).text, path), "name": "Cabinet du Parc", "why": "erreur"}

    first, second = await world.anne.post(path, typed), await world.anne.post(path, typed)

    assert first.headers["location"] == second.headers["location"]


async def test_a_structure_that_they_do_not_speak_for_is_none_to_them(world: World) -> None:
    far = {"name": "Cabinet du Port", "kind": "cabinet", "territory_code": "94-ouest", "level": "site"}
    place = (await world.claire.send("/structures/nouvelle", **far)).headers["location"]
    other = place.partition("?")[0].rpartition("/")[2]
    token = (await world.anne.hidden(f"{world.base}/fiche"))["_jeton"]

    for path in ("", "/fiche", "/offres/nouvelle", "/equipe/ajouter", f"/offres/{uuid4()}/modifier"):
        assert (await world.anne.get(f"/ma-structure/{other}{path}")).status_code == 404
    for path in ("/fiche", "/offres/nouvelle", "/equipe/ajouter"):
        sent = {"_jeton": token, "name": "à moi", "why": "x", "professional": str(world.anne.who)}
        assert (await world.anne.post(f"/ma-structure/{other}{path}", sent)).status_code == 404
    assert "Aucune demande n’attend" in (await world.claire.get("/demandes")).text.replace("\n", "")


async def test_a_correspondent_who_is_one_no_more_asks_for_nothing_from_then_on(world: World) -> None:
    path = f"{world.base}/fiche"
    typed = {**form((await world.anne.get(path)).text, path), "name": "Cabinet du Parc", "why": "erreur"}
    base = f"/structures/{world.structure}/correspondants"
    assert (await world.claire.send(base, professional=str(world.anne.who), acte="retirer")).status_code == 303

    refused = await world.anne.post(path, typed)

    assert refused.status_code in (404, 409)
    assert (await world.anne.get(path)).status_code == 404


async def test_scripts_in_any_field_come_back_as_text(world: World) -> None:
    typed = {name: SCRIPT for name in ("name", "address_line", "commune")}
    request = await world.asked(f"{world.base}/fiche", **typed, why=SCRIPT)
    hidden = await world.claire.hidden(f"/demandes/{request}")
    await world.claire.post(f"/demandes/{request}/commentaire", {**hidden, "text": SCRIPT})

    pages = [
        await world.claire.get("/demandes"),
        await world.claire.get(f"/demandes/{request}"),
        await world.claire.get(f"/demandes?structure={SCRIPT}&territoire={SCRIPT}&miennes={SCRIPT}"),
        await world.anne.get("/mes-demandes"),
        await world.anne.get(f"/mes-demandes/{request}"),
        await world.anne.get(f"{world.base}/equipe/ajouter?q={SCRIPT}"),
    ]
    assert {page.status_code for page in pages} <= {200, 400}
    assert not any(SCRIPT in page.text for page in pages)


async def test_a_request_about_what_is_no_more_is_told_so_and_can_be_refused(world: World) -> None:
    enrolled = await world.asked(f"{world.base}/offres/nouvelle", name="Consultation mémoire")
    await world.decided(enrolled)
    offer = re.search(r"/offres/([0-9a-f-]{36})/modifier", (await world.anne.get(world.base)).text)
    assert offer
    request = await world.asked(f"{world.base}/offres/{offer[1]}/modifier", name="Consultation")
    act = re.search(r"/historique/([0-9a-f-]{36})/annuler", (await world.claire.get(f"/demandes/{enrolled}")).text)
    assert act
    undone = await world.claire.send(f"/historique/{act[1]}/annuler", why="essai")
    assert undone.status_code == 303, undone.text

    page = await world.claire.get(f"/demandes/{request}")

    assert (page.status_code, "n’existe plus dans le répertoire" in page.text) == (200, True)
    accepted = await world.decided(request)
    assert (accepted.status_code, "OFFER_UNKNOWN" in accepted.text) == (404, True)
    assert (await world.decided(request, "refuser", comment="annulée")).headers["location"].endswith("refusee")


async def test_a_forged_decision_decides_nothing(world: World) -> None:
    request = await world.asked(f"{world.base}/fiche", name="Cabinet du Parc")
    hidden = await world.claire.hidden(f"/demandes/{request}")
    path = f"/demandes/{request}/decision"

    forged = await world.claire.post(path, {"_jeton": "A.B", "verdict": "accepter"})
    unclear = await world.claire.post(path, {**hidden, "verdict": "oui"})
    foreign = await world.claire.post(path, {**hidden, "verdict": "accepter"}, origin="https://evil.example")

    assert [one.status_code for one in (forged, unclear, foreign)] == [409, 404, 403]
    assert "à décider" in (await world.claire.get(f"/demandes/{request}")).text


async def test_a_correspondent_is_named_among_those_who_practise_there_only(world: World) -> None:
    base = f"/structures/{world.structure}/correspondants"

    wrong = await world.claire.send(base, professional=str(uuid4()), acte="designer")
    sought = (await world.claire.get(f"{base}?q=zzz")).text

    assert "Personne de plus ne correspond" in sought
    assert (wrong.status_code, "PROFESSIONAL_UNKNOWN" in wrong.text) == (404, True)
    assert (await world.claire.get(f"/structures/{uuid4()}/correspondants")).status_code == 404
