"""Random worlds around two patients, as Hypothesis draws them, and how they are written into the tables."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import strategies as st
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_consent.domain.professionals import Place, Professional
from terresante_consent.domain.vocabulary import PlaceId, ProfessionalId, StructureId
from terresante_consent.store import professionals as copies
from terresante_consent.store import tables
from terresante_platform.ids import new_id

from .house import MONDAY

PATIENTS, STRUCTURES, PROFESSIONALS, PERSONS = range(2), range(3), range(4), range(2)
LASTS, ENDED = None, timedelta(minutes=-1)
_patients, _structures = st.sampled_from(PATIENTS), st.sampled_from(STRUCTURES)
_professionals, _persons = st.sampled_from(PROFESSIONALS), st.sampled_from(PERSONS)
_until = st.sampled_from([LASTS, LASTS, LASTS, ENDED])
_consents = st.sampled_from(["stands", "stands", "stands", "stands", "withdrawn", "none"])


@dataclass(frozen=True)
class Doctor:
    """A professional: who they are, and in which structures they practise, until when."""

    profession: str
    health: bool
    open: bool
    places: dict[int, timedelta | None]


@dataclass(frozen=True)
class Circle:
    """A patient's: how their consent stands, and the settings."""

    consent: str
    may_write: bool
    newcomers_see_earlier: bool


@dataclass(frozen=True)
class Membership:
    """Since so many hours."""

    agreed: bool
    hours: int
    until: timedelta | None


@dataclass(frozen=True)
class Right:
    """What a representative holds."""

    right: str
    may_read: bool
    may_manage: bool
    until: timedelta | None


@dataclass(frozen=True)
class World:
    """What Hypothesis drew: by numbers of patients, professionals, structures and persons."""

    doctors: list[Doctor]
    circles: list[Circle]
    in_person: dict[tuple[int, int], Membership]
    by_structure: dict[tuple[int, int], Membership]
    blocks: dict[tuple[int, int], timedelta | None]
    emergencies: dict[tuple[int, int], timedelta | None]
    rights: dict[tuple[int, int], Right]
    joined: bool


_members = st.builds(Membership, st.booleans(), st.integers(1, 50), _until)
worlds = st.builds(
    World,
    st.lists(
        st.builds(
            Doctor,
            st.sampled_from(["10", "60", "NPS-ASS", "86"]),
            st.sampled_from([True, True, False]),
            st.sampled_from([True, True, True, False]),
            st.dictionaries(_structures, _until, min_size=1, max_size=3) | st.just({}),
        ),
        min_size=len(PROFESSIONALS),
        max_size=len(PROFESSIONALS),
    ),
    st.lists(
        st.builds(
            Circle,
            st.sampled_from(["stands", "stands", "stands", "stands", "withdrawn", "none"]),
            st.booleans(),
            st.booleans(),
        ),
        min_size=len(PATIENTS),
        max_size=len(PATIENTS),
    ),
    st.dictionaries(st.tuples(_patients, _professionals), _members, min_size=2),
    st.dictionaries(st.tuples(_patients, _structures), _members, min_size=1),
    st.dictionaries(st.tuples(_patients, _professionals), _until, max_size=2),
    st.dictionaries(st.tuples(_patients, _professionals), _until, max_size=3),
    st.dictionaries(
        st.tuples(_patients, _persons),
        st.builds(Right, st.sampled_from(["guardian", "curator", "carer"]), st.booleans(), st.booleans(), _until),
    ),
    st.sampled_from([False, False, True]),
)


