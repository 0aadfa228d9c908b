"""Between protobuf and the domain: the only module that knows both."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from google.protobuf.timestamp_pb2 import Timestamp
from terresante.directory.v1 import directory_service_pb2 as pb
from terresante_platform.ids import parsed
from terresante_platform.refusals import Invalid

from terresante_directory.domain.accounts import Means, State, means_invalid
from terresante_directory.domain.identifiers import Doubt
from terresante_directory.domain.professionals import Place, Profession, Professional
from terresante_directory.domain.structures import Structure
from terresante_directory.domain.territories import Territory

MOST_IDS = 200
MOST_RESULTS = 100
RESULTS = 50
LONGEST_TEXT = 200
STATES = {
    None: pb.ACCOUNT_STATE_NONE,
    State.PENDING: pb.ACCOUNT_STATE_PENDING,
    State.OPEN: pb.ACCOUNT_STATE_OPEN,
    State.SUSPENDED: pb.ACCOUNT_STATE_SUSPENDED,
}
MEANS = {
    pb.LOGIN_MEANS_CARD: Means.CARD,
    pb.LOGIN_MEANS_PASSWORD_AND_CODE: Means.PASSWORD_AND_CODE,
}


class TooManyIds(Invalid):
    reason = "TOO_MANY_IDS"


class SearchInvalid(Invalid):
    reason = "SEARCH_INVALID"


def timestamp(at: datetime) -> Timestamp:
    written = Timestamp()
    written.FromDatetime(at)
    return written


def ids(texts: Sequence[str], field: str) -> list[UUID]:
    """The ids of a batch. Raises `TooManyIds` over 200, `IdInvalid`."""
    if len(texts) > MOST_IDS:
        raise TooManyIds("Pas plus de 200 identifiants à la fois.", "Demandez-les en plusieurs fois.")
    return [parsed(text, field) for text in texts]


def optional_id(text: str, field: str) -> UUID | None:
    return parsed(text, field) if text else None


def page_size(limit: int) -> int:
    """How many results a page has. Raises `SearchInvalid` unless 0 (meaning 50) to 100."""
    if not 0 <= limit <= MOST_RESULTS:
        raise SearchInvalid("Une page compte de 1 à 100 résultats.", "Corrigez le nombre demandé.")
    return limit or RESULTS


def searched_text(text: str) -> str:
    """Raises `SearchInvalid` over 200 characters."""
    if len(text) > LONGEST_TEXT:
        raise SearchInvalid("Une recherche compte 200 caractères au plus.", "Raccourcissez-la.")
    return text


def means(value: int) -> Means:
    """Raises `AccountMeansInvalid` for a value that is none of ours."""
    if value not in MEANS:
        raise means_invalid()
    return MEANS[value]  # type: ignore[index]


def territory_to_proto(territory: Territory) -> pb.Territory:
    return pb.Territory(
        code=territory.code,
        name=territory.name,
        department=territory.department,
        started=territory.started,
    )


def structure_to_proto(structure: Structure) -> pb.Structure:
    return pb.Structure(
        structure_id=str(structure.id),
        name=structure.name,
        kind=structure.kind.value,
        finess=structure.finess or "",
        siret=structure.siret or "",
        territory_code=structure.territory,
        part_of=str(structure.part_of) if structure.part_of else "",
        postal_code=structure.postal_code,
        commune=structure.commune,
        version=structure.version,
    )


def professional_to_proto(
    professional: Professional, professions: Mapping[str, Profession], account: bool
) -> pb.Professional:
    """`account`: whether the reader may know the state of their account.

    A profession that the data file no longer has is shown by its code, without rights of a health professional.
    """
    code = professional.profession
    profession = professions.get(code, Profession(code, code, False))
    return pb.Professional(
        professional_id=str(professional.id),
        rpps=professional.rpps.value if professional.rpps else "",
        family_name=professional.family_name,
        given_name=professional.given_name,
        profession=code,
        profession_label=profession.label,
        health_professional=profession.health_professional,
        places=[_place_to_proto(place) for place in professional.places],
        account_state=STATES[professional.account] if account else pb.ACCOUNT_STATE_UNSPECIFIED,
        version=professional.version,
    )


def doubts_to_proto(doubts: Sequence[Doubt]) -> list[str]:
    return [doubt.value for doubt in doubts]


def _place_to_proto(place: Place) -> pb.Place:
    return pb.Place(
        place_id=str(place.id),
        structure_id=str(place.structure),
        role=place.role,
        since=timestamp(place.since),
        until=timestamp(place.until) if place.until else None,
    )
