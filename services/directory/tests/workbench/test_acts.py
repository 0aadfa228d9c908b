"""What administrators do on the pages: structures, professionals, places, accounts, mandates, systems."""

import re
from typing import Any

import pytest
from terresante.directory.v1 import directory_service_pb2 as pb
from terresante_directory.workbench.visits import Workbench

from .conftest import Appoint
from .filling import form
from .visitor import Visitor

STRUCTURE = {"name": "Cabinet des Tilleuls", "kind": "cabinet", "territory_code": "94-ouest", "level": "site"}
SUBJECT = "CN=dpi.hopital.example,OU=1990000019,O=Hôpital du Port,C=FR"
PASSWORD = re.compile(r"<dt>Votre mot de passe de départ[^<]*</dt><dd><code>([^<]+)</code>")


async def structure(visitor: Visitor, **changes: str) -> str:
    answer = await visitor.send("/structures/nouvelle", **{**STRUCTURE, **changes})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).partition("?")[0].rpartition("/")[2]


async def professional(visitor: Visitor, where: str, **changes: str) -> str:
    typed = {
        "family_name": "Lemaire",
        "given_name": "Anne",
        "profession": "10",
        "structure": where,
        "role": "titulaire",
    }
    answer = await visitor.send("/professionnels/nouveau", **{**typed, **changes})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).partition("?")[0].rpartition("/")[2]


async def known(workbench: Workbench, id: str) -> pb.Professional:
    request = pb.BatchGetProfessionalsRequest(professional_ids=[id])
    found: pb.Professional = (await workbench.desk.directory.BatchGetProfessionals(request)).professionals[0]
    return found


async def test_a_refused_structure_shows_why_at_the_field_with_all_that_was_typed(claire: Visitor) -> None:
    answer = await claire.send("/structures/nouvelle", **{**STRUCTURE, "siret": "123", "commune": "Créteil"})

    assert answer.status_code == 400
    assert 'id="finess-refus"' in answer.text
    assert 'value="Créteil"' in answer.text
    assert 'value="123"' in answer.text


async def test_a_doubtful_number_is_accepted_and_told(claire: Visitor) -> None:
    answer = await claire.send("/structures/nouvelle", **{**STRUCTURE, "finess": "990000011"})

    page = await claire.get(answer.headers["location"])
    assert "La clé du numéro FINESS ne correspond pas" in page.text


async def test_search_as_one_types_gives_a_part_of_the_page(claire: Visitor) -> None:
    await structure(claire)

    part = await claire.get("/structures?q=tilleul", hx_request="true")
    restored = await claire.get("/structures?q=tilleul", hx_request="true", hx_history_restore_request="true")

    assert "Cabinet des Tilleuls" in part.text
    assert "<html" not in part.text
    assert "<html" in restored.text


async def test_another_territorys_structure_does_not_exist_here(
    claire: Visitor, door: Any, appointed: Appoint, workbench: Workbench
) -> None:
    other = Visitor(door, claire.keycloak)
    await other.log_in(await appointed("92-nord"))
    theirs = await structure(other, territory_code="92-nord")
    await other.http.aclose()
    await claire.log_in(await appointed("94-ouest"))

    page = await claire.get(f"/structures/{theirs}")
    forged = await claire.send("/structures/nouvelle", **{**STRUCTURE, "territory_code": "92-nord"})
    under = await claire.send("/structures/nouvelle", **{**STRUCTURE, "part_of": theirs})

    assert [page.status_code, forged.status_code, under.status_code] == [404, 404, 404]
    listed = await claire.get("/structures?territoire=92-nord")
    assert theirs not in listed.text