class Written:
    """A world in the tables, under ids of its own, so that many worlds are beside each other."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.patients = [new_id() for _ in PATIENTS]
        self.structures = [StructureId(new_id()) for _ in STRUCTURES]
        self.professionals = [self._professional(one) for one in world.doctors]
        self.persons = [new_id() for _ in PERSONS]

    def places_of(self, professional: Professional) -> list[str]:
        """From where they may ask; one blank if from nowhere."""
        return [str(place.id) for place in professional.places if place.active(MONDAY)] or [""]

    async def keep(self, transaction: AsyncConnection) -> None:
        """Writes it."""
        for professional in self.professionals:
            await copies.keep(transaction, professional)
        for patient, circle in zip(self.patients, self.world.circles, strict=True):
            await self._keep_circle(transaction, patient, circle)
        await self._keep_towards(transaction)
        if self.world.joined:
            for mine, other in (self.patients, self.patients[::-1]):
                group = {"everyone": sorted(self.patients), "decisive": mine, "others": [other]}
                await transaction.execute(insert(tables.joined).values(patient_id=mine, **group))

    def _professional(self, one: Doctor) -> Professional:
        places = tuple(
            Place(PlaceId(new_id()), self.structures[structure], _at(until)) for structure, until in one.places.items()
        )
        return Professional(ProfessionalId(new_id()), one.profession, one.health, one.open, places, 1, MONDAY)

    async def _keep_circle(self, transaction: AsyncConnection, patient: UUID, circle: Circle) -> None:
        await transaction.execute(
            insert(tables.circle).values(
                patient_id=patient,
                version=1,
                patient_may_write=circle.may_write,
                newcomers_see_earlier=circle.newcomers_see_earlier,
            )
        )
        if circle.consent != "none":
            ended = MONDAY + ENDED if circle.consent == "withdrawn" else None
            await transaction.execute(
                insert(tables.consent).values(
                    consent_id=new_id(),
                    patient_id=patient,
                    form="oral",
                    given_at=_ago(60),
                    given_by=patient,
                    notice_version="1",
                    information_given="Dit.",
                    withdrawn_at=ended,
                    version=1,
                )
            )

    async def _keep_towards(self, transaction: AsyncConnection) -> None:
        for (patient, number), one in self.world.in_person.items():
            await self._keep_member(transaction, patient, one, professional_id=self.professionals[number].id)
        for (patient, number), one in self.world.by_structure.items():
            await self._keep_member(transaction, patient, one, structure_id=self.structures[number])
        for (patient, number), until in self.world.blocks.items():
            block = {"block_id": new_id(), "since": _ago(1), "until": _at(until)}
            towards = {"patient_id": self.patients[patient], "professional_id": self.professionals[number].id}
            await transaction.execute(insert(tables.block).values(**block, **towards))
        for (patient, number), until in self.world.emergencies.items():
            access = {"emergency_id": new_id(), "place_id": new_id(), "reason": "Urgence", "opened_at": _ago(1)}
            towards = {"patient_id": self.patients[patient], "professional_id": self.professionals[number].id}
            ends = _at(until) or MONDAY + timedelta(hours=3)
            await transaction.execute(insert(tables.emergency_access).values(ends_at=ends, **access, **towards))
        for (patient, number), right in self.world.rights.items():
            await transaction.execute(
                insert(tables.representation).values(
                    representation_id=new_id(),
                    patient_id=self.patients[patient],
                    representative_id=self.persons[number],
                    in_right=right.right,
                    since=_ago(5),
                    until=_at(right.until),
                    may_read=right.may_read,
                    may_manage=right.may_manage,
                    appointed_by=new_id(),
                )
            )

    async def _keep_member(self, transaction: AsyncConnection, patient: int, one: Membership, **who: UUID) -> None:
        await transaction.execute(
            insert(tables.circle_member).values(
                member_id=new_id(),
                patient_id=self.patients[patient],
                since=_ago(one.hours),
                until=_at(one.until),
                invited_by=new_id(),
                explicit_agreement=one.agreed,
                agreement_form="oral" if one.agreed else None,
                **who,
            )
        )


def _ago(hours: int) -> datetime:
    return MONDAY - timedelta(hours=hours)


def _at(until: timedelta | None) -> datetime | None:
    return None if until is None else MONDAY + until
