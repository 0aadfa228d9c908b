"""Which of a person's source identities the region shows.

The best one is shown whole: traits of two sources are never mixed, because a mixture is nobody's identity. Best:
neither doubtful nor fictitious; then the highest status (QUAL, VALI, RECUP, PROV); then what was typed on the platform
about this very person; then the latest; then the oldest id, so that there is always exactly one.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from terresante_identity.domain.identity import Person, PersonId
from terresante_identity.domain.ins import Ins, Oid
from terresante_identity.domain.sources import Claim, Source
from terresante_identity.domain.status import FORCE_PROVISIONAL, Flag, Standing, Status
from terresante_identity.domain.traits import Traits

RANK: Mapping[Status, int] = MappingProxyType(
    {Status.PROVISIONAL: 0, Status.RETRIEVED: 1, Status.VALIDATED: 2, Status.QUALIFIED: 3}
)
"""How far a status may be trusted."""

InsNumber = tuple[str, Oid]
"""Matricule of 13 characters and OID: what makes two INS one, whatever the key written."""


@dataclass(frozen=True, slots=True)
class View:
    """What is shown of a person. Holds R-ID7: an INS is present exactly if it was retrieved."""

    traits: Traits
    standing: Standing
    ins: Ins | None


def number(ins: Ins) -> InsNumber:
    """What an INS is equal by."""
    return ins.matricule, ins.oid


def best(sources: Sequence[Source], held: Collection[InsNumber] = frozenset()) -> Source:
    """The source identity that is shown; `held`: numbers that another person holds, which count for nothing here."""
    return min(sources, key=lambda source: _order(source, held))


def shown(sources: Sequence[Source], held: Collection[InsNumber] = frozenset()) -> View:
    """What a person with these source identities, one or more, looks like."""
    chosen = best(sources, held).version.claim
    standing, ins = _effective(chosen, held)
    flags = _flags(sources, chosen)
    if flags & FORCE_PROVISIONAL:
        return View(chosen.traits, Standing(flags=flags), None)
    return View(chosen.traits, replace(standing, flags=flags), ins)


def view_of(person: Person) -> View:
    """What a person looks like already."""
    return View(person.traits, person.standing, person.ins)


def shown_as(person: Person, view: View, merged_into: PersonId | None = None) -> Person:
    """The person as they look now: one version more if anything changed, else the same."""
    now = replace(person, traits=view.traits, standing=view.standing, ins=view.ins, merged_into=merged_into)
    return person if now == person else replace(now, version=person.version + 1)


def outranks(one: Status, other: Status) -> bool:
    """Whether the first is more to be trusted than the second."""
    return RANK[one] > RANK[other]


def _order(source: Source, held: Collection[InsNumber]) -> tuple[bool, int, bool, float, int]:
    claim = source.version.claim
    standing, _ = _effective(claim, held)
    latest = -source.version.valid_from.timestamp()
    return claim.doubted, -RANK[standing.status], not source.own, latest, source.id.int


def _effective(claim: Claim, held: Collection[InsNumber]) -> tuple[Standing, Ins | None]:
    """A claim to a number that another person holds is a claim only: such an identity counts as provisional."""
    if claim.ins is not None and number(claim.ins) in held:
        return Standing(flags=claim.standing.flags), None
    return claim.standing, claim.ins


def _flags(sources: Sequence[Source], chosen: Claim) -> frozenset[Flag]:
    """Homonym if any source says so; doubtful or fictitious if the platform says so of the person, or nobody is
    better.
    """
    own = [source.version.claim for source in sources if source.own]
    doubted = next((claim for claim in [*own, chosen] if claim.doubted), None)
    forced = doubted.standing.flags & FORCE_PROVISIONAL if doubted else frozenset[Flag]()
    if Flag.FICTITIOUS in forced:
        return frozenset({Flag.FICTITIOUS})
    homonym = any(Flag.HOMONYM in source.version.claim.standing.flags for source in sources)
    return forced | ({Flag.HOMONYM} if homonym else frozenset())
