"""The directory's resources in FHIR: each is what R4 and the profiles that it claims define, and says what is known."""

from typing import Any

import pytest
from terresante.directory.v1 import extract_service_pb2 as pb
from terresante.directory.v1 import ror_service_pb2 as ror
from terresante_gateway.fhir.directory import names, organizations, people, services

from .fhir_checking import PROFILES, faults
from .fhir_directory_calls import ANNE, DATES, IDS, LEGAL, OFFER, SITE, WORK, asked
from .things import PRACTICE, THING, at


def offer(**changes: Any) -> pb.ExtractedOffer:
    """The offer, with another content."""
    made = pb.ExtractedOffer()
    made.CopyFrom(OFFER)
    for name, value in changes.items():
        if name in ("closed", "closing_kind", "valid_from"):
            setattr(made.sheet, name, value) if name != "valid_from" else made.sheet.valid_from.CopyFrom(value)
        else:
            made.sheet.content.ClearField(name)
            made.sheet.content.MergeFrom(ror.OfferContent(**{name: value}))
    return made


def structure(**changes: Any) -> pb.ExtractedStructure:
    """The site, with another content."""
    made = pb.ExtractedStructure()
    made.CopyFrom(SITE)
    for name, value in changes.items():
        made.sheet.content.ClearField(name)
        made.sheet.content.MergeFrom(ror.StructureContent(**{name: value}))
    return made


INTERNAL = structure(level=ror.STRUCTURE_LEVEL_INTERNAL, finess="", siret="")
CLOSED = pb.ExtractedStructure()
CLOSED.CopyFrom(SITE)
CLOSED.sheet.MergeFrom(ror.StructureSheet(closed=True, closing_kind="DEF", valid_from=at()))
BARE_OFFER = pb.ExtractedOffer(
    sheet=ror.OfferSheet(
        offer_id=THING, content=ror.OfferContent(structure_id=PRACTICE, name="Sans code"), version=1
    ),
    dates=DATES,
)  # fmt: skip
BARE_STRUCTURE = pb.ExtractedStructure(
    sheet=ror.StructureSheet(
        structure_id=PRACTICE, content=ror.StructureContent(name="Cabinet", level=ror.STRUCTURE_LEVEL_SITE), version=1
    ),
    dates=DATES,
)
SOCIAL_WORKER = pb.ExtractedProfessional(
    professional_id=THING, family_name="Zola", given_name="Émile", profession="NPS-ASS", profession_label="Assistant",
    version=1, dates=DATES,
)  # fmt: skip
ENDED = pb.ExtractedPlace()
ENDED.CopyFrom(WORK)
ENDED.MergeFrom(pb.ExtractedPlace(until=at()))
RESOURCES = {
    "offer": services.healthcare_service(OFFER),
    "closed offer": services.healthcare_service(offer(closed=True, closing_kind="DEF", valid_from=at())),
    "offer of two modes": services.healthcare_service(offer(care_modes=["01", "28"])),
    "bare offer": services.healthcare_service(BARE_OFFER),
    "location": services.location(OFFER, SITE),
    "location of its own": services.location(offer(position=ror.Position(latitude=48.0, longitude=2.0)), SITE),
    "location nobody knows": services.location(BARE_OFFER, None),
    "legal entity": organizations.organization(LEGAL),
    "site": organizations.organization(SITE),
    "internal": organizations.organization(INTERNAL),
    "closed site": organizations.organization(CLOSED),
    "bare site": organizations.organization(BARE_STRUCTURE),
    "doctor": people.practitioner(ANNE),
    "social worker": people.practitioner(SOCIAL_WORKER),
    "role": people.practitioner_role(WORK),
    "ended role": people.practitioner_role(ENDED),
}


@pytest.mark.parametrize("resource", RESOURCES.values(), ids=RESOURCES)
def test_a_resource_is_what_fhir_and_its_profiles_define(resource: dict[str, Any]) -> None:
    assert faults(resource) == []


def test_every_profile_is_claimed_by_a_resource_that_was_checked() -> None:
    claimed = {profile for resource in RESOURCES.values() for profile in resource["meta"]["profile"]}

    assert claimed == set(PROFILES)


@pytest.mark.parametrize(
    ("break_it", "found"),
    [
        (lambda one: one.pop("type"), "HealthcareService.type comes 0 times"),
        (lambda one: one["characteristic"].append(one["characteristic"][0]), "ModePriseEnCharge comes 2 times"),
        (lambda one: one["extension"].pop(1), "ror-healthcareservice-sensitive-unit comes 0 times"),
        (lambda one: one["identifier"].append(one["identifier"][0]), "HealthcareService.identifier comes 2 times"),
        (lambda one: one.update(colour="red"), "HealthcareService.colour does not exist"),
        (lambda one: one.update(name=["Port"]), "HealthcareService.name is no list"),
        (lambda one: one.update(active="yes"), "HealthcareService.active is no boolean"),
        (lambda one: one["providedBy"].update(reference="Patient/1"), "HealthcareService.providedBy refers to Patient"),
        (lambda one: one["telecom"][0]["extension"].pop(), "ror-telecom-confidentiality-level comes 0 times"),
        (lambda one: one["telecom"][0].update(system="pigeon"), "telecom.system is none of its codes"),
        (lambda one: one["meta"].update(profile=[names.ROR_LOCATION]), "HealthcareService claims"),
        (lambda one: one["extension"].append({"url": "https://example.org/x", "valueString": "x"}), "nobody defined"),
    ],
)  # fmt: skip
def test_a_broken_resource_is_found_out(break_it: Any, found: str) -> None:
    """Of the checker: what it would miss, the tests above would."""
    broken = services.healthcare_service(OFFER)
    break_it(broken)

    assert any(found in fault for fault in faults(broken)), faults(broken)


