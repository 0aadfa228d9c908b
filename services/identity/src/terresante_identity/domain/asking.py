"""What is looked up by: identities as the texts that comparing reads (`evidence.Asked`)."""

from terresante_identity.domain.births import BirthPlace
from terresante_identity.domain.evidence import Asked, Kept
from terresante_identity.domain.sources import Claim, Source, SourceId
from terresante_identity.domain.status import Status
from terresante_identity.domain.traits import Sex, TypedTraits


def asked_of(claim: Claim, but: SourceId | None = None) -> Asked:
    """A source identity's claim; `but`: the source itself, when it is known already and no candidate."""
    traits = claim.traits
    return Asked(
        birth_name=traits.birth_name.insi,
        first_names=(traits.given_names or traits.first_name).insi,
        birth_date=claim.received.birth_date,
        sex="" if traits.sex is Sex.UNKNOWN else traits.sex.value,
        birth_place=_place(traits.birth_place),
        ins=f"{claim.ins.matricule} {claim.ins.oid.value}" if claim.ins else None,
        qualified=claim.standing.status is Status.QUALIFIED,
        flagged=bool(claim.standing.flags),
        but_source=but,
    )


def kept_of(source: Source) -> Kept:
    """What a source identity is looked up by, by its present version."""
    return Kept(source.id, source.person, asked_of(source.version.claim, source.id))


def asked_of_typed(typed: TypedTraits) -> Asked | None:
    """Traits as somebody typed them to look for a person; None without both names: there is too little to compare."""
    if not (typed.birth_name and typed.first_name):
        return None
    parts = [f"{typed.birth_year:04}", f"{typed.birth_month:02}", f"{typed.birth_day:02}"]
    known = 3 if typed.birth_month and typed.birth_day else 2 if typed.birth_month else 1
    country, postal = typed.birth_country.upper(), typed.birth_postal_code
    return Asked(
        birth_name=typed.birth_name,
        first_names=typed.given_names or typed.first_name,
        birth_date="-".join(parts[:known]),
        sex=typed.sex.value if typed.sex in {Sex.FEMALE, Sex.MALE} else "",
        birth_place=typed.birth_cog or (f"{country}:{postal}" if country else ""),
    )


def _place(place: BirthPlace) -> str:
    if len(place.codes) == 1:
        return next(iter(place.codes))
    return f"{place.country}:{place.postal_code}" if place.codes else ""
