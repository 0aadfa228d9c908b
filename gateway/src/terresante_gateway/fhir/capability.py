"""/fhir/R4/metadata: what this FHIR server does, as a CapabilityStatement. Static facts; nothing about anybody."""

from typing import Any

from terresante_gateway.fhir import terms
from terresante_gateway.fhir.outcomes import MEDIA_TYPE

VERSION = "1.0.0"
DATE = "2026-11-30"
"""Of the last change of what is declared here."""
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
        "implementation": {"description": "Serveur régional de rapprochement d’identités"}
        | ({"url": address} if address else {}),
        "fhirVersion": "4.0.1",
        "format": [MEDIA_TYPE],
        "rest": [
            {
                "mode": "server",
                "documentation": "Écarts et doutes : voir la description de l’API, « Parler FHIR ».",
                "security": {
                    "cors": True,
                    "description": "Jeton OpenID Connect (Authorization: Bearer), comme pour le reste de l’API.",
                },
                "resource": [_patient()],
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
