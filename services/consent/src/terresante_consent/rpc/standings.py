"""Who is asking, and what was true of them and the patient: the facts of every decision."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from terresante_platform import calls
from terresante_platform.calls import Call
from terresante_platform.group import Group

from terresante_consent import wire
from terresante_consent.domain import representation
from terresante_consent.domain.conversations import NOWHERE, Since
from terresante_consent.domain.facts import Facts
from terresante_consent.domain.identities import Ground
from terresante_consent.domain.professionals import Feeder, Place, Professional, chosen_place, some_place
from terresante_consent.domain.vocabulary import StructureId, Who
from terresante_consent.knowing import Knowing
from terresante_consent.store import standing
from terresante_consent.store.line import Line
from terresante_consent.store.standing import Pair, PersonStanding, ProfessionalStanding

STRONG = 2
"""Least `acr` with which anything opens (R-AUT6)."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, from where, and the facts towards each patient asked about (what concerns a resource is not in yet)."""

    caller: UUID
    ground: Ground
    facts: dict[UUID | None, Facts]
    since: dict[UUID | None, Since] = field(default_factory=dict)
    """Professionals: since when they are around each patient."""

    def since_of(self, patient: UUID | None) -> Since:
        """Since when they are around that patient."""
        return self.since.get(patient, NOWHERE)

    @property
    def place(self) -> Place | None:
        """The place chosen; None if not a professional."""
        return self.ground.place

    @property
    def structure(self) -> StructureId | None:
        """In whose name they act: the structure of the place, or the one a system feeds for."""
        if self.ground.feeder is not None:
            return self.ground.feeder.structure
        return self.ground.place.structure if self.ground.place else None


class Standings:
    """Loads facts. Whatever asks while a query runs shares the next one."""

    def __init__(self, line: Line, knowing: Knowing, now: Callable[[], datetime]) -> None:
        self._line = line
        self._knowing = knowing
        self._now = now
        self.professionals: Group[Sequence[Pair], Sequence[ProfessionalStanding]] = Group(self._of_professionals)
        self.persons: Group[Sequence[Pair], Sequence[PersonStanding]] = Group(self._of_persons)

    async def asked(self, patients: Sequence[UUID | None], any_place: bool = False) -> Asked:
        """Of the caller towards these patients, as committed when the query starts. Refuses with PLACE_REQUIRED,
        PLACE_UNKNOWN, DIRECTORY_UNAVAILABLE, DATABASE_UNAVAILABLE. `any_place`: for what is the same from each place of
        a professional, whichever they chose."""
        call = calls.current()
        caller = calls.person()
        pairs = [Pair(caller.id, patient) for patient in patients]
        if caller.kind == Who.PROFESSIONAL.value:
            found = await self.professionals.keep(pairs)
            if not self._knowing.fresh(found[0].known, self._now()):
                await self._knowing.asked_again(caller.id)
                found = await self.professionals.keep(pairs)
            at = self._now()
            known = found[0].known
            place = some_place(known, at) if any_place and known else _chosen(call, known, at)
            return _of_professional(place, patients, found, at)
        if caller.kind == Who.SYSTEM.value:
            return _of_system(call, patients, await self._knowing.feeder(caller.id))
        persons: Sequence[PersonStanding] = ()
        if caller.kind == Who.PATIENT.value:
            persons = await self.persons.keep(pairs)
        return _of_person(call, patients, persons, self._now())

    async def prepared(self) -> None:
        """Makes sure, before a transaction, that what is known of the caller is fresh."""
        caller = calls.person()
        if caller.kind == Who.PROFESSIONAL.value:
            await self._knowing.professional(caller.id)

    async def within(self, driver: Any, patient: UUID, at: datetime) -> Asked:
        """As `asked`, inside a transaction (`driver`: its asyncpg connection)."""
        call = calls.current()
        caller = calls.person()
        pairs = [Pair(caller.id, patient)]
        if caller.kind == Who.PROFESSIONAL.value:
            found = await standing.of_professionals(driver, pairs, at)
            return _of_professional(_chosen(call, found[0].known, at), [patient], found, at)
        return _of_person(call, [patient], await standing.of_persons(driver, pairs, at), at)

    async def _of_professionals(self, asked: Sequence[Sequence[Pair]]) -> Sequence[Sequence[ProfessionalStanding]]:
        pairs = [pair for some in asked for pair in some]
        at = self._now()
        return _dealt(asked, await self._line.run(lambda driver: standing.of_professionals(driver, pairs, at)))

    async def _of_persons(self, asked: Sequence[Sequence[Pair]]) -> Sequence[Sequence[PersonStanding]]:
        pairs = [pair for some in asked for pair in some]
        at = self._now()
        return _dealt(asked, await self._line.run(lambda driver: standing.of_persons(driver, pairs, at)))


