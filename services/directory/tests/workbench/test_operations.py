"""Operations on the pages: composed in the address, shown before, done as shown, undone in one action; and finding."""

import re
from collections.abc import Sequence
from datetime import datetime

import pytest
from terresante.directory.v1 import ror_service_pb2 as pb
from terresante_directory.domain.care import CareCount, Counted, Standing
from terresante_directory.workbench.visits import Workbench

from .filling import form
from .test_acts import professional, structure
from .visitor import Visitor

pytestmark = pytest.mark.usefixtures("taken_over")
UNDO = re.compile(r'href="(/historique/[0-9a-f-]{36}/annuler)')


async def parent(workbench: Workbench, id: str) -> str:
    reply = await workbench.desk.ror.GetStructureSheet(pb.GetStructureSheetRequest(structure_id=id))
    return str(reply.sheet.content.part_of)


async def test_a_move_is_shown_then_done_then_undone(claire: Visitor, workbench: Workbench) -> None:
    first, second = await structure(claire, level="site"), await structure(claire, name="Site du Port")
    unit = await structure(claire, name="Unité A", level="internal", part_of=first)
    path = f"/operations/deplacer?structure={unit}&vers={second}&voir=1"

    shown = (await claire.get(path)).text

    assert "Ce que cela ferait" in shown
    assert "Unité A" in shown
    assert await parent(workbench, unit) == first
    done = await claire.post("/operations/deplacer", {**form(shown, "/operations/deplacer"), "why": "Travaux"})
    assert done.status_code == 303, done.text
    assert await parent(workbench, unit) == second
    history = (await claire.get(done.headers["location"])).text
    assert "Travaux" in history
    undo = UNDO.search(history)
    assert undo
    await claire.send(undo[1])
    assert await parent(workbench, unit) == first


class CirclesOfTests:
    """As consent would answer; `told` None: it does not."""

    def __init__(self) -> None:
        self.told: Counted | None = None

    async def __call__(self, _: Sequence[Standing], __: Sequence[datetime]) -> Counted | None:
        return self.told


@pytest.fixture
def circles() -> CirclesOfTests:
    return CirclesOfTests()


async def test_a_preview_says_how_many_circles_are_concerned_or_that_nobody_knows(
    claire: Visitor, circles: CirclesOfTests
) -> None:
    first, other = await structure(claire), await structure(claire, name="Site du Port")
    unit = await structure(claire, name="Unité A", level="internal", part_of=first)
    path = f"/operations/deplacer?structure={unit}&vers={other}&voir=1"
    for told, words in (
        (None, "inconnu en ce moment"),
        (Counted((CareCount(None, None),), 5, 5), "moins de 5"),
        (Counted((CareCount(35, 30),), 5, 5), "35 à 39"),
        (Counted((CareCount(35, 30),), 1, 1), "35"),
    ):
        circles.told = told
        assert f"<dt>Cercles de soins concernés</dt><dd>{words}</dd>" in (await claire.get(path)).text


async def test_what_changed_since_the_preview_is_shown_again_and_nothing_is_done(
    claire: Visitor, workbench: Workbench
) -> None:
    first, second = await structure(claire), await structure(claire, name="Site du Port")
    unit = await structure(claire, name="Unité A", level="internal", part_of=first)
    path = f"/operations/deplacer?structure={unit}&vers={second}&voir=1"
    sent = form((await claire.get(path)).text, "/operations/deplacer")
    await professional(claire, unit)

    answer = await claire.post("/operations/deplacer", sent)

    assert answer.status_code == 409
    assert "PREVIEW_STALE" in answer.text
    assert await parent(workbench, unit) == first
    again = await claire.post("/operations/deplacer", form(answer.text, "/operations/deplacer"))
    assert again.status_code == 303, again.text


async def test_a_merge_and_a_split_are_shown_with_what_they_touch(claire: Visitor, workbench: Workbench) -> None:
    one, other = await structure(claire), await structure(claire, name="Cabinet des Ormes")
    await professional(claire, other)
    merged = (await claire.get(f"/operations/fusionner?structure={one}&structure={other}&vers={one}&voir=1")).text
    assert "Ce que cela ferait" in merged
    done = await claire.post("/operations/fusionner", form(merged, "/operations/fusionner"))
    assert done.status_code == 303, done.text

    parts = (await claire.get(f"/operations/diviser?structure={one}")).text
    place = re.search(r'name="lieu" value="([^"]+)"', parts)
    assert place
    split = await claire.get(
        f"/operations/diviser?structure={one}&lieu={place[1]}&nom=Cabinet+neuf&level=site&kind=cabinet"
        "&territory_code=94-ouest&voir=1"
    )
    assert "Ce que cela ferait" in split.text, split.text


async def test_an_operation_that_makes_no_sense_says_why_and_keeps_its_composition(claire: Visitor) -> None:
    one = await structure(claire)

    for path in (f"deplacer?structure={one}&voir=1", f"fusionner?structure={one}&voir=1", "communes?voir=1&codes=1"):
        answer = await claire.get(f"/operations/{path}")
        assert 400 <= answer.status_code < 500, path
        assert "Motif" in answer.text
    assert f'value="{one}" checked' in (await claire.get(f"/operations/deplacer?structure={one}&voir=1")).text
    assert (await claire.get("/operations/detruire")).status_code == 404
    assert (await claire.get("/operations/deplacer?from=hier&voir=1")).status_code == 400


async def test_everything_is_found_by_name_number_and_with_a_typing_error(claire: Visitor) -> None:
    id = await structure(claire, finess="990000010")
    someone = await professional(claire, id, rpps="99700000013")

    by_name = (await claire.get("/recherche?q=tileuls")).text
    by_number = (await claire.get("/recherche?q=990000010")).text
    by_rpps = (await claire.get("/recherche?q=99700000013", hx_request="true")).text

    assert f"/structures/{id}" in by_name
    assert f"/structures/{id}" in by_number
    assert f"/professionnels/{someone}" in by_rpps
    assert "<html" not in by_rpps


async def test_the_map_says_who_covers_a_commune_and_its_data_are_for_administrators(claire: Visitor) -> None:
    page = await claire.get("/carte?territoire=tous&commune=94080")
    data = await claire.get("/carte/communes.json")
    outlines = await claire.get("/carte/contours.json?v=1")

    assert page.status_code == 200
    assert "Couverte par" in page.text
    name, territory = data.json()["communes"]["94080"]
    assert name == "Vincennes"
    assert territory in data.json()["territories"]
    assert outlines.json()["type"] == "FeatureCollection"
    claire.http.cookies.clear()
    assert (await claire.get("/carte/communes.json")).status_code == 401
