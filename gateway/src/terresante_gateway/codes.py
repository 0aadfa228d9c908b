"""Enumerations as JSON words: `CONSENT_FORM_ORAL` is `oral`; and what some of them mean in French."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Codes:
    """The words of one enumeration, both ways. The unspecified value has no word."""

    word: Mapping[int, Any]
    number: Mapping[str, Any]

    def number_of(self, word: str | None) -> Any:
        """The number of a word that may be missing; unspecified then."""
        return self.number[word] if word else 0


def codes_of(enum: Any, prefix: str, official: Mapping[str, str] | None = None) -> Codes:
    """The words of a protobuf enumeration; `official` replaces some (`female` -> `F`)."""
    items: list[tuple[str, int]] = enum.items()
    words = {number: name.removeprefix(prefix).lower() for name, number in items if number}
    if official is not None:
        words = {number: official[word] for number, word in words.items()}
    return Codes(words, {word: number for number, word in words.items()})


ACTIONS = {
    "search_persons": "Recherche d’une personne",
    "create_person": "Création d’une identité",
    "read_identity": "Consultation de l’identité",
    "change_identity": "Modification de l’identité",
    "issue_activation": "Remise d’un code d’activation",
    "list": "Consultation d’une liste",
    "read": "Lecture",
    "publish": "Dépôt",
    "change": "Modification ou suppression",
    "be_notified": "Notification",
    "record_consent": "Recueil du consentement",
    "withdraw_consent": "Retrait du consentement",
    "read_circle": "Consultation du cercle de soins",
    "invite_member": "Ajout d’un membre au cercle de soins",
    "remove_member": "Retrait d’un membre du cercle de soins",
    "block": "Blocage d’un professionnel",
    "lift_block": "Levée d’un blocage",
    "read_blocks": "Consultation des blocages",
    "open_emergency": "Ouverture d’un accès en urgence",
    "close_emergency": "Fin d’un accès en urgence",
    "read_emergencies": "Consultation des accès en urgence",
    "appoint_representative": "Désignation d’un représentant",
    "end_representation": "Fin d’une représentation",
    "read_representatives": "Consultation des représentants",
    "read_consents": "Consultation des consentements",
    "read_journal": "Consultation du journal des accès",
    "export_journal": "Export du journal des accès",
    "feed_identity": "Alimentation d’une identité par un système",
    "match_identity": "Rapprochement d’identités",
    "list_reviews": "Consultation des identités à examiner",
    "review_identity": "Comparaison de l’identité avec une autre",
    "decide_identity": "Décision sur les identités réunies ou séparées",
    "read_conversation": "Lecture d’une conversation",
    "write_conversation": "Écriture dans une conversation",
    "use_direct_messages": "Messages entre professionnels",
    "use_team_messages": "Messages de l’équipe d’une structure",
    "set_patient_writing": "Réglage de l’écriture du patient à son cercle",
    "set_newcomers_view": "Réglage de ce que voit qui rejoint le cercle",
    "hear_as_portal": "Envoi à un portail",
}
RESOURCES = {
    "document": "document",
    "note": "note de liaison",
    "observation": "mesure ou observation",
    "message": "message",
}
BASES = {
    "member": "membre du cercle de soins",
    "structure_member": "exerce dans une structure membre du cercle de soins",
    "emergency": "accès en urgence ouvert",
    "patient": "patient",
    "representative": "représentant du patient",
    "author": "auteur",
    "profession": "mission du professionnel",
    "identity_mandate": "mandat d’identitovigilance",
    "feeder": "système qui alimente ses propres identités",
}
