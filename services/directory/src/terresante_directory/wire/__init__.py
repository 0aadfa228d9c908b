"""Between protobuf and the domain: the only module that knows both."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from google.protobuf.timestamp_pb2 import Timestamp
from terresante.directory.v1 import directory_service_pb2 as pb
from terresante_platform.ids import IdInvalid, parsed
from terresante_platform.refusals import Invalid

from terresante_directory.domain.accounts import Means, State, means_invalid, state_invalid
from terresante_directory.domain.feeders import Feeder
from terresante_directory.domain.identifiers import Doubt
from terresante_directory.domain.officers import Mandate
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
WANTED_STATES = {
    pb.ACCOUNT_STATE_UNSPECIFIED: None,
    pb.ACCOUNT_STATE_OPEN: State.OPEN,
    pb.ACCOUNT_STATE_SUSPENDED: State.SUSPENDED,
}
MEANS = {
    pb.LOGIN_MEANS_CARD: Means.CARD,
    pb.LOGIN_MEANS_PASSWORD_AND_CODE: Means.PASSWORD_AND_CODE,
}


class TooManyIds(Invalid):
    reason = "TOO_MANY_IDS"


class SearchInvalid(Invalid):
    reason = "SEARCH_INVALID"


class CursorInvalid(Invalid):
    reason = "CURSOR_INVALID"


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


def cursor_invalid() -> CursorInvalid:
    return CursorInvalid("Cette suite de liste n’existe plus.", "Reprenez la liste depuis le début.")


def position(cursor: str) -> UUID | None:
    """The id after which a page begins. Raises `CursorInvalid`."""
    try:
        return optional_id(cursor, "cursor")
    except IdInvalid:
        raise cursor_invalid() from None


def page_size(limit: int, most: int = MOST_RESULTS, unsaid: int = RESULTS) -> int:
    """How many results a page has. Raises `SearchInvalid` unless 0 (meaning `unsaid`) to `most`."""
    if not 0 <= limit <= most:
        raise SearchInvalid(f"Une page compte de 1 à {most} résultats.", "Corrigez le nombre demandé.")
    return limit or unsaid


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


def wanted_state(value: int) -> State | None:
    """What an account shall be; None: as it is. Raises `AccountStateInvalid` for what nobody may choose."""
    if value not in WANTED_STATES:
        raise state_invalid()
    return WANTED_STATES[value]  # type: ignore[index]


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
    """`account`: whether the reader may know the state of their account and their mandate of identity officer.

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
        identity_mandate=mandate_to_proto(professional.mandate) if account and professional.mandate else None,
    )


def mandate_to_proto(mandate: Mandate) -> pb.IdentityMandate:
    return pb.IdentityMandate(
        territory_codes=mandate.territories,
        structure_ids=map(str, mandate.structures),
        since=timestamp(mandate.since),
    )


def officer_to_proto(
    professional: Professional, mandate: Mandate, professions: Mapping[str, Profession]
) -> pb.IdentityOfficer:
    return pb.IdentityOfficer(
        professional=professional_to_proto(professional, professions, account=True),
        mandate=mandate_to_proto(mandate),
        named_by=str(mandate.named_by),
    )


def feeder_to_proto(feeder: Feeder, subject: bool) -> pb.Feeder:
    """`subject`: whether the reader may know which certificate opens its account."""
    return pb.Feeder(
        feeder_id=str(feeder.id),
        name=feeder.name,
        structure_id=str(feeder.structure),
        territory_code=feeder.territory,
        issuers=feeder.issuers,
        policy=feeder.policy.value,
        certificate_subject=feeder.subject if subject else "",
        account_state=STATES[feeder.account],
        version=feeder.version,
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
        territory_code=place.territory,
    )
