"""The five resources of the directory: how each is searched, and what may come along with it.

The CapabilityStatement and the searches are both made from these tables, so that it declares what is served, no more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from terresante.directory.v1 import extract_service_pb2 as pb

from terresante_gateway.fhir.directory import names, searching
from terresante_gateway.fhir.directory.searching import Reads

BASE = "http://hl7.org/fhir/SearchParameter"
OF_ROR = "https://interop.esante.gouv.fr/ig/fhir/ror/SearchParameter/ror-sp"
OF_ANNUAIRE = "https://interop.esante.gouv.fr/ig/fhir/annuaire/SearchParameter/as-sp"
Along: TypeAlias = "pb.Along.ValueType"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A search parameter. `type` as in FHIR; `definition`: its canonical name; `documentation` in French."""

    type: str
    reads: Reads
    definition: str
    documentation: str = ""


@dataclass(frozen=True, slots=True)
class Inclusion:
    """What one `_include`, or `_revinclude` (`reverse`), brings: a type of resource.

    `along`: what the directory is asked; `iterated`: the same when repeated on what was included (`:iterate`).
    """

    type: str
    along: tuple[Along, ...] = ()
    iterated: tuple[Along, ...] = ()
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class Resource:
    """A type of resource. `along`: what the directory is always asked with it, to write it."""

    type: str
    extracted: "pb.Extracted.ValueType"
    profiles: tuple[str, ...]
    parameters: Mapping[str, Parameter]
    inclusions: Mapping[str, Inclusion]
    along: tuple[Along, ...] = ()
    note: str = ""


def _own(type: str, *found: tuple[str, str, Reads] | tuple[str, str, Reads, str]) -> dict[str, Parameter]:
    """Parameters that FHIR R4 defines for that type: name, type, how it is read, in French what of it is served."""
    made = {}
    for name, kind, reads, *told in found:
        made[name] = Parameter(kind, reads, f"{BASE}/{type}-{name}", told[0] if told else "")
    return made


def _common(type: str, tagged: Reads, numbers: Reads, of_numbers: str) -> dict[str, Parameter]:
    dates = "eq, ge, gt, le, lt, sa, eb ; répétable."
    return {
        "_id": Parameter("token", searching.ids, f"{BASE}/Resource-id"),
        "_lastUpdated": Parameter("date", searching.changed, f"{BASE}/Resource-lastUpdated", dates),
        "_tag": Parameter("token", tagged, f"{BASE}/Resource-tag", "Région (TRE_R30) ou territoire de coordination."),
        "identifier": Parameter("token", numbers, f"{BASE}/{type}-identifier", of_numbers),
    }


OWN = "Identifiant de la plateforme (urn:ietf:rfc:3986|urn:uuid:…)."
CLOSED = "Par défaut les seules ressources actives ; false, ou true,false, pour les autres."
ORGANIZATIONS = searching.references("structure_ids", "Organization")
COMMUNES = searching.codes("commune_codes", names.COMMUNES)
ZONES = searching.codes("intervention_communes", names.COMMUNES)
PROFESSIONS = searching.codes("professions", names.PROFESSIONS, names.PROFESSION_CODES)
PLACED = _own(
    "Location",
    ("near", "special", searching.near, "latitude|longitude|distance|km ; 20 km sans distance."),
    ("address-postalcode", "string", searching.text("postal_code"), "Début du code postal."),
    ("address-city", "string", searching.text("commune"), "Début du nom de la commune."),
) | {
    "near-insee-code": Parameter(
        "special", searching.near_commune, f"{OF_ROR}-location-near-insee-code", "COG|distance|km."
    ),
    "commune-cog": Parameter("token", COMMUNES, f"{OF_ROR}-location-commune-cog", "Code officiel géographique."),
}
"""Where an offer is given: of Location, and of HealthcareService chained (`location.near`…)."""

STRUCTURES = (pb.ALONG_STRUCTURES,)
PARENT = Inclusion("Organization", (pb.ALONG_PARENTS,), (pb.ALONG_ANCESTORS,))
PEOPLE = Inclusion("Practitioner", (pb.ALONG_PROFESSIONALS,))
ROLES = Inclusion("PractitionerRole", (pb.ALONG_PLACES,), reverse=True)
PROVIDERS = Inclusion("Organization", STRUCTURES)

