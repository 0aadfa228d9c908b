"""Offers on the pages: typed as people write, kept whole through a change, two editors, closed, confirmed."""

import html
import re

import pytest
from terresante.directory.v1 import ror_service_pb2 as pb
from terresante_directory import valuesets
from terresante_directory.workbench import offerings
from terresante_directory.workbench.forms import Typed
from terresante_platform.refusals import Refusal

from .test_acts import structure
from .test_in_time import form_of
from .visitor import Visitor

WHOLE = {
    "name": "Consultation mémoire",
    "field": "01",
    "care_modes": ["02", "20"],
    "age_from": "60 ans",
    "age_to": "",
    "day_1": "8:30-12:00, 14h-18h",
    "day_2": "8:30-12:00",
    "day_8": "24 h",
    "capacity_kind": "02",
    "capacity_total": "12",
    "capacity_available": "3",
    "telecom_channel": "2",
    "telecom_value": "01 23 45 67 89",
    "telecom_label": "secrétariat",
    "telecom_level": "2",
    "intervention_communes": "94080, 94081",
    "description": "Sur rendez-vous.",
}


async def offer(visitor: Visitor, **changes: object) -> str:
    """A new offer of a new structure. Gives its id."""
    where = await structure(visitor)
    answer = await visitor.send("/offres/nouvelle", **{**WHOLE, "structure_id": where, **changes})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).partition("?")[0].rpartition("/")[2]


def test_a_form_gives_back_all_that_it_holds() -> None:
    typed = Typed({name: [value] if isinstance(value, str) else value for name, value in WHOLE.items()})

    said = offerings.content(typed)

    assert said == offerings.content(offerings.typed_of(said))
    assert said.age_from_months == 720
    assert [(list(one.days), one.opens, one.closes) for one in said.opening] == [
        ([1, 2], "08:30", "12:00"),
        ([1], "14:00", "18:00"),
        ([8], "", ""),
    ]
    words = offerings.shown(said, valuesets.load(), {})
    assert words["ages"] == "à partir de 60 ans"
    assert "lundi : 08:30-12:00, 14:00-18:00" in words["opening"]


@pytest.mark.parametrize(
    ("field", "text", "reason"),
    [
        ("age_from", "vieux", "AGE_INVALID"),
        ("age_to", "-3", "AGE_INVALID"),
        ("day_3", "le matin", "OPENING_INVALID"),
        ("capacity_total", "beaucoup", "CAPACITY_INVALID"),
        ("capacity_total", "-1", "CAPACITY_INVALID"),
    ],
)
def test_what_nobody_can_read_is_refused_in_words(field: str, text: str, reason: str) -> None:
    with pytest.raises(Refusal) as refused:
        offerings.content(Typed.of(**{field: text}))

    assert refused.value.reason == reason
    assert refused.value.todo


def test_an_age_in_months_stays_in_months() -> None:
    said = offerings.content(Typed.of(age_from="6 mois", age_to="3"))

    assert (said.age_from_months, said.age_to_months) == (6, 36)
    assert offerings.ages(said) == "à partir de 6 mois, jusqu’à 3 ans"
    assert offerings.ages(pb.OfferContent()) == ""


async def test_an_offer_is_found_shown_and_changed_with_nothing_lost(claire: Visitor) -> None:
    id = await offer(claire)
    sent = {**await form_of(claire, f"/offres/{id}/modifier"), "care_modes": ["02", "20"], "description": "Ouvert."}

    answer = await claire.post(f"/offres/{id}/modifier", sent)

    assert answer.status_code == 303, answer.text
    page = (await claire.get(f"/offres/{id}")).text
    for words in (
        "à partir de 60 ans",
        "14:00-18:00",
        "12, dont 3 libres",
        "01 23 45 67 89",
        "94080, 94081",
        "Ouvert.",
    ):
        assert words in page
    assert "Consultation mémoire" in (await claire.get("/offres?q=memoire")).text
    history = (await claire.get(f"/offres/{id}/historique")).text
    assert "<del>Sur rendez-vous.</del>" in history


async def test_two_who_change_the_same_offer_are_shown_the_difference(claire: Visitor) -> None:
    id = await offer(claire)
    path = f"/offres/{id}/modifier"
    one, other = await form_of(claire, path), await form_of(claire, path)
    assert (await claire.post(path, {**one, "name": "Consultation du souvenir"})).status_code == 303

    answer = await claire.post(path, {**other, "name": "Consultation gériatrique"})

    assert answer.status_code == 409
    for words in ("Consultation mémoire", "Consultation du souvenir", "Consultation gériatrique", "a changé"):
        assert words in answer.text


async def test_a_closed_offer_is_no_longer_found(claire: Visitor) -> None:
    id = await offer(claire)

    closed = await claire.send(f"/offres/{id}/fermer", closing_kind="DEF")

    assert closed.status_code == 303, closed.text
    assert ">fermée</span>" in (await claire.get(f"/offres/{id}")).text
    assert "Consultation mémoire" not in (await claire.get("/offres?q=memoire")).text


async def test_offers_are_confirmed_one_or_several(claire: Visitor) -> None:
    id = await offer(claire)

    one = await claire.send(f"/offres/{id}/confirmer", f"/offres/{id}")
    token = re.search(r'name="_jeton" value="([^"]+)"', (await claire.get("/offres/a-confirmer")).text)
    assert token
    several = await claire.post("/offres/a-confirmer", {"_jeton": token[1], "offre": [id]})
    wrong = await claire.post("/offres/a-confirmer", {"_jeton": token[1], "offre": ["x"]})

    assert (one.status_code, several.status_code, wrong.status_code) == (303, 303, 400)


async def test_another_territorys_offer_does_not_exist_here(claire: Visitor, door, appointed) -> None:  # type: ignore[no-untyped-def]
    other = Visitor(door, claire.keycloak)
    await other.log_in(await appointed("92-nord"))
    where = await structure(other, territory_code="92-nord")
    made = await other.send("/offres/nouvelle", **{**WHOLE, "structure_id": where})
    id = made.headers["location"].partition("?")[0].rpartition("/")[2]
    await other.http.aclose()
    await claire.log_in(await appointed("94-ouest"))

    assert (await claire.get(f"/offres/{id}")).status_code == 404
    assert (await claire.send("/offres/nouvelle", **{**WHOLE, "structure_id": where})).status_code == 404
    token = (await claire.hidden("/offres/nouvelle"))["_jeton"]
    closed = await claire.post(f"/offres/{id}/fermer", {"_jeton": token, "version": "1", "closing_kind": "DEF"})
    assert closed.status_code == 404


async def test_the_history_of_an_offer_is_told_in_words(claire: Visitor) -> None:
    id = await offer(claire)

    page = html.unescape((await claire.get(f"/offres/{id}/historique")).text)

    for told in (
        "lundi : 08:30-12:00, 14:00-18:00",
        "jours fériés : 24 h",
        "Place : 12, dont 3 libres",
        "01 23 45 67 89 (secrétariat), pour les professionnels",
        "Vincennes, Vitry-sur-Seine",
        ">60 ans<",
    ):
        assert told in page, told
    assert '"opens"' not in page
    assert "+00:00" not in page
