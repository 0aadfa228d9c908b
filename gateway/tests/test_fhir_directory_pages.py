"""What a search of the directory answers: what comes along, page by page, totals and links."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from terresante.directory.v1 import extract_service_pb2 as pb
from terresante_gateway.fhir.directory import asking, bundles
from terresante_gateway.fhir.directory.query import parsed
from terresante_gateway.fhir.directory.resources import RESOURCES

from .fhir_calls import FHIR_JSON, ROOT, outcome_of
from .fhir_directory_calls import (
    EXTRACT,
    IDS,
    NEXT,
    OFFER,
    PARENT,
    SITE,
    WHOLE,
    asked,
    resources,
)
from .things import DOCTOR, PLACE, PRACTICE, THING

EXTRACTION = (
    "HealthcareService?_include=HealthcareService:organization&_include:iterate=Organization:partof"
    "&_include=HealthcareService:location&_revinclude=PractitionerRole:service&_include=PractitionerRole:practitioner"
)
"""The pattern of the ROR's guide."""


async def test_the_extraction_pattern_is_one_question_and_brings_everything(gateway: Any, http: Any) -> None:
    answer = await asked(http, gateway, EXTRACTION)

    bundle = answer.json()
    assert answer.headers["content-type"] == FHIR_JSON
    assert set(gateway.services.of(EXTRACT).request.along) == {
        pb.ALONG_STRUCTURES,
        pb.ALONG_ANCESTORS,
        pb.ALONG_PLACES,
        pb.ALONG_PROFESSIONALS,
    }
    assert (bundle["type"], bundle["total"]) == ("searchset", 41)
    assert resources(bundle, "match") == [f"HealthcareService/{THING}"]
    assert resources(bundle, "include") == [
        f"Organization/{PRACTICE}",
        f"Organization/{PARENT}",
        f"Location/{THING}",
        f"Practitioner/{DOCTOR}",
        f"PractitionerRole/{PLACE}",
    ]
    addresses = [one["fullUrl"] for one in bundle["entry"]]
    assert len(addresses) == len(set(addresses)) == 6
    assert addresses[0] == f"https://api.test{ROOT}/HealthcareService/{THING}"


@pytest.mark.parametrize(
    ("path", "along", "included"),
    [
        ("HealthcareService", [], []),
        ("HealthcareService?_include=Organization:partof", [pb.ALONG_PARENTS], []),
        ("HealthcareService?_include=HealthcareService:location", [pb.ALONG_STRUCTURES], [f"Location/{THING}"]),
        ("Location", [pb.ALONG_STRUCTURES], []),
        ("Location?_revinclude=HealthcareService:location", [pb.ALONG_STRUCTURES], [f"HealthcareService/{THING}"]),
        ("Organization?_include=Organization:partof", [pb.ALONG_PARENTS], [f"Organization/{PARENT}"]),
        ("Organization?_include:iterate=Organization:partof", [pb.ALONG_ANCESTORS], [f"Organization/{PARENT}"]),
        ("Organization?_revinclude=HealthcareService:organization", [pb.ALONG_OFFERS], [f"HealthcareService/{THING}"]),
        ("Practitioner?_revinclude=PractitionerRole:practitioner", [pb.ALONG_PLACES], [f"PractitionerRole/{PLACE}"]),
        ("PractitionerRole?_include=PractitionerRole:practitioner", [pb.ALONG_PROFESSIONALS],
         [f"Practitioner/{DOCTOR}"]),
        ("PractitionerRole?_include=PractitionerRole:organization", [pb.ALONG_STRUCTURES],
         [f"Organization/{PRACTICE}", f"Organization/{PARENT}"]),
    ],
)  # fmt: skip
async def test_only_what_is_asked_comes_along(
    path: str, along: list[Any], included: list[str], gateway: Any, http: Any
) -> None:
    bundle = (await asked(http, gateway, path)).json()

    assert list(gateway.services.of(EXTRACT).request.along) == along
    assert resources(bundle, "include") == included
    assert len(resources(bundle, "match")) == 1