@pytest.mark.parametrize("type", IDS)
async def test_a_page_is_a_bundle_of_such_resources(type: str, gateway: Any, http: Any) -> None:
    bundle = (await asked(http, gateway, f"{type}?_count=1")).json()

    assert faults(bundle) == []
    assert [one["resource"]["resourceType"] for one in bundle["entry"]] == [type]


@pytest.mark.parametrize("type", IDS)
async def test_a_resource_is_read_by_its_id(type: str, gateway: Any, http: Any) -> None:
    read = (await asked(http, gateway, f"{type}/{IDS[type][0]}")).json()

    assert (read["resourceType"], read["id"]) == (type, IDS[type][0])
    assert read["meta"]["lastUpdated"] == "2026-03-02T08:15:00.250000Z"
    assert faults(read) == []


async def test_the_capability_statement_is_one(gateway: Any, http: Any) -> None:
    statement = (await http.get("/fhir/R4/metadata")).json()

    assert faults(statement) == []


def test_a_structure_bears_its_national_numbers_and_its_place_in_the_hierarchy() -> None:
    told = organizations.organization(SITE)

    assert [(one["system"], one["value"]) for one in told["identifier"]] == [
        ("urn:oid:1.2.250.1.71.4.2.2", "1940000014"),
        ("https://finess.esante.gouv.fr", "940000014"),
        ("https://sirene.fr", "73282932000074"),
        ("urn:ietf:rfc:3986", f"urn:uuid:{PRACTICE}"),
    ]
    assert told["partOf"] == {"reference": f"Organization/{LEGAL.sheet.structure_id}"}
    assert told["type"][0]["coding"][0]["code"] == "GEOGRAPHICAL-ENTITY"
    assert {"system": names.TERRITORIES, "code": "94-ouest"} in told["meta"]["tag"]


def test_ways_to_reach_somebody_bear_their_channel_use_and_level_and_mailboxes_are_telecoms() -> None:
    told = organizations.organization(SITE)

    (contact,) = told["contact"]
    assert contact["telecom"][0]["value"] == "01 99 00 00 00"
    usage = {"url": names.USAGE, "valueString": "Secrétariat"}
    assert usage in contact["telecom"][0]["extension"]
    (mailbox,) = told["telecom"]
    assert (mailbox["system"], mailbox["value"]) == ("email", "hopital@test.mssante.fr")
    channel = next(one for one in mailbox["extension"] if one["url"] == names.CHANNEL)
    assert channel["valueCodeableConcept"] == {"text": "mssante"}


def test_ages_are_years_where_they_are_whole_and_both_bounds_are_told() -> None:
    def ages(one: pb.ExtractedOffer) -> Any:
        extension = services.healthcare_service(one)["extension"]
        found = next(each for each in extension if each["url"] == names.PATIENT_TYPE)
        bounds = found["extension"][0]["valueRange"]
        return [(bounds[name]["value"], bounds[name]["code"]) for name in ("low", "high")]

    assert ages(OFFER) == [(18, "a"), (150, "a")]
    assert ages(offer(age_from_months=7, age_to_months=36)) == [(7, "mo"), (3, "a")]


def test_opening_hours_are_one_time_a_day_and_public_holidays_are_words() -> None:
    told = services.healthcare_service(OFFER)

    assert [one["daysOfWeek"] for one in told["availableTime"]] == [["mon"], ["tue"], ["sun"]]
    assert told["availableTime"][0]["availableStartTime"] == "08:30:00"
    assert told["availableTime"][2]["allDay"] is True
    assert told["availabilityExceptions"] == "Jours fériés : toute la journée"


def test_what_is_closed_says_since_when_and_how() -> None:
    closed = RESOURCES["closed offer"]
    site = RESOURCES["closed site"]

    assert (closed["active"], closed["notAvailable"][0]["during"]) == (False, {"start": "2026-03-02T08:15:00.250000Z"})
    assert site["active"] is False
    kinds = [
        one["valueCodeableConcept"]["coding"][0]["code"] for one in site["extension"] if one["url"] == names.CLOSING
    ]
    assert kinds == ["DEF"]
    assert services.location(offer(closed=True), SITE)["status"] == "inactive"


def test_nobody_is_said_to_take_part_in_an_offer_and_no_profile_claims_it() -> None:
    told = people.practitioner_role(WORK)

    assert "healthcareService" not in told
    assert told["meta"]["profile"] == [names.AS_ROLE]
