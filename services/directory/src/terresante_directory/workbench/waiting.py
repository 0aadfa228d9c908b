"""What waits at an administrator's desk, in words, and the list that shows exactly that."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp
from terresante.directory.v1 import enrolment_service_pb2 as pb

WORDS = {
    "requests": ("demande à décider", "demandes à décider", "/demandes"),
    "stale_offers": ("offre à confirmer", "offres à confirmer", "/offres/a-confirmer"),
    "imports": ("fichier lu, à regarder", "fichiers lus, à regarder", "/imports?etat=a-regarder"),
    "differences": ("écart entre deux sources", "écarts entre deux sources", "/ecarts"),
    "locked_accounts": (
        "compte bloqué par trop d’essais",
        "comptes bloqués par trop d’essais",
        "/comptes?etat=verrouille",
    ),
    "unsettled_accounts": (
        "compte que le service de connexion n’a pas encore à jour",
        "comptes que le service de connexion n’a pas encore à jour",
        "/comptes?etat=a-regler",
    ),
    "account_differences": (
        "compte qui diffère au service de connexion",
        "comptes qui diffèrent au service de connexion",
        "/comptes?etat=ecart",
    ),
    "new_professionals": (
        "professionnel qui s’est inscrit lui-même",
        "professionnels qui se sont inscrits eux-mêmes",
        "/comptes?etat=nouveau",
    ),
}
"""By kind: one, several, where they are listed."""


@dataclass(frozen=True, slots=True)
class Line:
    """Work of one kind. `oldest`: since when the oldest waits, None if that is not known."""

    words: str
    href: str
    oldest: Timestamp | None


def lines(waiting: Iterable[pb.Waiting]) -> list[Line]:
    """The oldest first; what nobody knows the age of comes last, and a kind that we have no page for not at all."""
    known = [one for one in waiting if one.kind in WORDS]
    known.sort(
        key=lambda one: one.oldest.ToDatetime(UTC) if one.HasField("oldest") else datetime.max.replace(tzinfo=UTC)
    )
    return [_line(one) for one in known]


def _line(one: pb.Waiting) -> Line:
    single, several, href = WORDS[one.kind]
    count = "plus de 100" if one.kind == "differences" and one.count > 100 else str(one.count)
    return Line(f"{count} {several if one.count > 1 else single}", href, one.oldest if one.HasField("oldest") else None)
