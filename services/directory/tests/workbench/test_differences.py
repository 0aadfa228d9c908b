"""Two sources side by side on the pages: decided line by line or by the whole, remembered, undone; others' are none."""

import html
import re
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from terresante.directory.v1 import directory_service_pb2 as pb
from terresante_directory.workbench.visits import Workbench

from .conftest import Appoint
from .filling import form
from .test_forms import SCRIPTS
from .test_imports import SAMPLES, read, send
from .visitor import Visitor

PAGE = "/ecarts"
IDS = re.compile(r'name="ecart" value="([^"]+)"')
WHOLE = re.compile(r'name="toute" value="([^"]+)"')


async def imported(visitor: Visitor) -> str:
    """The sample of FINESS, all that is new applied; gives its page."""
    path = (await send(visitor, (SAMPLES / "finess.csv").read_bytes(), "finess.csv", format="finess")).headers[
        "location"
    ]
    fields = form(await read(visitor, path), f"{path}/choisir")
    await visitor.post(f"{path}/choisir", {"_jeton": fields["_jeton"], "sorte": "2", "toutes": "1"})
    applying = form(await read(visitor, path), f"{path}/appliquer")
    assert (await visitor.post(f"{path}/appliquer", {**applying, "why": "reprise"})).status_code == 303
    await read(visitor, path)
    return path


async def corrected(visitor: Visitor, workbench: Workbench, **changes: str) -> str:
    """The id of a structure of FINESS that was corrected here; the extract was read again since."""
    await imported(visitor)
    again = await send(visitor, (SAMPLES / "finess.csv").read_bytes(), "finess.csv", format="finess")
    await read(visitor, again.headers["location"])
    reply = await workbench.desk.directory.SearchStructures(pb.SearchStructuresRequest(territory_code="94-ouest"))
    id: str = reply.structures[0].structure_id
    path = f"/structures/{id}/modifier"
    sent = {**form((await visitor.get(path)).text, path), **changes}
    answer = await visitor.post(path, sent)
    assert answer.status_code == 303, answer.text
    return id


async def settle(visitor: Visitor, path: str = PAGE, **typed: Any) -> httpx2.Response:
    """Sends the form of that page with these fields typed."""
    fields = form((await visitor.get(path)).text, PAGE)
    return await visitor.post(PAGE, {**fields, "choix": "garder", **typed})


async def ids(visitor: Visitor, path: str = PAGE) -> list[str]:
    return IDS.findall((await visitor.get(path)).text)


async def test_when_nothing_differs_the_page_says_when_something_would(claire: Visitor, taken_over: None) -> None:
    page = (await claire.get(PAGE)).text

    assert "Rien n’attend" in page
    assert 'href="/imports/nouveau"' in page
    assert "FINESS : 0" in page
    assert "Aucune valeur d’ici n’a été gardée" in (await claire.get(f"{PAGE}?vue=gardes")).text


async def test_both_sides_stand_field_by_field_and_taking_the_source_is_one_act_that_is_undone(
    claire: Visitor, workbench: Workbench, taken_over: None
) -> None:
    id = await corrected(claire, workbench, name="Nom d’ici", address_line="1 rue d’ici")

    page = (await claire.get(PAGE)).text
    assert "FINESS : 2" in page
    assert page.index("Adresse") < page.index("1 rue d’ici")
    assert html.escape("Nom d’ici") in page
    answer = await settle(claire, toute=WHOLE.findall(page), choix="source", why="FINESS a raison")

    assert answer.status_code == 303
    after = await claire.get(answer.headers["location"])
    assert "en un acte" in after.text
    assert "FINESS : 0" in after.text
    assert "Nom d’ici" not in (await claire.get(f"/structures/{id}")).text
    undo = re.search(r'href="(/historique/[^"/]+/annuler)"', after.text)
    assert undo
    assert "FINESS a raison" in (await claire.get("/historique")).text
    assert (await claire.send(undo[1])).status_code == 303
    assert "FINESS : 2" in (await claire.get(PAGE)).text