async def test_pages_follow_the_link_next_keep_the_total_and_the_filters(gateway: Any, http: Any) -> None:
    headers = gateway.bearer("system")
    gateway.services.answer(EXTRACT, WHOLE)

    first = (await http.get(f"{ROOT}/Organization?name=port&_count=1", headers=headers)).json()
    links = {one["relation"]: one["url"] for one in first["link"]}
    gateway.services.asked.clear()
    gateway.services.answer(EXTRACT, pb.ExtractResponse(structures=[SITE], matched=1))
    following = await http.get(links["next"].removeprefix("https://api.test"), headers=headers)

    assert links["self"] == f"https://api.test{ROOT}/Organization?name=port&_count=1"
    assert dict(parse_qsl(urlsplit(links["next"]).query)).keys() == {"name", "_count", "_cursor"}
    request = gateway.services.of(EXTRACT).request
    assert (request.cursor, request.limit, request.with_total, request.filter.name) == (NEXT, 1, False, "port")
    assert following.json()["total"] == 41
    assert [one["relation"] for one in following.json()["link"]] == ["self"]


@pytest.mark.parametrize("path", ["Organization?name=sud&_cursor={}", "Location?_cursor={}"])
async def test_a_cursor_of_another_search_or_person_is_refused(path: str, gateway: Any, http: Any) -> None:
    headers = gateway.bearer("system")
    gateway.services.answer(EXTRACT, WHOLE)
    first = (await http.get(f"{ROOT}/Organization?name=port", headers=headers)).json()
    cursor = dict(parse_qsl(urlsplit(first["link"][1]["url"]).query))["_cursor"]
    gateway.services.asked.clear()

    elsewhere = await http.get(f"{ROOT}/{path.format(cursor)}", headers=headers)
    another = await asked(http, gateway, f"Organization?name=port&_cursor={cursor}")
    altered = await http.get(f"{ROOT}/Organization?name=port&_cursor=x{cursor}", headers=headers)

    for answer in (elsewhere, another, altered):
        assert (answer.status_code, outcome_of(answer)) == (400, ("CURSOR_INVALID", "invalid"))
    assert gateway.services.asked == []


async def test_nothing_found_is_an_empty_bundle_with_its_total(gateway: Any, http: Any) -> None:
    bundle = (await asked(http, gateway, "Practitioner?name=x", reply=pb.ExtractResponse(total=0))).json()

    assert (bundle["total"], "entry" in bundle) == (0, False)


async def test_a_total_is_not_counted_if_nobody_wants_it(gateway: Any, http: Any) -> None:
    reply = pb.ExtractResponse(offers=[OFFER], matched=1)
    bundle = (await asked(http, gateway, "HealthcareService?_total=none&_count=200", reply=reply)).json()

    assert "total" not in bundle
    assert gateway.services.of(EXTRACT).request.with_total is False


async def test_what_does_not_fit_in_a_page_is_told(gateway: Any, http: Any) -> None:
    reply = pb.ExtractResponse(structures=[SITE], matched=1, truncated=True)
    bundle = (await asked(http, gateway, "Organization", reply=reply)).json()

    (told,) = [one["resource"] for one in bundle["entry"] if one["search"]["mode"] == "outcome"]
    assert (told["issue"][0]["code"], told["issue"][0]["severity"]) == ("incomplete", "warning")


async def test_how_far_an_offer_is_goes_with_it(gateway: Any, http: Any) -> None:
    near = pb.ExtractedOffer()
    near.CopyFrom(OFFER)
    near.sheet.distance = 1234.6
    reply = pb.ExtractResponse(offers=[near], structures=[SITE], matched=1)

    bundle = (await asked(http, gateway, "Location?near=48.79|2.45", reply=reply)).json()

    (extension,) = bundle["entry"][0]["search"]["extension"]
    assert (extension["valueDistance"]["value"], extension["valueDistance"]["code"]) == (1235, "m")


async def test_a_reading_of_nothing_is_unknown(gateway: Any, http: Any) -> None:
    for type, (id, *_) in IDS.items():
        answer = await asked(http, gateway, f"{type}/{id}", reply=pb.ExtractResponse())
        assert (answer.status_code, outcome_of(answer)) == (404, ("FHIR_RESOURCE_UNKNOWN", "not-found"))


def test_a_server_that_does_not_know_its_address_links_from_where_it_was_asked() -> None:
    search = asking.Search(RESOURCES["Organization"], pb.ExtractRequest(), frozenset(), parsed([]), None, "")

    told = bundles.bundle(search, pb.ExtractResponse(structures=[SITE], matched=1), "", "abc")

    assert [one["url"] for one in told["link"]] == ["Organization", "Organization?_cursor=abc"]
    assert told["entry"][0]["fullUrl"] == f"urn:terresante:Organization:{PRACTICE}"
