"""Source identities: traits as received, standing, versions; numbers, moments and pages."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from terresante.identity.v1 import identity_service_pb2 as identity_pb
from terresante.identity.v1 import linkage_service_pb2 as pb
from terresante_platform.ids import parsed
from terresante_platform.refusals import Invalid

from terresante_identity.domain.linkage import ActId, ReviewId
from terresante_identity.domain.sources import Received, Source, SourceId
from terresante_identity.domain.traits import Sex
from terresante_identity.wire.persons import FLAGS, SEXES, STATUSES, flags, timestamp

AHEAD = timedelta(days=1)
"""How far an issuer's clock may be ahead."""


class StatusUnknown(Invalid):
    reason = "IDENTITY_STATUS_UNKNOWN"


class MomentInvalid(Invalid):
    reason = "MOMENT_INVALID"


class PageInvalid(Invalid):
    reason = "LIMIT_INVALID"


class CursorInvalid(Invalid):
    reason = "CURSOR_INVALID"


def source_id(text: str, field: str = "source_id") -> SourceId:
    """Refuses with ID_INVALID."""
    return SourceId(parsed(text, field))


def act_id(text: str) -> ActId:
    """Refuses with ID_INVALID."""
    return ActId(parsed(text, "act_id"))


def review_id(text: str) -> ReviewId:
    """Refuses with ID_INVALID."""
    return ReviewId(parsed(text, "review_id"))


def moment(message: Any, field: str, now: datetime) -> datetime | None:
    """The moment in that field, None if unset. Refuses with MOMENT_INVALID one out of the calendar or in the future."""
    if not message.HasField(field):
        return None
    try:
        at: datetime = getattr(message, field).ToDatetime(UTC)
        if at <= now + AHEAD:
            return at
    except (ValueError, OverflowError):
        pass
    raise MomentInvalid("Ce moment n’existe pas, ou pas encore.", "Donnez un moment passé.", field=field)


def required_moment(message: Any, field: str, now: datetime) -> datetime:
    """The moment in that field. Refuses with MOMENT_INVALID also when it is unset."""
    at = moment(message, field, now)
    if at is None:
        raise MomentInvalid("Il faut un moment.", "Donnez la date et l’heure, passées.", field=field)
    return at


def page_size(asked: int, default: int, most: int) -> int:
    """How many a page has; 0 means the default. Refuses with LIMIT_INVALID."""
    if not 0 <= asked <= most:
        raise PageInvalid(f"De 1 à {most} à la fois.", "Corrigez la limite, ou laissez-la vide.", field="limit")
    return asked or default


def invalid_cursor() -> CursorInvalid:
    """The refusal for what is no cursor."""
    return CursorInvalid("Ce curseur n’est pas valable.", "Reprenez celui de la page précédente, ou recommencez.")


def received(traits: pb.ReceivedTraits, request: pb.RegisterIdentityRequest | pb.MatchRequest) -> Received:
    """An identity as it came; of one that is only asked for, no status is told.

    Refuses with IDENTITY_STATUS_UNKNOWN, IDENTITY_FLAG_UNKNOWN.
    """
    claimed: dict[str, Any] = {}
    if isinstance(request, pb.RegisterIdentityRequest):
        claimed["flags"] = flags(request.flags)
        if request.status:
            claimed["status"] = _status(request.status)
    sex = next((ours for ours, theirs in SEXES.items() if theirs == traits.sex), None)
    return Received(
        birth_name=traits.birth_name,
        first_names=traits.first_names,
        birth_date=traits.birth_date,
        sex=sex.value if sex else "",
        birth_country=traits.birth_country,
        birth_postal_code=traits.birth_postal_code,
        birth_code=traits.birth_code,
        used_name=traits.used_name,
        used_first_name=traits.used_first_name,
        ins_matricule=request.ins_matricule,
        ins_oid=request.ins_oid,
        **claimed,
    )


def _status(value: int) -> Any:
    known = {int(theirs): ours for ours, theirs in STATUSES.items()}
    if value not in known:
        raise StatusUnknown(
            "Ce statut d’identité n’existe pas (EXI SI 07).",
            "Provisoire, récupérée, validée ou qualifiée.",
            field="status",
        )
    return known[value]


def traits_to_proto(received: Received) -> pb.ReceivedTraits:
    """Traits as they came."""
    return pb.ReceivedTraits(
        birth_name=received.birth_name,
        first_names=received.first_names,
        birth_date=received.birth_date,
        sex=SEXES[Sex(received.sex)] if received.sex else identity_pb.SEX_UNSPECIFIED,
        birth_country=received.birth_country,
        birth_postal_code=received.birth_postal_code,
        birth_code=received.birth_code,
        used_name=received.used_name,
        used_first_name=received.used_first_name,
    )


def source_to_proto(source: Source, with_traits: bool = True) -> pb.SourceIdentity:
    """A source identity; without traits, INS and warnings: that it exists, and its number."""
    shown = pb.SourceIdentity(
        source_id=str(source.id),
        issuer=source.issuer,
        local_id=source.local_id,
        version=source.version.number,
        person_id=str(source.person),
        valid_from=timestamp(source.version.valid_from),
        received_at=timestamp(source.version.received_at),
        structure_id=str(source.structure) if source.structure else "",
    )
    if with_traits:
        received = source.version.claim.received
        shown.traits.CopyFrom(traits_to_proto(received))
        shown.status = STATUSES[received.status]
        shown.flags.extend(FLAGS[flag] for flag in sorted(received.flags))
        shown.ins_matricule, shown.ins_oid = received.ins_matricule, received.ins_oid
        shown.warnings.extend(sorted(source.version.claim.warnings))
    return shown


def sources_to_proto(some: Iterable[Source]) -> list[pb.SourceIdentity]:
    """Source identities with their traits."""
    return [source_to_proto(source) for source in some]
