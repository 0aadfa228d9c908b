"""Administrators name and end one another, within the territories that they share."""

from collections.abc import Iterable, Mapping, Sequence

from terresante_platform.refusals import Denied, Unknown

from terresante_directory.domain import words
from terresante_directory.domain.identifiers import AdministratorId, TerritoryCode
from terresante_directory.domain.territories import Administrator, Territory, TerritoryUnknown, known_territory


class AdministratorOtherUnknown(Unknown):
    reason = "ADMINISTRATOR_OTHER_UNKNOWN"


class AdministratorSelf(Denied):
    reason = "ADMINISTRATOR_SELF"


def name_administrator(
    id: AdministratorId,
    names: tuple[str, str],
    codes: Sequence[str],
    by: Administrator,
    territories: Mapping[TerritoryCode, Territory],
) -> Administrator:
    """A new administrator of some of the namer's own territories. `names`: given, family.

    Raises `ProfessionalNameInvalid`, `TerritoryUnknown` (also: none given), `TerritoryNotYours`.
    """
    given_name, family_name = (words.person_name(name) for name in names)
    if not codes:
        raise TerritoryUnknown("Il manque le territoire.", "Choisissez au moins un de vos territoires.")
    known = frozenset(known_territory(code, territories) for code in codes)
    by.must_administer_all(known)
    return Administrator(id, given_name, family_name, known)


def ended_territories(other: Administrator, codes: Iterable[str], by: Administrator) -> frozenset[TerritoryCode]:
    """Where the other's rights end: in the territories named, or in all that the two share.

    Raises `AdministratorSelf`, `TerritoryNotYours`, `AdministratorOtherUnknown` if they share none of them.
    """
    if other.id == by.id:
        raise AdministratorSelf(
            "Personne ne met fin à ses propres droits d’administrateur.", "Demandez-le à un autre administrateur."
        )
    wanted = frozenset(map(TerritoryCode, codes))
    by.must_administer_all(wanted)
    ended = other.territories & (wanted or by.territories)
    if not ended:
        raise unknown_other()
    return ended


def must_answer_for(other: Administrator, by: Administrator) -> None:
    """Raises `AdministratorSelf`, and `TerritoryNotYours` if the other administers what the caller does not."""
    if other.id == by.id:
        raise AdministratorSelf(
            "Personne ne vérifie sa propre identité.", "Demandez-le à un autre administrateur de vos territoires."
        )
    by.must_administer_all(other.territories)


def unknown_other() -> AdministratorOtherUnknown:
    return AdministratorOtherUnknown(
        "Cet administrateur n’existe pas dans vos territoires.", "Relisez la liste de leurs administrateurs."
    )
