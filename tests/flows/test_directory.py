"""The directory in time through the gateway, by real logins: what is said of a hospital, who may change it, what is undone.

Each test goes on from where the one before left things; they are one telling.
"""

import secrets
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from terresante_dev import enrolment
from terresante_dev.portal import Person
from terresante_dev.recording.directory import HOSPITAL, OFFERS, SHEETS
from terresante_dev.story import STEPS, Stage
from terresante_dev.story.stage import done, now, refused, version

pytestmark = pytest.mark.timeout(300)


class Territory:
    """The people of this telling: an administrator, one of another territory, a doctor, a patient's account is not needed."""

    def __init__(self, stack: dict[str, Any]) -> None:
        self.stage = Stage(stack, secrets.randbelow(10**9))
        for step in STEPS[:1]:
            step.play(self.stage)
        self.ours, self.gp = self.stage.who("admin"), self.stage.who("gp")
        other = next(one for one in self.stage.cast.administrators if one.key == "admin-92-nord")
        self.other: Person = enrolment.administrator(stack, other, self.stage.gateway)
        self.name = f"Hôpital {self.stage.seed}"
        self.kept: dict[str, Any] = {}

    def content(self, **changes: Any) -> dict[str, Any]:
        return {"content": HOSPITAL | {"name": self.name} | changes}


@pytest.fixture(scope="module")
def territory(stack: dict[str, Any]) -> Iterator[Territory]:
    yield Territory(stack)


def test_an_administrator_enrols_a_hospital_and_a_unit_of_it(territory: Territory) -> None:
    site = done(territory.ours.post(SHEETS, territory.content()), 201)
    unit = territory.content(name=f"Unité {territory.stage.seed}", level="internal", part_of=site["id"])
    territory.kept |= {"site": site["id"], "unit": done(territory.ours.post(SHEETS, unit), 201)["id"]}
    territory.kept["before"] = now()

    nodes = done(territory.ours.get(f"/v1/nodes?parent_id={site['id']}"))["items"]

    assert [one["id"] for one in nodes] == [territory.kept["unit"]]


def test_an_administrator_of_another_territory_changes_nothing_of_it(territory: Territory) -> None:
    address = f"{SHEETS}/{territory.kept['site']}"
    read = territory.other.get(address)

    refused(
        territory.other.call("PUT", address, territory.content(name="À nous"), **version(read)),
        404,
        "STRUCTURE_UNKNOWN",
    )
    refused(territory.other.post(SHEETS, territory.content()), 403, "TERRITORY_NOT_YOURS")
    refused(territory.gp.post(SHEETS, territory.content()), 403, "KIND_NOT_ALLOWED")
    assert territory.ours.get(address).body == read.body


def test_what_was_said_on_a_past_day_is_still_told(territory: Territory) -> None:
    address = f"{SHEETS}/{territory.kept['site']}"
    changed = territory.content(name=f"{territory.name} Sud") | {"why": "Nouveau nom"}
    done(territory.ours.call("PUT", address, changed, **version(territory.ours.get(address))))

    then = done(territory.gp.get(f"{address}?at={quote(territory.kept['before'])}"))
    as_known = done(territory.gp.get(f"{address}?known_at={quote(territory.kept['before'])}"))

    assert done(territory.gp.get(address))["sheet"]["name"].endswith("Sud")
    assert then["sheet"]["name"] == as_known["sheet"]["name"] == territory.name


def test_a_doctor_finds_an_offer_near_the_patient_and_no_number_above_their_level(territory: Territory) -> None:
    telecoms = [
        {"channel": "phone", "value": "01 00 00 00 02", "confidentiality": level, "label": str(level)}
        for level in (1, 2, 3)
    ]
    name = f"Équipe mobile {territory.stage.seed}"
    content = {"structure_id": territory.kept["unit"], "name": name, "telecoms": telecoms}
    offer = done(territory.ours.post(OFFERS, {"content": content}), 201)
    territory.kept["offer"] = offer["id"]

    found = done(territory.gp.get(f"{OFFERS}?text={territory.stage.seed}&commune_code=94041"))["items"]

    assert [one["id"] for one in found] == [offer["id"]]
    assert [one["confidentiality"] for one in found[0]["telecoms"]] == [1, 2]
    assert [one["confidentiality"] for one in offer["telecoms"]] == [1, 2, 3]


def test_moving_the_hospital_asks_for_both_territories(territory: Territory) -> None:
    moving = {"move_structures": {"structure_ids": [territory.kept["site"]], "territory_code": "92-nord"}}

    refused(territory.ours.post("/v1/reorganisation-previews", moving), 403, "TERRITORY_NOT_YOURS")
    refused(territory.other.post("/v1/reorganisation-previews", moving), 404, "STRUCTURE_UNKNOWN")


def test_a_merge_is_previewed_performed_as_previewed_and_undone_in_one_act(territory: Territory) -> None:
    twin = territory.content(name=f"Jumelle {territory.stage.seed}", level="internal", part_of=territory.kept["site"])
    other = done(territory.ours.post(SHEETS, twin), 201)["id"]
    merging = {"merge_structures": {"structure_ids": [territory.kept["unit"]], "into": other}}
    tree = f"/v1/nodes?parent_id={territory.kept['site']}"
    before = done(territory.ours.get(tree))
    preview = done(territory.ours.post("/v1/reorganisation-previews", merging), 201)
    assert done(territory.ours.get(tree)) == before

    wanted = {"operation": merging, "preview": preview["preview"], "why": "Une équipe"}
    performed = done(territory.ours.post("/v1/reorganisations", wanted), 201)
    assert performed["impacts"] == {**preview["impacts"], "circles": None}  # counted when shown, by no promise
    assert done(territory.gp.get(f"{OFFERS}/{territory.kept['offer']}"))["structure_id"] == other
    assert [one["id"] for one in done(territory.ours.get(tree))["items"]] == [other]

    done(territory.ours.post(f"/v1/directory-acts/{performed['act']['id']}/undoing", {"why": "Trop tôt"}), 201)
    assert done(territory.ours.get(tree)) == before
    assert done(territory.gp.get(f"{OFFERS}/{territory.kept['offer']}"))["structure_id"] == territory.kept["unit"]


def test_the_history_says_who_when_what_and_why(territory: Territory) -> None:
    acts = done(territory.ours.get(f"/v1/directory-acts?kind=structure&id={territory.kept['site']}"))["items"]
    renamed = next(one for one in acts if one["why"] == "Nouveau nom")

    (change,) = [one for one in renamed["changes"] if one["id"] == territory.kept["site"]]
    assert {"field": "name", "before": territory.name, "after": f"{territory.name} Sud"} in change["fields"]
    assert renamed["administrator_name"]
    refused(
        territory.other.get(f"/v1/directory-acts?kind=structure&id={territory.kept['site']}"),
        403,
        "TERRITORY_NOT_YOURS",
    )


def test_a_closed_offer_is_found_no_more_and_still_read(territory: Territory) -> None:
    address = f"{OFFERS}/{territory.kept['offer']}"
    kind = {"closing_kind": "definitive", "why": "Fin"}
    done(territory.ours.call("POST", f"{address}/closing", kind, **version(territory.ours.get(address))))

    assert done(territory.gp.get(f"{OFFERS}?text={territory.stage.seed}"))["items"] == []
    assert done(territory.gp.get(address))["closed"]