SERVICE = Resource(
    "HealthcareService",
    pb.EXTRACTED_OFFERS,
    (names.ROR_SERVICE, names.CORE_SERVICE),
    _common("HealthcareService", searching.tags, searching.own_numbers, OWN)
    | _own(
        "HealthcareService",
        ("active", "token", searching.active, CLOSED),
        ("name", "string", searching.text("name"), "Débuts de mots du nom."),
        ("service-category", "token", searching.codes("types", names.TYPES)),
        ("service-type", "token", searching.codes("fields", names.FIELDS)),
        ("specialty", "token", searching.codes("activities", names.ACTIVITIES)),
        ("characteristic", "token", searching.codes("care_modes", names.CARE_MODES), "TRE_R213 seulement."),
        ("organization", "reference", ORGANIZATIONS),
        ("location", "reference", searching.references("ids", "Location")),
    )
    | {
        "age-range-low": Parameter(
            "quantity",
            searching.ages("age_low_least", "age_low_most"),
            f"{OF_ROR}-healthcareservice-age-range-low",
            "Entier, en années (a) ou en mois (mo) ; eq, ge, gt, le, lt.",
        ),
        "age-range-high": Parameter(
            "quantity",
            searching.ages("age_high_least", "age_high_most"),
            f"{OF_ROR}-healthcareservice-age-range-high",
            "Comme age-range-low ; sans limite : 150 ans.",
        ),
        "intervention-zone": Parameter(
            "token", ZONES, f"{OF_ROR}-healthcareservice-intervention-zone", "Communes (TRE_R13) seulement."
        ),
        "notavailable-closing-reopeningdate": Parameter(
            "date",
            searching.closed,
            f"{OF_ROR}-healthcareservice-notavailable-closing-reopeningdate",
            "La date de fermeture seulement ; rend les seules offres fermées.",
        ),
    }
    | {f"location.{name}": each for name, each in PLACED.items()},
    {
        "HealthcareService:organization": PROVIDERS,
        "HealthcareService:location": Inclusion("Location", STRUCTURES),
        "Organization:partof": PARENT,
        "PractitionerRole:practitioner": PEOPLE,
        "PractitionerRole:organization": PROVIDERS,
        "PractitionerRole:service": ROLES,
    },
    note=(
        "PractitionerRole:service rend ceux qui exercent dans la structure de l’offre : l’annuaire ne dit pas qui "
        "prend part à quelle offre, et PractitionerRole.healthcareService n’est donc pas renseigné."
    ),
)
LOCATION = Resource(
    "Location",
    pb.EXTRACTED_OFFERS,
    (names.ROR_LOCATION, names.CORE_LOCATION),
    _common("Location", searching.tags, searching.own_numbers, OWN)
    | PLACED
    | _own(
        "Location",
        ("status", "token", searching.status, "Par défaut active ; inactive, ou active,inactive, pour les autres."),
        ("organization", "reference", ORGANIZATIONS),
    ),
    {
        "Location:organization": PROVIDERS,
        "Organization:partof": PARENT,
        "HealthcareService:location": Inclusion("HealthcareService", reverse=True),
    },
    STRUCTURES,
    "Un lieu par offre, de même identifiant : à sa position, sinon à celle de sa structure.",
)
ORGANIZATION = Resource(
    "Organization",
    pb.EXTRACTED_STRUCTURES,
    (names.ROR_ORGANIZATION, names.ROR_INTERNAL, names.AS_ORGANIZATION),
    _common("Organization", searching.tags, searching.structure_numbers, "FINESS, SIREN, SIRET, identifiant national.")
    | _own(
        "Organization",
        ("active", "token", searching.active, CLOSED),
        ("name", "string", searching.text("name"), "Débuts de mots du nom ou de la commune."),
        ("type", "token", searching.organization_types, "Entité juridique, géographique ou interne."),
        ("partof", "reference", ORGANIZATIONS),
        ("address-postalcode", "string", searching.text("postal_code"), "Début du code postal."),
        ("address-city", "string", searching.text("commune"), "Début du nom de la commune."),
    )
    | {
        "closing-type": Parameter(
            "token", searching.closing_kinds, f"{OF_ROR}-organization-closing-type", "Les seules structures fermées."
        ),
        "period-end": Parameter(
            "date", searching.closed, f"{OF_ROR}-organization-period-end", "Les seules structures fermées."
        ),
    },
    {
        "Organization:partof": PARENT,
        "PractitionerRole:practitioner": PEOPLE,
        "HealthcareService:organization": Inclusion("HealthcareService", (pb.ALONG_OFFERS,), reverse=True),
        "PractitionerRole:organization": ROLES,
    },
)
PRACTITIONER = Resource(
    "Practitioner",
    pb.EXTRACTED_PROFESSIONALS,
    (names.ROR_PRACTITIONER, names.AS_PRACTITIONER, names.CORE_PRACTITIONER),
    _common("Practitioner", searching.region, searching.person_numbers, "RPPS, identifiant national (8 + RPPS).")
    | _own("Practitioner", ("name", "string", searching.text("name"), "Débuts de mots du nom et du prénom."))
    | _own(
        "individual",
        ("family", "string", searching.text("family_name"), "Début du nom."),
        ("given", "string", searching.text("given_name"), "Début du prénom."),
    )
    | {
        "qualification-code": Parameter(
            "token", PROFESSIONS, f"{OF_ANNUAIRE}-qualification-code", "La profession (TRE_G15) seulement."
        )
    },
    {
        "PractitionerRole:organization": PROVIDERS,
        "Organization:partof": PARENT,
        "PractitionerRole:practitioner": ROLES,
    },
)
ROLE = Resource(
    "PractitionerRole",
    pb.EXTRACTED_PLACES,
    (names.AS_ROLE,),
    _common("PractitionerRole", searching.tags, searching.own_numbers, OWN)
    | _own(
        "PractitionerRole",
        ("active", "token", searching.active, CLOSED),
        ("practitioner", "reference", searching.references("professional_ids", "Practitioner")),
        ("organization", "reference", ORGANIZATIONS),
    ),
    {
        "PractitionerRole:practitioner": PEOPLE,
        "PractitionerRole:organization": PROVIDERS,
        "Organization:partof": PARENT,
    },
)
RESOURCES: Mapping[str, Resource] = {one.type: one for one in (SERVICE, ORGANIZATION, LOCATION, PRACTITIONER, ROLE)}