async def test_another_territorys_professional_is_not_changed_here(
    claire: Visitor, door: Any, appointed: Appoint, workbench: Workbench
) -> None:
    other = Visitor(door, claire.keycloak)
    await other.log_in(await appointed("92-nord"))
    someone = await professional(other, await structure(other, territory_code="92-nord"))
    await other.send(f"/professionnels/{someone}/compte/ouvrir", means="password")
    await other.http.aclose()
    await claire.log_in(await appointed("94-ouest"))
    place = (await known(workbench, someone)).places[0].place_id

    for path in ("compte/suspendre", "compte/ouvrir", "mandat", f"lieux/{place}/terminer"):
        sent = {**await claire.hidden("/structures/nouvelle"), "means": "password", "territory_codes": "92-nord"}
        answer = await claire.post(f"/professionnels/{someone}/{path}", sent)
        assert answer.status_code == 404, path
        assert "TERRITORY_NOT_YOURS" in answer.text
    after = await known(workbench, someone)
    assert after.account_state == pb.ACCOUNT_STATE_OPEN
    assert not after.places[0].HasField("until")


@pytest.mark.parametrize(
    "id", ["x", "00000000-0000-4000-8000-000000000000", "00000000-0000-4000-8000-00000000000Z", "%00"]
)
@pytest.mark.parametrize(
    "path", ["/structures/{}", "/professionnels/{}", "/systemes/{}", "/professionnels/{}/compte/ouvrir"]
)
async def test_an_id_of_nothing_is_not_found(claire: Visitor, path: str, id: str) -> None:
    assert (await claire.get(path.format(id))).status_code == 404


async def test_the_letter_is_shown_once_and_its_code_is_kept_nowhere(claire: Visitor, workbench: Workbench) -> None:
    someone = await professional(claire, await structure(claire))
    path = f"/professionnels/{someone}/compte/ouvrir"
    sent = {**await claire.hidden(path), "means": "password"}

    letter = await claire.post(path, sent)

    assert letter.status_code == 200
    code = PASSWORD.search(letter.text)
    assert code
    assert 'href="data:application/pdf;base64,JVBERi' in letter.text
    again = await claire.post(path, sent)
    assert again.status_code == 409
    assert "FORM_USED" in again.text
    assert not PASSWORD.search(again.text)
    assert code[1] not in (await claire.get(f"/professionnels/{someone}")).text
    assert (await known(workbench, someone)).account_state == pb.ACCOUNT_STATE_OPEN


async def test_opening_an_account_long_after_the_login_asks_for_a_new_one_and_keeps_what_was_typed(
    visitor: Visitor, appointed: Appoint, workbench: Workbench
) -> None:
    who = await appointed("94-ouest")
    await visitor.log_in(who, ago=301)
    someone = await professional(visitor, await structure(visitor))
    path = f"/professionnels/{someone}/compte/ouvrir"

    asked = await visitor.send(path, means="password")

    assert asked.status_code == 401
    assert "connexion récente" in asked.text
    again = re.search(r'href="(/connexion\?reprise=[^"]+)"', asked.text)
    assert again
    back = await visitor.log_in(who, again[1])
    assert visitor.keycloak.attempts and [*visitor.keycloak.attempts.values()][-1].again
    assert back.headers["location"].startswith(f"{path}?brouillon=")
    form = await visitor.get(back.headers["location"])
    assert 'value="password" checked' in form.text
    assert (await visitor.send(path, back.headers["location"], means="password")).status_code == 200
    assert (await known(workbench, someone)).account_state == pb.ACCOUNT_STATE_OPEN


async def test_an_account_is_suspended_at_once_and_reinstated(claire: Visitor, workbench: Workbench) -> None:
    someone = await professional(claire, await structure(claire))
    base = f"/professionnels/{someone}"
    await claire.send(f"{base}/compte/ouvrir", means="password")

    suspended = await claire.send(f"{base}/compte/suspendre")

    assert "suspendu : ses sessions sont fermées" in (await claire.get(suspended.headers["location"])).text
    assert (await known(workbench, someone)).account_state == pb.ACCOUNT_STATE_SUSPENDED
    await claire.send(f"{base}/compte/retablir")
    assert (await known(workbench, someone)).account_state == pb.ACCOUNT_STATE_OPEN


