"""Offers as HealthcareService, and where each is given as Location: its own place, else its structure's.

A resource that lacks what the ROR's profile requires is told in FR Core's, so that none claims what it is not.
"""

from terresante.directory.v1 import extract_service_pb2 as pb
from terresante.directory.v1 import ror_service_pb2 as ror

from terresante_gateway.fhir.directory import names, parts
from terresante_gateway.fhir.directory.parts import Json

DAYS = {1: "mon", 2: "tue", 3: "wed", 4: "thu", 5: "fri", 6: "sat", 7: "sun"}
HOLIDAYS = 8
OLDEST_YEARS = 150
"""The upper age of an offer that sets none, as the guide's own example writes it; the profile requires one."""


def healthcare_service(one: pb.ExtractedOffer) -> Json:
    """An offer. Contacts come in the ROR's extension, secure mailboxes as telecom."""
    sheet, content = one.sheet, one.sheet.content
    whole = bool(content.field and content.activity) and len(content.care_modes) == 1
    profiles = [names.ROR_SERVICE] if whole else [names.CORE_SERVICE]
    found: Json = {
        "resourceType": "HealthcareService",
        "id": sheet.offer_id,
        "meta": parts.meta(one.dates, profiles, sheet.territory_code, sheet.version),
        "extension": _extensions(one),
        "identifier": [parts.own_number(sheet.offer_id, names.OFFER_NUMBERS, names.OFFER_NUMBER)],
        "active": not sheet.closed,
        "providedBy": parts.reference("Organization", content.structure_id),
        "location": [parts.reference("Location", sheet.offer_id)],
        "name": content.name,
    }
    codes = [("category", names.TYPES, content.type), ("type", names.FIELDS, content.field)]
    codes.append(("specialty", names.ACTIVITIES, content.activity))
    found |= {element: [parts.concept(system, code)] for element, system, code in codes if code}
    if content.care_modes:
        found["characteristic"] = [parts.concept(names.CARE_MODES, code) for code in content.care_modes]
    if content.description:
        found["comment"] = content.description
    if mailboxes := parts.secure(content.telecoms, True):
        found["telecom"] = [parts.contact_point(each) for each in mailboxes]
    return found | _times(content) | _closed(sheet)


def _extensions(one: pb.ExtractedOffer) -> list[Json]:
    content = one.sheet.content
    return [
        parts.created(one.dates),
        {"url": names.SENSITIVE, "valueBoolean": content.sensitive},
        {"url": names.PATIENT_TYPE, "extension": [{"url": "ageRange", "valueRange": _ages(content)}]},
        *(_division(code) for code in content.intervention_communes),
        *(parts.offer_contact(each) for each in parts.secure(content.telecoms, False)),
    ]


def _ages(content: ror.OfferContent) -> Json:
    """Whole years where they are; both bounds, as the profile requires."""
    low = content.age_from_months if content.HasField("age_from_months") else 0
    high = content.age_to_months if content.HasField("age_to_months") else OLDEST_YEARS * 12
    return {"low": _age(low), "high": _age(high)}


def _age(months: int) -> Json:
    value, unit = (months // 12, "a") if months % 12 == 0 else (months, "mo")
    return {"value": value, "system": names.UNITS, "code": unit}


def _division(commune: str) -> Json:
    kind = parts.concept(names.DIVISIONS, names.COMMUNE_DIVISION)
    return {
        "url": names.DIVISION,
        "extension": [
            {"url": "typeTerritorialDivision", "valueCodeableConcept": kind},
            {"url": "codeTerritorialDivision", "valueCodeableConcept": parts.concept(names.COMMUNES, commune)},
        ],
    }


def _times(content: ror.OfferContent) -> Json:
    """One availableTime a day, as the profile wants it; public holidays, which FHIR has no day for, in words."""
    found: list[Json] = []
    holidays: list[str] = []
    for opening in content.opening:
        hours: Json = {"allDay": True}
        if opening.opens:
            hours = {"availableStartTime": f"{opening.opens}:00", "availableEndTime": f"{opening.closes}:00"}
        for day in opening.days:
            if day == HOLIDAYS:
                holidays.append(f"{opening.opens}-{opening.closes}" if opening.opens else "toute la journée")
                continue
            marks = [
                {"url": names.WEEKDAY, "valueInteger": day},
                {"url": names.TIME_TYPE, "valueCodeableConcept": parts.concept(names.TIME_TYPES, names.OPENING_TIME)},
            ]
            found.append({"extension": marks, "daysOfWeek": [DAYS[day]]} | hours)
    told: Json = {"availableTime": found} if found else {}
    return told | ({"availabilityExceptions": f"Jours fériés : {', '.join(holidays)}"} if holidays else {})


def _closed(sheet: ror.OfferSheet) -> Json:
    if not sheet.closed:
        return {}
    period = {"start": parts.instant(sheet.valid_from)} if sheet.HasField("valid_from") else {}
    closing: Json = {"id": names.CLOSING_PERIOD, "description": names.CLOSING_SENTENCE}
    return {"notAvailable": [closing | ({"during": period} if period else {})]}


def location(one: pb.ExtractedOffer, structure: pb.ExtractedStructure | None) -> Json:
    """Where an offer is given. `structure`: who provides it, if it may be told."""
    sheet = one.sheet
    around = structure.sheet.content if structure else ror.StructureContent()
    profiles = [names.ROR_LOCATION] if around.commune_code else [names.CORE_LOCATION]
    found: Json = {
        "resourceType": "Location",
        "id": sheet.offer_id,
        "meta": parts.meta(one.dates, profiles, sheet.territory_code, sheet.version),
        "extension": [parts.created(one.dates)],
        "identifier": [parts.own_number(sheet.offer_id, names.LOCATION_NUMBERS, names.LOCATION_NUMBER)],
        "status": "inactive" if sheet.closed else "active",
        "name": sheet.content.name,
        "mode": "instance",
        "managingOrganization": parts.reference("Organization", sheet.content.structure_id),
    }
    if around.commune_code:
        commune = parts.concept(names.COMMUNES, around.commune_code)
        found["extension"].append({"url": names.COMMUNE, "valueCodeableConcept": commune})
    if address := parts.address(around):
        found["address"] = address
    own = sheet.content if sheet.content.HasField("position") else around
    if own.HasField("position"):
        found["position"] = {"longitude": own.position.longitude, "latitude": own.position.latitude}
    return found
