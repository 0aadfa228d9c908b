"""Things of the directory as its extracts tell them, right calls of the FHIR operations on it, and what they ask."""

from typing import Any

import httpx2
from terresante.directory.v1 import extract_service_pb2 as pb
from terresante.directory.v1 import ror_service_pb2 as ror

from .conftest import Running
from .fhir_calls import ROOT
from .things import DOCTOR, PLACE, PRACTICE, THING, Right, at

EXTRACT = "directory.Extract"
PARENT = "0190f3c2-0000-7cc1-9d20-0000000000a1"
NEXT = "0190f3c2-0000-7cc1-9d20-0000000000a2"
DATES = pb.ExtractDates(changed_at=at(), known_since=at("2025-01-02T03:04:05Z"))
TELECOMS = [
    ror.Telecom(channel="2", value="01 99 00 00 00", label="Secrétariat", confidentiality=1),
    ror.Telecom(channel="mssante", value="hopital@test.mssante.fr", confidentiality=2),
]
LEGAL = pb.ExtractedStructure(
    sheet=ror.StructureSheet(
        structure_id=PARENT,
        content=ror.StructureContent(
            name="Groupe du Port", level=ror.STRUCTURE_LEVEL_LEGAL_ENTITY, siren="732829320", territory_code="94-ouest"
        ),
        version=1,
    ),
    dates=DATES,
)
SITE = pb.ExtractedStructure(
    sheet=ror.StructureSheet(
        structure_id=PRACTICE,
        content=ror.StructureContent(
            name="Hôpital du Port",
            level=ror.STRUCTURE_LEVEL_SITE,
            part_of=PARENT,
            territory_code="94-ouest",
            finess="940000014",
            siret="73282932000074",
            address_line="1 rue du Port",
            postal_code="94000",
            commune="Créteil",
            commune_code="94028",
            position=ror.Position(latitude=48.79, longitude=2.45),
            telecoms=TELECOMS,
        ),
        version=3,
    ),
    dates=DATES,
)
OFFER = pb.ExtractedOffer(
    sheet=ror.OfferSheet(
        offer_id=THING,
        content=ror.OfferContent(
            structure_id=PRACTICE,
            name="Consultation mémoire",
            field="01",
            type="27",
            activity="099",
            care_modes=["28"],
            age_from_months=216,
            opening=[
                ror.OpeningHours(days=[1, 2], opens="08:30", closes="18:00"),
                ror.OpeningHours(days=[7, 8]),
            ],
            telecoms=TELECOMS,
            intervention_communes=["94028"],
            description="Sur rendez-vous",
        ),
        structure_name="Hôpital du Port",
        territory_code="94-ouest",
        version=2,
    ),
    dates=DATES,
)
ANNE = pb.ExtractedProfessional(
    professional_id=DOCTOR,
    rpps="10003456785",
    family_name="Lemaire",
    given_name="Anne",
    profession="10",
    profession_label="Médecin",
    version=4,
    dates=DATES,
)
WORK = pb.ExtractedPlace(
    place_id=PLACE,
    professional_id=DOCTOR,
    structure_id=PRACTICE,
    role="titulaire",
    since=at("2025-03-03T09:00:00Z"),
    active=True,
    territory_code="94-ouest",
    dates=DATES,
)
WHOLE = pb.ExtractResponse(
    structures=[SITE, LEGAL], offers=[OFFER], professionals=[ANNE], places=[WORK], matched=1, total=41, next_cursor=NEXT
)
"""An answer that will do for any page of one: all that could come along is there."""
IDS = {
    "HealthcareService": (THING, pb.EXTRACTED_OFFERS, []),
    "Location": (THING, pb.EXTRACTED_OFFERS, [pb.ALONG_STRUCTURES]),
    "Organization": (PRACTICE, pb.EXTRACTED_STRUCTURES, []),
    "Practitioner": (DOCTOR, pb.EXTRACTED_PROFESSIONALS, []),
    "PractitionerRole": (PLACE, pb.EXTRACTED_PLACES, []),
}
"""By type: an id, what is extracted, and what always comes along."""
NAMES = {
    "HealthcareService": "healthcare_service",
    "Location": "location",
    "Organization": "organization",
    "Practitioner": "practitioner",
    "PractitionerRole": "practitioner_role",
}


def _read(type: str) -> Right:
    id, extracted, along = IDS[type]
    request = pb.ExtractRequest(extracted=extracted, filter=pb.ExtractFilter(ids=[id]), along=along, limit=1)
    return Right(f"read_{NAMES[type]}", "GET", f"{ROOT}/{type}/{id}", "professional", EXTRACT, WHOLE, request=request)


def _search(type: str) -> Right:
    _, extracted, along = IDS[type]
    request = pb.ExtractRequest(
        extracted=extracted, filter=pb.ExtractFilter(), along=along, limit=50, with_total=True
    )  # fmt: skip
    return Right(f"search_{NAMES[type]}", "GET", f"{ROOT}/{type}", "system", EXTRACT, WHOLE, request=request)


READS = [_read(type) for type in IDS]
SEARCHES = [_search(type) for type in IDS]
EXPORT = Right("export_directory", "GET", f"{ROOT}/$export", "system", "", None, headers={"prefer": "respond-async"})


async def asked(
    http: httpx2.AsyncClient, gateway: Running, path: str, kind: str = "system", reply: Any = WHOLE, **headers: str
) -> httpx2.Response:
    """The answer at a path below the FHIR server's address, the directory answering `reply`."""
    gateway.services.answer(EXTRACT, reply)
    return await http.get(path if path.startswith(ROOT) else f"{ROOT}/{path}", headers=gateway.bearer(kind) | headers)


def resources(bundle: dict[str, Any], mode: str) -> list[str]:
    """`Type/id` of the entries of that mode, in their order."""
    found = [one["resource"] for one in bundle.get("entry", []) if one["search"]["mode"] == mode]
    return [f"{one['resourceType']}/{one.get('id', '')}" for one in found]
