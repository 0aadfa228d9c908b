"""/fhir/R4/metadata: what this FHIR server does, as a CapabilityStatement. Static facts; nothing about anybody."""

from typing import Any

from terresante_gateway.fhir import terms
from terresante_gateway.fhir.directory import asking
from terresante_gateway.fhir.directory.resources import RESOURCES, Resource
from terresante_gateway.fhir.outcomes import MEDIA_TYPE

VERSION = "1.1.0"
DATE = "2026-11-30"
"""Of the last change of what is declared here."""
FILTER = {
    "name": asking.FILTER,
    "definition": "http://hl7.org/fhir/SearchParameter/filter",
    "type": "special",
    "documentation": "Comparaisons des mêmes paramètres, jointes par and, or et des parenthèses ; 16 façons au plus.",
}
BULK_DATA = "http://hl7.org/fhir/uv/bulkdata"
MATCH = "http://hl7.org/fhir/OperationDefinition/Patient-match"
IHE_PIX = "https://profiles.ihe.net/ITI/PIXm/OperationDefinition/IHE.PIXm.pix"


def statement(address: str) -> dict[str, Any]:
    """The CapabilityStatement. `address`: address of this FHIR server, blank if it does not know it."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": DATE,
        "publisher": "Terr-eSanté",
        "kind": "instance",
        "software": {"name": "Terr-eSanté", "version": VERSION},
        "implementation": {"description": "Serveur régional : rapprochement d’identités, annuaire et offre de soins"}
        | ({"url": address} if address else {}),
        "fhirVersion": "4.0.1",
        "format": [MEDIA_TYPE],
        "instantiates": [f"{BULK_DATA}/CapabilityStatement/bulk-data"],
        "rest": [
            {
                "mode": "server",
                "documentation": "Écarts et doutes : voir la description de l’API, « Parler FHIR ».",
                "security": {
                    "cors": True,
                    "description": "Jeton OpenID Connect (Authorization: Bearer), comme pour le reste de l’API.",
                },
                "resource": [_patient(), *map(_of_directory, RESOURCES.values())],
                "operation": [
                    {
                        "name": "export",
                        "definition": f"{BULK_DATA}/OperationDefinition/export",
                        "documentation": (
                            "GET /$export avec Prefer: respond-async ; _type, _since, _typeFilter, _outputFormat. Les "
                            "fichiers sont écrits quand ils sont lus ; ce qui n’est plus du tout n’est pas annoncé."
                        ),
                    }
                ],
            }
        ],
    }


def _patient() -> dict[str, Any]:
    return {
        "type": "Patient",
        "supportedProfile": [terms.PATIENT, terms.PATIENT_INS],
        "interaction": [{"code": "read", "documentation": "Professionnels et patients, selon leurs droits."}],
        "versioning": "versioned",
        "readHistory": False,
        "operation": [
            {
                "name": "match",
                "definition": MATCH,
                "documentation": "POST d’un Parameters : resource, onlyCertainMatches, count (10 au plus).",
            },
            {
                "name": "ihe-pix",
                "definition": IHE_PIX,
                "documentation": "POST d’un Parameters seulement : sourceIdentifier, targetSystem.",
            },
        ],
    }


def _of_directory(resource: Resource) -> dict[str, Any]:
    """From the tables by which searches are read."""
    found: dict[str, Any] = {
        "type": resource.type,
        "supportedProfile": list(resource.profiles),
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "readHistory": False,
        "searchInclude": asking.inclusions(resource, reverse=False),
        "searchRevInclude": asking.inclusions(resource, reverse=True),
        "searchParam": [
            {"name": name, "definition": each.definition, "type": each.type}
            | ({"documentation": each.documentation} if each.documentation else {})
            for name, each in resource.parameters.items()
        ]
        + [FILTER],
    }
    found = {name: value for name, value in found.items() if value != []}
    return found | ({"documentation": resource.note} if resource.note else {})
