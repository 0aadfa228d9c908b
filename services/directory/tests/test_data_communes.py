"""What the directory's data files tell of communes, their outlines and territories."""

import csv
import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from terresante_directory import gazetteer, reference
from terresante_directory.gazetteer import Gazetteer, Outlines, Position, Ring

REGION_2019 = 12_262_544
"""Inhabitants of Île-de-France, INSEE."""


@pytest.fixture(scope="module")
def known() -> Gazetteer:
    return gazetteer.load()


@pytest.fixture(scope="module")
def outlines() -> Outlines:
    return gazetteer.load_outlines()


def test_the_region_has_its_communes_and_paris_its_twenty_arrondissements(known: Gazetteer) -> None:
    departments = Counter(commune.department for commune in known.communes.values())

    assert len(known.communes) == 1285
    assert set(departments) == {"75", "77", "78", "91", "92", "93", "94", "95"}
    assert [commune.code for commune in known.members("75056")] == [f"751{rank:02}" for rank in range(1, 21)]
    assert departments["75"] == 20
    assert {commune.city for commune in known.communes.values()} == {"", "75056"}


def test_populations_sum_near_the_region_s(known: Gazetteer) -> None:
    total = known.population(known.communes)

    assert abs(total - REGION_2019) < 0.03 * REGION_2019
    assert 2_000_000 < known.population(["75056"]) < 2_250_000


def test_a_commune_counts_once_and_an_unknown_one_for_nobody(known: Gazetteer) -> None:
    villejuif = known.communes["94076"]

    assert known.population(["94076", "94076", "99999"]) == villejuif.population
    assert known.members("99999") == ()


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("villejuif", "94076"),
        ("VILLEJ", "94076"),
        ("evry", "91228"),
        ("l hay", "94038"),
        ("l'haÿ-les-roses", "94038"),
        ("st denis", "93066"),
        ("St-Ouen-sur", "93070"),
        ("94800", "94076"),
        ("75113", "75113"),
        ("paris 13", "75113"),
    ],
)
def test_a_commune_is_found_as_people_type_it(known: Gazetteer, typed: str, code: str) -> None:
    assert known.find(typed)[0].code == code


def test_nothing_typed_finds_nothing_and_results_are_limited(known: Gazetteer) -> None:
    assert known.find("  '-") == ()
    assert known.find("qwertz") == ()
    assert len(known.find("saint", limit=5)) == 5


def test_a_postal_code_gives_its_communes_the_most_populated_first(known: Gazetteer) -> None:
    found = known.at("77120")

    assert len(found) > 1
    assert [one.population for one in found] == sorted((one.population for one in found), reverse=True)
    assert known.at("00000") == ()


def test_distances_are_those_of_the_ground(known: Gazetteer) -> None:
    villejuif, versailles = known.communes["94076"], known.communes["78646"]

    assert villejuif.distance_km(villejuif) == 0
    assert 15 < villejuif.distance_km(versailles) < 20
    assert gazetteer.distance_km((2.0, 48.0), (2.0, 49.0)) == pytest.approx(111.2, abs=0.1)


def test_every_commune_has_an_outline_around_its_middle_s_neighbourhood(known: Gazetteer, outlines: Outlines) -> None:
    assert set(outlines.rings) == set(known.communes)
    for code, rings in outlines.rings.items():
        commune = known.communes[code]
        assert _holds(rings[0], (commune.longitude, commune.latitude)) or _near(rings[0], commune), code


def test_outlines_say_that_they_are_approximate(outlines: Outlines) -> None:
    assert outlines.approximate
    assert "Licence Ouverte" in outlines.provenance


def test_rings_are_closed_and_neighbours_share_their_borders_exactly(outlines: Outlines) -> None:
    steps: Counter[tuple[Position, Position]] = Counter()
    for rings in outlines.rings.values():
        for ring in rings:
            assert len(ring) >= 4
            assert ring[0] == ring[-1]
            steps.update(pairwise(ring))

    shared = sum(1 for (one, other) in steps if (other, one) in steps)
    assert max(steps.values()) == 1
    assert shared / len(steps) > 0.95


def test_outlines_are_small_enough_for_a_page() -> None:
    assert len(reference.DATA.joinpath("outlines.geojson").read_bytes()) <= 400_000


def test_every_commune_of_a_territory_exists_and_is_in_its_department(known: Gazetteer) -> None:
    territories = reference.territories()
    placed = gazetteer.load_territories()

    assert set(placed.values()) == set(territories)
    for code, territory in placed.items():
        assert known.communes[code].department == territories[territory].department


def test_the_communes_that_a_territory_s_name_states_are_exactly_those(known: Gazetteer) -> None:
    placed = gazetteer.load_territories()

    for territory in reference.territories().values():
        if territory.communes:
            assert {code for code, name in placed.items() if name == territory.code} == set(territory.communes)


def test_territory_communes_are_marked_as_examples() -> None:
    text = reference.DATA.joinpath("territory_communes.csv").read_text(encoding="utf-8")

    assert {row["example"] for row in csv.DictReader(text.splitlines())} == {"true"}


def test_a_commune_in_two_territories_is_not_loaded(tmp_path: Path) -> None:
    file = tmp_path / "territory_communes.csv"
    file.write_text("commune,territory,example\n94076,94-ouest,true\n94076,94-est,true\n", encoding="utf-8")

    with pytest.raises(ValueError, match="94076"):
        gazetteer.load_territories(file)


def test_an_operator_s_own_files_are_read(tmp_path: Path) -> None:
    communes, outlines = tmp_path / "communes.csv", tmp_path / "outlines.geojson"
    head = "code,name,department,population,postal_codes,longitude,latitude,city\n"
    communes.write_text(head + "01004,Ambérieu-en-Bugey,01,15934,01500,5.37,45.96,\n", encoding="utf-8")
    square = [[[5.0, 45.0], [6.0, 45.0], [6.0, 46.0], [5.0, 45.0]]]
    feature = {"properties": {"code": "01004"}, "geometry": {"type": "Polygon", "coordinates": square}}
    told = {"approximate": False, "provenance": "surveyed", "features": [feature]}
    outlines.write_text(json.dumps(told), encoding="utf-8")

    assert [one.code for one in gazetteer.load(communes).find("amber")] == ["01004"]
    assert not gazetteer.load_outlines(outlines).approximate


def test_a_file_of_another_shape_is_not_read(tmp_path: Path) -> None:
    communes, outlines = tmp_path / "communes.csv", tmp_path / "outlines.geojson"
    communes.write_text("code,nom\n01004,Ambérieu\n", encoding="utf-8")
    point = {"properties": {"code": "01004"}, "geometry": {"type": "Point", "coordinates": [5.0, 45.0]}}
    outlines.write_text(json.dumps({"approximate": False, "provenance": "", "features": [point]}), encoding="utf-8")

    with pytest.raises(KeyError):
        gazetteer.load(communes)
    with pytest.raises(ValueError, match="Point"):
        gazetteer.load_outlines(outlines)


def _holds(ring: Ring, position: Position) -> bool:
    """Whether a ray to the east crosses the ring an odd number of times."""
    east, north = position
    inside = False
    for (a, b), (c, d) in pairwise(ring):
        if (b > north) != (d > north) and east < (c - a) * (north - b) / (d - b) + a:
            inside = not inside
    return inside


def _near(ring: Ring, commune: gazetteer.Commune) -> bool:
    """A merged commune's middle may lie between its parts."""
    middle = (commune.longitude, commune.latitude)
    return min(gazetteer.distance_km(middle, corner) for corner in ring) < 2
