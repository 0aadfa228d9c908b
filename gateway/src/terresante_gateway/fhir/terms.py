"""The canonical names that FHIR, IHE and FR Core 2.2.0 give to things, as the published packages write them."""

import csv
from importlib.resources import files

FR_CORE = "https://hl7.fr/ig/fhir/core"
_DEFINED = f"{FR_CORE}/StructureDefinition"
PATIENT = f"{_DEFINED}/fr-core-patient|2.2.0"
PATIENT_INS = f"{_DEFINED}/fr-core-patient-ins|2.2.0"
RELIABILITY = f"{_DEFINED}/fr-core-identity-reliability"
GIVEN_NAMES = f"{_DEFINED}/fr-core-patient-birth-list-given-name"
INSEE_CODE = f"{_DEFINED}/fr-core-address-insee-code"
BIRTH_PLACE = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace"
MATCH_GRADE = "http://hl7.org/fhir/StructureDefinition/match-grade"
COMMUNES = "https://mos.esante.gouv.fr/NOS/TRE_R13-CommuneOM/FHIR/TRE-R13-CommuneOM"
IDENTITY_STATUSES = f"{FR_CORE}/CodeSystem/fr-core-cs-v2-0445"
FR_IDENTIFIER_TYPES = f"{FR_CORE}/CodeSystem/fr-core-cs-v2-0203"
IDENTIFIER_TYPES = "http://terminology.hl7.org/CodeSystem/v2-0203"
REASONS = "urn:terresante:reasons"
"""The system of the platform's own reasons (docs/api/problems.md)."""

OID = "urn:oid:"
INS_TYPES = {
    "1.2.250.1.213.1.4.8": "INS-NIR",
    "1.2.250.1.213.1.4.9": "INS-NIA",
    "1.2.250.1.213.1.4.10": "INS-NIR-TEST",
    "1.2.250.1.213.1.4.11": "INS-NIR-DEMO",
}
"""OIDs under which an INS comes, and the type of identifier of each."""
SOCIAL_SECURITY = "NH"
"""Type of a number of social security, which FR Core writes under the OID of the INS although it is none."""
URIS = "urn:ietf:rfc:3986"
UUID = "urn:uuid:"
"""A person's id of the platform as an identifier: system `URIS`, value `UUID` and the id (regional identifier, RRI)."""

with (files("terresante_gateway") / "data" / "countries.csv").open(encoding="utf-8") as _lines:
    _COUNTRIES = [(line["alpha2"], line["alpha3"]) for line in csv.DictReader(_lines)]
THREE_LETTERS = dict(_COUNTRIES)
"""ISO 3166-1: two letters, as identity writes countries, to three, as FR Core does."""
TWO_LETTERS = {three: two for two, three in _COUNTRIES}


def oid_of(system: str) -> str:
    """The OID of an identifier's system, without `urn:oid:`; blank if it is no OID."""
    return system[len(OID) :] if system[: len(OID)].lower() == OID else ""
