"""French words of the pages for the codes that services give, and how dates are written."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from google.protobuf.timestamp_pb2 import Timestamp
from terresante.directory.v1 import directory_service_pb2 as pb
from terresante.directory.v1 import import_service_pb2 as imports
from terresante.directory.v1 import ror_service_pb2 as ror

PARIS = ZoneInfo("Europe/Paris")
MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)
KINDS = {
    "cabinet": "Cabinet",
    "hospital_service": "Service hospitalier",
    "nursing_home": "Établissement d’hébergement (EHPAD…)",
    "social_service": "Service social",
    "pharmacy": "Pharmacie",
    "laboratory": "Laboratoire",
    "coordination": "Dispositif de coordination",
    "other": "Autre",
}
LEVEL_NAMES = {
    "legal_entity": "Entité juridique",
    "site": "Site (entité géographique)",
    "internal": "Organisation interne",
}
LEVELS = {
    ror.STRUCTURE_LEVEL_LEGAL_ENTITY: LEVEL_NAMES["legal_entity"],
    ror.STRUCTURE_LEVEL_SITE: LEVEL_NAMES["site"],
    ror.STRUCTURE_LEVEL_INTERNAL: LEVEL_NAMES["internal"],
}
ACTS = {
    "enrolled": "Inscription",
    "changed": "Modification",
    "closed": "Fermeture",
    "confirmed": "Confirmation",
    "corrected": "Correction",
    "placed": "Lieu d’exercice ajouté",
    "place_ended": "Lieu d’exercice terminé",
    "moved": "Déplacement",
    "split": "Division",
    "merged": "Fusion",
    "imported": "Import",
    "taken_over": "Reprise de l’existant",
    "undone": "Annulation",
}
STRUCTURE_LABELS = {
    "name": "Nom",
    "level": "Niveau",
    "kind": "Genre",
    "part_of": "Fait partie de",
    "territory_code": "Territoire",
    "finess": "FINESS",
    "siren": "SIREN",
    "siret": "SIRET",
    "address_line": "Adresse",
    "postal_code": "Code postal",
    "commune": "Commune",
    "telecoms": "Contacts",
}
"""The fields of a structure, in the order in which they are compared."""
FIELDS = {
    **STRUCTURE_LABELS,
    "commune_code": "Code de la commune",
    "position": "Position",
    "closed": "Fermée",
    "closing_kind": "Motif de fermeture",
    "rpps": "RPPS",
    "family_name": "Nom",
    "given_name": "Prénom",
    "profession": "Métier",
    "structure_id": "Structure",
    "professional_id": "Professionnel",
    "role": "Fonction",
    "continues_since": "Exerce depuis",
    "field": "Champ d’activité",
    "type": "Type d’offre",
    "activity": "Activité",
    "care_modes": "Modes de prise en charge",
    "age_from_months": "Âge minimal",
    "age_to_months": "Âge maximal",
    "opening": "Horaires",
    "capacities": "Capacités",
    "sensitive": "Sensible",
    "intervention_communes": "Communes desservies",
    "description": "Description",
    "confirmed_at": "Confirmée le",
    "department": "Département",
}
IMPORTS = {
    imports.IMPORT_STATE_READING: "lecture en cours",
    imports.IMPORT_STATE_READY: "à regarder",
    imports.IMPORT_STATE_APPLYING: "application en cours",
    imports.IMPORT_STATE_APPLIED: "appliqué",
    imports.IMPORT_STATE_FAILED: "illisible",
    imports.IMPORT_STATE_DISCARDED: "abandonné",
}
ACCOUNTS = {
    pb.ACCOUNT_STATE_UNSPECIFIED: "non communiqué",
    pb.ACCOUNT_STATE_NONE: "pas de compte",
    pb.ACCOUNT_STATE_PENDING: "en cours d’ouverture",
    pb.ACCOUNT_STATE_OPEN: "ouvert",
    pb.ACCOUNT_STATE_SUSPENDED: "suspendu",
}
POLICIES = {
    "strict": "Stricte : rien n’est rapproché sans une personne",
    "suggest": "Proposée : les rapprochements sont proposés à une personne",
    "auto": "Automatique : les rapprochements sûrs se font seuls",
}
DOUBTS = {
    "FINESS_KEY": "La clé du numéro FINESS ne correspond pas. Il a été accepté ; vérifiez-le.",
    "RPPS_KEY": "La clé du numéro RPPS ne correspond pas. Il a été accepté ; vérifiez-le.",
}


def day(moment: Timestamp | datetime) -> str:
    """A moment as its day in Paris: 1er mars 2025."""
    at = _paris(moment)
    return f"{'1er' if at.day == 1 else at.day} {MONTHS[at.month - 1]} {at.year}"


def minute(moment: Timestamp | datetime) -> str:
    """A moment to the minute: 1er mars 2025 à 14 h 05, the hour never on two lines."""
    at = _paris(moment)
    return f"{day(moment)} à\N{NO-BREAK SPACE}{at.hour}\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}{at.minute:02}"


def account(state: int) -> str:
    """The state of an account in words; an unknown one is said to be so."""
    return ACCOUNTS.get(state, "état inconnu")  # type: ignore[call-overload, no-any-return]


def kind(code: str) -> str:
    """The kind of a structure in words; an unknown code is shown as it is."""
    return KINDS.get(code, f"Genre inconnu ({code})")


def act(kind: str) -> str:
    """The kind of an act in words."""
    return ACTS.get(kind, f"Acte inconnu ({kind})")


def _paris(moment: Timestamp | datetime) -> datetime:
    at = moment.ToDatetime(UTC) if isinstance(moment, Timestamp) else moment
    return at.astimezone(PARIS)