async def test_two_tabs_on_one_professional_the_second_is_shown_the_difference(
    claire: Visitor, workbench: Workbench
) -> None:
    first, second = await structure(claire), await structure(claire, name="Cabinet des Ormes")
    third = await structure(claire, name="Cabinet des Saules")
    someone = await professional(claire, first)
    path = f"/professionnels/{someone}/lieux/nouveau"
    one, other = await claire.hidden(path), await claire.hidden(path)
    assert (await claire.post(path, {**one, "structure": second, "role": "remplaçante"})).status_code == 303

    answer = await claire.post(path, {**other, "structure": third, "role": "associée"})

    assert answer.status_code == 409
    for words in ("Cabinet des Tilleuls", "Cabinet des Ormes", "Cabinet des Saules", "associée", "a changé"):
        assert words in answer.text
    assert len((await known(workbench, someone)).places) == 2
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', answer.text.partition("<main")[2]))
    assert (await claire.post(path, fields)).status_code == 303
    assert len((await known(workbench, someone)).places) == 3


async def test_a_place_that_ends_is_ended_for_the_version_that_was_seen(claire: Visitor, workbench: Workbench) -> None:
    someone = await professional(claire, await structure(claire))
    place = (await known(workbench, someone)).places[0].place_id
    path = f"/professionnels/{someone}/lieux/{place}/terminer"
    sent = await claire.hidden(path)

    assert (await claire.post(path, sent)).status_code == 303
    again = await claire.post(path, sent)

    assert again.status_code == 409
    assert (await known(workbench, someone)).places[0].HasField("until")


async def test_an_officer_is_named_listed_and_ended(claire: Visitor) -> None:
    someone = await professional(claire, await structure(claire))
    path = f"/professionnels/{someone}/mandat"

    assert (await claire.send(path)).status_code == 400
    await claire.send(path, territory_codes="94-ouest")

    listed = await claire.get("/referents")
    assert "Lemaire Anne" in listed.text
    assert 'value="94-ouest" checked' in (await claire.get(path)).text
    await claire.send(f"{path}/terminer")
    assert "Lemaire Anne" not in (await claire.get("/referents")).text


async def test_a_system_is_registered_and_changed_by_one_at_a_time(claire: Visitor) -> None:
    typed = {
        "name": "Hôpital du Port (DPI)",
        "structure": await structure(claire, name="Hôpital du Port", kind="hospital_service"),
        "issuers": "1.2.250.1.999.7.1\n1.2.250.1.999.7.2",
        "policy": "suggest",
        "certificate_subject": SUBJECT,
    }
    assert (await claire.send("/systemes/nouveau", **{**typed, "issuers": "hôpital"})).status_code == 400
    assert (await claire.send("/systemes/nouveau", **typed)).status_code == 303
    path = re.search(r'href="(/systemes/[0-9a-f-]{36})"', (await claire.get("/systemes")).text)
    assert path
    one, other = await claire.hidden(path[1]), await claire.hidden(path[1])
    changed = await claire.post(path[1], {**one, "policy": "strict", "state": "open"})
    assert changed.status_code == 303

    answer = await claire.post(path[1], {**other, "policy": "auto", "state": "suspended"})

    assert answer.status_code == 409
    assert "Automatique" in answer.text
    assert "a changé" in answer.text
    assert "Stricte" in (await claire.get(path[1])).text


async def test_a_correction_is_kept_and_two_at_once_are_shown_the_difference(
    claire: Visitor, workbench: Workbench
) -> None:
    someone = await professional(claire, await structure(claire))
    path = f"/professionnels/{someone}/corriger"
    one = form((await claire.get(path)).text, path)
    first = await claire.post(path, {**one, "family_name": "Lemayre", "why": "Faute de frappe"})
    assert first.status_code == 303, first.text

    answer = await claire.post(path, {**one, "given_name": "Annie"})

    assert answer.status_code == 409
    for words in ("Lemaire", "Lemayre", "Annie", "a changé"):
        assert words in answer.text
    assert (await known(workbench, someone)).family_name == "Lemayre"
    assert "Faute de frappe" in (await claire.get(f"/professionnels/{someone}/historique")).text
