"""The canonical names of the guides of the ROR (ans.fhir.fr.ror 0.7.0), of the Annuaire Santé and of FR Core 2.2.0.

Read in the guides' published pages and sources (github.com/ansforge, IG-fhir-repertoire-offre-ressources-sante and
IG-fhir-annuaire) in November 2026. Codes are given without their labels, which the nomenclatures hold.
"""

ROR = "https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition"
ANNUAIRE = "https://interop.esante.gouv.fr/ig/fhir/annuaire/StructureDefinition"
CORE = "https://hl7.fr/ig/fhir/core"
ROR_SERVICE = f"{ROR}/ror-healthcareservice"
ROR_ORGANIZATION = f"{ROR}/ror-organization"
ROR_INTERNAL = f"{ROR}/ror-internal-organization"
ROR_LOCATION = f"{ROR}/ror-location"
ROR_PRACTITIONER = f"{ROR}/ror-practitioner"
AS_ORGANIZATION = f"{ANNUAIRE}/as-organization"
AS_PRACTITIONER = f"{ANNUAIRE}/as-practitioner"
AS_ROLE = f"{ANNUAIRE}/as-practitionerrole"
CORE_SERVICE = f"{CORE}/StructureDefinition/fr-core-healthcare-service"
CORE_LOCATION = f"{CORE}/StructureDefinition/fr-core-location"
CORE_PRACTITIONER = f"{CORE}/StructureDefinition/fr-core-practitioner"

CREATED = f"{ROR}/ror-meta-creation-date"
SENSITIVE = f"{ROR}/ror-healthcareservice-sensitive-unit"
PATIENT_TYPE = f"{ROR}/ror-healthcareservice-patient-type"
CONTACT = f"{ROR}/ror-healthcareservice-contact"
CONTACT_LEVEL = f"{ROR}/ror-confidentiality-level"
CONTACT_TELECOM = f"{ROR}/ror-healthcareservice-contact-telecom"
ORGANIZATION_CONTACT_LEVEL = f"{ROR}/ror-contact-confidentiality-level"
CHANNEL = f"{ROR}/ror-telecom-communication-channel"
USAGE = f"{ROR}/ror-telecom-usage"
TELECOM_LEVEL = f"{ROR}/ror-telecom-confidentiality-level"
DIVISION = f"{ROR}/ror-territorial-division"
COMMUNE = f"{ROR}/ror-commune-cog"
WEEKDAY = f"{ROR}/ror-available-time-number-days-of-week"
TIME_TYPE = f"{ROR}/ror-available-time-type-of-time"
CLOSING = f"{ROR}/ror-organization-closing-type"
PERIOD = "http://hl7.org/fhir/StructureDefinition/organization-period"
GEOLOCATION = "http://hl7.org/fhir/StructureDefinition/geolocation"
DISTANCE = "http://hl7.org/fhir/StructureDefinition/location-distance"
INSEE_CODE = f"{CORE}/StructureDefinition/fr-core-address-insee-code"
ORGANIZATION_TYPES = f"{ANNUAIRE}/as-ext-organization-types"


def _nos(name: str) -> str:
    """A nomenclature of the ANS (NOS), by its name."""
    return f"https://mos.esante.gouv.fr/NOS/{name}/FHIR/{name.replace('_', '-', 1)}"


FIELDS = _nos("TRE_R227-ChampActivite")
TYPES = _nos("TRE_R244-CategorieOrganisation")
ACTIVITIES = _nos("TRE_R211-ActiviteOperationnelle")
CARE_MODES = _nos("TRE_R213-ModePriseEnCharge")
CLOSING_KINDS = _nos("TRE_R286-TypeFermeture")
CHANNELS = _nos("TRE_R200-CanalCommunication")
LEVELS = _nos("TRE_R283-NiveauConfidentialite")
DIVISIONS = _nos("TRE_R201-TypeDivisionTerritoriale")
COMMUNES = _nos("TRE_R13-Commune")
REGIONS = _nos("TRE_R30-RegionOM")
UNITS = _nos("TRE_R247-UcumUniteMesure")
TIME_TYPES = _nos("TRE_R252-TypeHoraire")
PROFESSIONS = _nos("TRE_G15-ProfessionSante")
OFFER_NUMBERS = _nos("TRE_R355-TypeIdentifiantOffre")
LOCATION_NUMBERS = _nos("TRE_R354-TypeIdentifiantRessourceOperationnelle")
NUMBERS = f"{CORE}/CodeSystem/fr-core-cs-v2-0203"
ORGANIZATION_LEVELS = f"{CORE}/CodeSystem/fr-core-cs-v2-3307"
CLOSING_PERIOD = "closingReopeningDate"
CLOSING_SENTENCE = "Période de fermeture et de réouverture prévisionnelle"
"""The id and the description that ror-healthcareservice fixes for the time an offer is closed."""
COMMUNE_DIVISION = "3"
OPENING_TIME = "01"
OFFER_NUMBER, LOCATION_NUMBER = "35", "25"

REGION = "11"
"""Île-de-France."""
TERRITORIES = "urn:terresante:territories"
STRUCTURE_LEVELS = "urn:terresante:structure-levels"
PROFESSION_CODES = "urn:terresante:professions"
"""Our own systems, for what has no national code."""
NATIONAL_STRUCTURE = "urn:oid:1.2.250.1.71.4.2.2"
NATIONAL_PERSON = "urn:oid:1.2.250.1.71.4.2.1"
FINESS = "https://finess.esante.gouv.fr"
SIRENE = "https://sirene.fr"
RPPS = "https://rpps.esante.gouv.fr"
FINESS_PREFIX, SIREN_PREFIX, SIRET_PREFIX, RPPS_PREFIX = "1", "2", "3", "8"
"""What comes before a number to make it the national identifier of a structure or a person (CI-SIS)."""
