"""French words about accounts: which ones a list shows, what troubles one, what was done to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from google.protobuf.timestamp_pb2 import Timestamp
from terresante.directory.v1 import directory_service_pb2 as pb
from terresante.directory.v1 import enrolment_service_pb2 as enrolment


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice of accounts: its word, what it asks the service for, and what an empty list teaches."""

    label: str
    asks: Mapping[str, object]
    empty: str


CHOICES = {
    "": Choice("Tous les comptes", {}, "Personne n’a encore de compte ici. Ouvrez-en pour ceux qui n’en ont pas."),
    "ouvert": Choice("Ouverts", {"state": pb.ACCOUNT_STATE_OPEN}, "Aucun compte n’est ouvert."),
    "suspendu": Choice("Suspendus", {"state": pb.ACCOUNT_STATE_SUSPENDED}, "Aucun compte n’est suspendu."),
    "aucun": Choice("Sans compte", {"state": pb.ACCOUNT_STATE_NONE}, "Tout le monde a un compte."),
    "en-cours": Choice("En cours d’ouverture", {"state": pb.ACCOUNT_STATE_PENDING}, "Aucune ouverture n’attend."),
    "nouveau": Choice(
        "Inscrits par eux-mêmes depuis deux semaines",
        {"enrolled_alone": True},
        "Personne ne s’est inscrit de soi-même ces deux dernières semaines.",
    ),
    "verrouille": Choice(
        "Verrouillés",
        {"locked": True},
        "Aucun compte n’est verrouillé. Un compte se ferme de lui-même un moment après trop d’essais manqués.",
    ),
    "a-regler": Choice(
        "En attente du service des comptes",
        {"unsettled": True},
        "Rien n’attend : le service des comptes a fait tout ce qui a été décidé.",
    ),
    "ecart": Choice(
        "En écart avec le service des comptes",
        {"differing": True},
        "Aucun écart : le service des comptes tient ce qui a été décidé ici.",
    ),
}
"""By their word in addresses."""
SILENT = {"": "Peu importe", "30": "30 jours", "90": "3 mois", "183": "6 mois", "365": "un an"}
"""Since how many days nobody logged in, by its word in addresses."""
DIFFERENCES = {
    "missing_there": "n’existe pas au service des comptes",
    "state": "ouvert d’un côté, fermé de l’autre",
    "card": "une autre carte qu’ici",
    "kind": "un autre genre de personne qu’ici",
}
MEANS = {
    pb.LOGIN_MEANS_CARD: "carte CPS",
    pb.LOGIN_MEANS_PASSWORD_AND_CODE: "mot de passe et code",
}
ACTS = {
    "opened": "Ouverture décidée",
    "started": "Lettre d’activation faite",
    "suspended": "Compte suspendu",
    "reinstated": "Compte rétabli",
    "phone_replaced": "Téléphone remplacé",
    "card_lost": "Carte déclarée perdue",
    "card_seen": "Nouvelle carte vue",
    "administrator_named": "Nommé administrateur",
    "administrator_ended": "Droits d’administrateur terminés",
    "correspondent_named": "Nommé correspondant",
    "correspondent_ended": "N’est plus correspondant",
    "enrolled_alone": "Inscription par soi-même",
    "left": "A quitté la plateforme",
}


def choices() -> list[tuple[str, str]]:
    """What a list may show, by its word."""
    return [(word, choice.label) for word, choice in CHOICES.items()]


def means(value: int) -> str:
    """How somebody logs in."""
    return MEANS.get(value, "aucun")  # type: ignore[call-overload, no-any-return]


def difference(code: str) -> str:
    """How the service of accounts differs; an unknown code is shown as it is."""
    return DIFFERENCES.get(code, code)


def act(kind: str) -> str:
    """What was done; an unknown kind is shown as it is."""
    return ACTS.get(kind, f"Acte inconnu ({kind})")


def asked(
    choice: str, silent: str, now: datetime, *, territory: str, text: str, cursor: str
) -> enrolment.ListAccountsRequest:
    """The request for a list. `choice`, `silent`: words of an address; unknown ones count as blank."""
    wanted = CHOICES.get(choice, CHOICES[""]).asks
    request = enrolment.ListAccountsRequest(territory_code=territory, text=text, cursor=cursor, **wanted)  # type: ignore[arg-type]
    if silent and silent in SILENT:
        since = Timestamp()
        since.FromDatetime(now - timedelta(days=int(silent)))
        request.not_since.CopyFrom(since)
    return request
