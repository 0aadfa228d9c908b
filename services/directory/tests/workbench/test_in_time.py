"""The directory in time on the pages: the tree, changes from a day on, closing, history and undoing."""

import re
from typing import Any

from .filling import form
from .test_acts import STRUCTURE, professional, structure
from .visitor import Visitor

UNDO = re.compile(r'href="(/historique/[0-9a-f-]{36}/annuler[^"]*)"')


async def form_of(visitor: Visitor, path: str) -> dict[str, Any]:
    """All that the form of a page holds, as a browser would send it."""
    return form((await visitor.get(path)).text, path)


async def test_the_tree_opens_branch_by_branch_and_its_address_says_what_is_open(claire: Visitor) -> None:
    entity = await structure(claire, name="Groupe du Port", level="legal_entity")
    site = await structure(claire, name="Site du Port", level="site", part_of=entity)
    await structure(claire, name="Unité A", level="internal", part_of=site)

    shut = (await claire.get("/arbre")).text
    opened = (await claire.get(f"/arbre?ouvert={entity}&ouvert={site}")).text
    part = (await claire.get(f"/arbre/branche?de={entity}&niveau=2", hx_request="true")).text

    assert "Groupe du Port" in shut
    assert "Site du Port" not in shut
    assert "Unité A" in opened
    assert "Site du Port" in part
    assert "<html" not in part


async def test_a_change_holds_from_the_day_typed_and_the_day_before_is_still_known(claire: Visitor) -> None:
    id = await structure(claire, level="site")
    sent = {**await form_of(claire, f"/structures/{id}/modifier"), "name": "Maison des Tilleuls", "why": "Nouveau nom"}

    answer = await claire.post(f"/structures/{id}/modifier", sent)

    assert answer.status_code == 303, answer.text
    assert "Maison des Tilleuls" in (await claire.get(f"/structures/{id}")).text
    history = (await claire.get(f"/structures/{id}/historique")).text
    assert "<del>Cabinet des Tilleuls</del>" in history
    assert "<ins>Maison des Tilleuls</ins>" in history
    assert "Nouveau nom" in history
    assert (await claire.get(f"/structures/{id}?le=2001-01-01")).status_code == 404


async def test_two_who_change_the_same_structure_are_shown_the_difference(claire: Visitor) -> None:
    id = await structure(claire, level="site")
    path = f"/structures/{id}/modifier"
    one, other = await form_of(claire, path), await form_of(claire, path)
    await claire.post(path, {**one, "name": "Maison des Tilleuls"})

    answer = await claire.post(path, {**other, "name": "Centre des Tilleuls", "address_line": "3 rue du Port"})

    assert answer.status_code == 409
    for words in ("Cabinet des Tilleuls", "Maison des Tilleuls", "Centre des Tilleuls", "3 rue du Port", "a changé"):
        assert words in answer.text
    assert "Maison des Tilleuls" in (await claire.get(f"/structures/{id}")).text


async def test_a_closed_structure_says_so_and_an_undoing_opens_it_again(claire: Visitor) -> None:
    id = await structure(claire, level="site")
    await professional(claire, id)
    sent = await form_of(claire, f"/structures/{id}/fermer")
    assert "1 professionnel" in (await claire.get(f"/structures/{id}/fermer")).text

    closed = await claire.post(f"/structures/{id}/fermer", {**sent, "closing_kind": "DEF"})

    assert closed.status_code == 303, closed.text
    assert ">fermée</span>" in (await claire.get(f"/structures/{id}")).text
    history = (await claire.get(f"/structures/{id}/historique")).text
    undo = UNDO.search(history)
    assert undo
    back = await claire.send(undo[1].partition("?")[0], undo[1].replace("&amp;", "&"), why="Erreur")
    assert back.headers["location"] == f"/structures/{id}/historique?fait=annule"
    assert ">fermée</span>" not in (await claire.get(f"/structures/{id}")).text


async def test_before_an_act_is_undone_the_page_shows_what_comes_back(claire: Visitor) -> None:
    id = await structure(claire, level="site")
    sent = {**await form_of(claire, f"/structures/{id}/modifier"), "name": "Maison des Tilleuls"}
    await claire.post(f"/structures/{id}/modifier", sent)
    undo = UNDO.search((await claire.get(f"/structures/{id}/historique")).text)
    assert undo
    address = undo[1].replace("&amp;", "&")

    shown = (await claire.get(address)).text
    unplaced = await claire.get(address.partition("?")[0] + "?suite=zzz")

    assert "<del>Maison des Tilleuls</del> → <ins>Cabinet des Tilleuls</ins>" in shown
    assert unplaced.status_code == 200
    assert "Annuler l’acte" in unplaced.text


async def test_a_date_that_does_not_exist_is_told_at_its_field(claire: Visitor) -> None:
    id = await structure(claire, level="site")
    sent = await form_of(claire, f"/structures/{id}/modifier")

    for bad in ("2026-02-30", "hier", "0000-00-00", "99999-01-01"):
        answer = await claire.post(f"/structures/{id}/modifier", {**sent, "name": "Autre", "from": bad})
        assert answer.status_code == 400, bad
        assert "DAY_INVALID" in answer.text
        assert 'value="Autre"' in answer.text
    assert (await claire.get(f"/structures/{id}?le=2026-02-30")).status_code == 400
    assert (await claire.get("/arbre?le=hier")).status_code == 400


async def test_contacts_are_kept_with_their_level_and_a_level_that_is_none_is_refused(claire: Visitor) -> None:
    contact = {"telecom_channel": "2", "telecom_value": "01 23 45 67 89", "telecom_label": "secrétariat"}

    made = await structure(claire, level="site", **contact, telecom_level="3")
    refused = await claire.send("/structures/nouvelle", **{**STRUCTURE, **contact, "telecom_level": "9"})

    assert "administrateurs</span>" in (await claire.get(f"/structures/{made}")).text
    assert refused.status_code == 400
    assert "TELECOM_INVALID" in refused.text


async def test_a_history_that_is_not_ours_is_not_found_and_leads_nowhere_else(claire: Visitor) -> None:
    assert (await claire.get("/autres/00000000-0000-4000-8000-000000000000/historique")).status_code == 404
    page = await claire.get("/historique/00000000-0000-4000-8000-000000000000/annuler?retour=//evil.example")

    assert "evil" not in page.text
    answer = await claire.send("/historique/00000000-0000-4000-8000-000000000000/annuler")
    assert answer.status_code == 404
    assert "ACT_UNKNOWN" in answer.text
