"""An identity that arrives: whom it is linked to without a human, and what its number and traits say against it."""

from collections.abc import Sequence
from dataclasses import replace

from terresante_identity.domain.asking import asked_of
from terresante_identity.domain.evidence import SAME_INS_OTHER_TRAITS, Candidate, Decision
from terresante_identity.domain.identity import Person, PersonId
from terresante_identity.domain.sources import Claim, Source, SourceWarning
from terresante_identity.domain.survivorship import number, shown
from terresante_identity.domain.traits import strict_differences


def linkable(found: Sequence[Candidate]) -> Candidate | None:
    """Who would be linked without a human: first of all the same INS with equal strict traits; else the best."""
    certain = [one for one in found if one.evidence.decision is Decision.AUTO]
    return min(certain, key=lambda one: not one.evidence.same_ins, default=None)


def may_join(claim: Claim, person: Person) -> bool:
    """Whether nothing but a human's word is needed: two different active INS are never united by a machine."""
    return claim.ins is None or person.ins is None or number(claim.ins) == number(person.ins)


def warned(claim: Claim, found: Sequence[Candidate], holder: PersonId | None, person: PersonId) -> Claim:
    """The claim with what its number says against it; `holder`: who has it now, `person`: whose the identity will
    be.
    """
    more = set(claim.warnings)
    if holder not in {None, person}:
        more.add(SourceWarning.INS_HELD_BY_ANOTHER)
    if claim.ins is not None and any(SAME_INS_OTHER_TRAITS in one.evidence.vetoes for one in found):
        more.add(SourceWarning.INS_OTHER_TRAITS)
    return replace(claim, warnings=frozenset(more))


def still_fits(claim: Claim, others: Sequence[Source], own: Candidate | None) -> bool:
    """Whether a newer version is still thought to be the person its other sources show; `own`: what comparing says."""
    if not others or not strict_differences(shown(others).traits, claim.traits):
        return True
    return own is not None and (own.evidence.decision is Decision.AUTO or own.evidence.same_ins)


def traits_changed(before: Claim, after: Claim) -> bool:
    """Whether anything changed that identities are compared by: the five traits or the number."""
    one, other = (replace(asked_of(claim), qualified=False, flagged=False) for claim in (before, after))
    return one != other