def _dealt(asked: Sequence[Sequence[Pair]], found: Sequence[Any]) -> list[Sequence[Any]]:
    """Results back to who asked, in the order they asked."""
    dealt, at = [], 0
    for some in asked:
        dealt.append(found[at : at + len(some)])
        at += len(some)
    return dealt


def _chosen(call: Call, known: Professional | None, at: datetime) -> Place | None:
    return chosen_place(known, wire.chosen_place(call.place), at) if known else None


def _of_professional(
    place: Place | None, patients: Sequence[UUID | None], found: Sequence[ProfessionalStanding], at: datetime
) -> Asked:
    caller = calls.person()
    known = found[0].known if found else None
    structure = place.structure if place else None
    base = _as_professional(known, place, caller.strength)
    facts = {
        patient: base._replace(
            consent_in_force=one.consent_in_force,
            joined=one.joined,
            blocked=one.blocked,
            member=one.member,
            member_agreed=one.member_agreed,
            structure_member=structure in one.structures,
            structure_agreed=structure in one.structures_agreed,
            emergency_open=one.emergency_open,
        )
        for patient, one in zip(patients, found, strict=True)
    }
    since = {
        patient: Since(one.since, one.structures.get(structure) if structure else None, one.newcomers_see_earlier)
        for patient, one in zip(patients, found, strict=True)
    }
    return Asked(caller.id, _ground(known, place, at), facts, since)


def _ground(known: Professional | None, place: Place | None, at: datetime) -> Ground:
    if known is None:
        return Ground(place)
    return Ground(place, known.mandate, practices=frozenset(one.structure for one in known.places if one.active(at)))


def _of_system(call: Call, patients: Sequence[UUID | None], known: Feeder | None) -> Asked:
    caller = calls.person()
    facts = Facts(
        Who.SYSTEM,
        strong_login=caller.strength >= STRONG,
        account_open=known is not None and known.account_open,
        feeder=known is not None,
    )
    return Asked(caller.id, Ground(feeder=known), dict.fromkeys(patients, facts))


def _as_professional(known: Professional | None, place: Place | None, strength: int) -> Facts:
    if known is None:
        return Facts(Who.PROFESSIONAL, strong_login=strength >= STRONG)
    return Facts(
        Who.PROFESSIONAL,
        known.profession,
        strong_login=strength >= STRONG,
        account_open=known.account_open,
        practises=place is not None,
        health_professional=known.health_professional,
        identity_officer=known.mandate is not None,
    )


def _of_person(call: Call, patients: Sequence[UUID | None], found: Sequence[PersonStanding], at: datetime) -> Asked:
    caller = calls.person()
    base = Facts(Who(caller.kind), strong_login=caller.strength >= STRONG)
    facts: dict[UUID | None, Facts] = dict.fromkeys(patients, base)
    for patient, one in zip(patients, found, strict=False):
        acts, may_read, may_manage = representation.rights(one.held, at)
        facts[patient] = base._replace(
            consent_in_force=one.consent_in_force,
            joined=one.joined,
            patient_writing=one.patient_may_write,
            is_patient=patient == caller.id,
            acts=acts,
            may_read=may_read,
            may_manage=may_manage,
        )
    return Asked(caller.id, Ground(), facts)