async def test_what_is_kept_is_remembered_with_who_and_why_and_can_be_decided_again(
    claire: Visitor, workbench: Workbench, taken_over: None
) -> None:
    await corrected(claire, workbench, name="Nom d’ici", address_line="1 rue d’ici")
    name = next(one for one in await ids(claire) if ".name." in one)

    answer = await settle(claire, ecart=[name], why="vu sur place")

    assert "gardées" in (await claire.get(answer.headers["location"])).text
    assert [".address_line." in one for one in await ids(claire)] == [True]
    kept = (await claire.get(f"{PAGE}?source=finess&vue=gardes")).text
    assert IDS.findall(kept) == [name]
    assert "par Claire Durand : vu sur place" in kept
    back = await settle(claire, f"{PAGE}?source=finess&vue=gardes", ecart=[name], choix="rouvrir")
    assert "attendent de nouveau" in (await claire.get(back.headers["location"])).text
    assert name in await ids(claire)
    assert await ids(claire, f"{PAGE}?source=finess&vue=gardes") == []


async def test_every_state_has_an_address_and_a_wrong_one_shows_all(
    claire: Visitor, workbench: Workbench, taken_over: None
) -> None:
    id = await corrected(claire, workbench, name="Nom d’ici")
    both = await ids(claire)

    assert both
    for query, shown in (
        ("source=annuaire", []),
        ("source=finess&genre=structure&territoire=94-ouest", both),
        ("source=finess&genre=offer", []),
        (f"genre=structure&fiche={id}", both),
        (f"genre=structure&fiche={uuid4()}", []),
        ("source=autre&territoire=95-sud&genre=x&fiche=x&suite=x", both),
    ):
        assert await ids(claire, f"{PAGE}?{query}") == shown, query
    part = await claire.get(f"{PAGE}?source=finess", hx_request="true")
    assert "<html" not in part.text
    assert IDS.findall(part.text) == both


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ({"choix": "garder"}, "CHOICE_INVALID"),
        ({"choix": "autre", "ecart": ["x"]}, "CHOICE_INVALID"),
        ({"choix": "source", "ecart": ["x"]}, "DIFFERENCE_UNKNOWN"),
        ({"choix": "rouvrir"}, "CHOICE_INVALID"),
        ({"choix": "garder", "ecart": ["x"] * 1 + [f"x{n}" for n in range(201)]}, "TOO_MANY_IDS"),
    ],
)
async def test_what_cannot_be_decided_is_refused_with_its_reason_and_changes_nothing(
    claire: Visitor, workbench: Workbench, taken_over: None, typed: dict[str, Any], reason: str
) -> None:
    await corrected(claire, workbench, name="Nom d’ici")
    both = await ids(claire)

    answer = await settle(claire, **typed)

    assert answer.status_code in (400, 404), answer.text
    assert reason in answer.text
    assert await ids(claire) == both


async def test_a_decision_is_refused_once_either_side_has_changed_and_keeps_what_was_ticked(
    claire: Visitor, workbench: Workbench, taken_over: None
) -> None:
    id = await corrected(claire, workbench, name="Nom d’ici", address_line="1 rue d’ici")
    seen = await ids(claire)
    path = f"/structures/{id}/modifier"
    fields = form((await claire.get(PAGE)).text, PAGE)
    await claire.post(path, {**form((await claire.get(path)).text, path), "name": "Nom changé"})

    answer = await claire.post(PAGE, {**fields, "ecart": seen, "choix": "source", "why": "trop tard"})

    assert (answer.status_code, "DIFFERENCE_UNKNOWN" in answer.text) == (404, True)
    assert "Nom changé" in answer.text
    assert 'value="trop tard"' in answer.text
    assert len(re.findall(r'name="ecart" value="[^"]+" checked', answer.text)) == 1


async def test_differences_of_other_territories_are_none(
    claire: Visitor, workbench: Workbench, appointed: Appoint, taken_over: None
) -> None:
    await corrected(claire, workbench, name="Nom d’ici")
    seen = await ids(claire)
    await claire.log_in(await appointed("95-sud", name="Paul Sud"))

    assert await ids(claire) == []
    fields = await claire.hidden("/structures/nouvelle")
    answer = await claire.post(PAGE, {"_jeton": fields["_jeton"], "ecart": seen, "choix": "source"})
    assert answer.status_code == 404


@pytest.mark.parametrize("script", SCRIPTS)
async def test_what_a_source_or_somebody_says_is_never_markup(
    claire: Visitor, workbench: Workbench, taken_over: None, script: str
) -> None:
    await corrected(claire, workbench, name=f"Nom {script}")

    for page in ((await claire.get(PAGE)).text, (await settle(claire, choix="x", why=script)).text):
        assert "<script>alert" not in page
        assert "<img src=x" not in page
