"""Whether somebody exists, as identity said before a transaction; told after the decision."""

from dataclasses import dataclass
from uuid import UUID

from terresante_platform.refusals import Unavailable, Unknown


class UnknownPerson(Unknown):
    """No person has that id."""

    reason = "PERSON_UNKNOWN"


@dataclass(frozen=True, slots=True)
class Existing:
    """Which of some ids are persons."""

    ids: frozenset[UUID]
    away: Unavailable | None = None
    """Why it could not be asked: then nobody else is taken to exist, or not to."""

    def require(self, id: UUID, field: str) -> None:
        """Refuses with PERSON_UNKNOWN who does not exist, with IDENTITY_UNAVAILABLE when nobody could tell."""
        if id in self.ids:
            return
        if self.away is not None:
            raise self.away
        raise UnknownPerson(
            "Personne connue de la plateforme ne porte cet identifiant ; rien n'a été enregistré.",
            "Recherchez la personne par ses traits, ou créez d'abord son identité.",
            field=field,
        )
