"""Names for display: who and where, read from their owners in one batch each, at once."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, Literal

from msgspec import Meta, Struct
from terresante.directory.v1 import directory_service_pb2 as directory
from terresante.identity.v1 import identity_service_pb2 as identity

from terresante_gateway.peers import Peers

LARGEST_BATCH = 200
ActorKind = Literal["professional", "administrator", "patient", "system", "service"]

_WITHOUT_NAME: dict[str, ActorKind] = {"administrator": "administrator", "system": "system"}


class Who(Struct):
    """Une personne, telle qu’on la nomme à l’écran."""

    kind: ActorKind
    id: str | None
    name: Annotated[
        str | None, Meta(description="Prénom et nom ; null s’il n’est pas connu", examples=["Inès Caradec"])
    ]
    profession: Annotated[str | None, Meta(description="Code de la profession", examples=["60"])] = None
    profession_label: Annotated[str | None, Meta(examples=["Infirmier"])] = None


class Where(Struct):
    """Un lieu d’exercice, tel qu’on le nomme à l’écran."""

    place_id: str | None
    role: Annotated[str | None, Meta(examples=["infirmière libérale"])]
    structure_id: str | None
    structure: Annotated[str | None, Meta(description="Nom de la structure", examples=["Cabinet infirmier des Lilas"])]


@dataclass(slots=True)
class Names:
    """What was found, by id."""

    professionals: dict[str, directory.Professional] = field(default_factory=dict)
    structures: dict[str, directory.Structure] = field(default_factory=dict)
    persons: dict[str, identity.Person] = field(default_factory=dict)

    def professional(self, id: str) -> Who:
        """A professional; without a name if the directory does not know the id."""
        found = self.professionals.get(id)
        if found is None:
            return Who("professional", id or None, None)
        name = f"{found.given_name} {found.family_name}".strip()
        return Who("professional", id, name, found.profession or None, found.profession_label or None)

    def person(self, id: str) -> Who:
        """A patient or representative; without a name unless identity showed it to this caller."""
        found = self.persons.get(id)
        return Who("patient", id or None, full_name(found) if found is not None else None)

    def actor(self, kind: str, id: str) -> Who:
        """Whoever acted, by kind."""
        if kind == "professional":
            return self.professional(id)
        if kind == "patient":
            return self.person(id)
        return Who(_WITHOUT_NAME.get(kind, "service"), id or None, None)

    def professional_or_system(self, id: str) -> Who:
        """Whoever is one of the two; who is no professional of the directory is a system that feeds identities."""
        return self.professional(id) if id in self.professionals else Who("system", id or None, None)

    def where(self, professional: str, place: str, structure: str = "") -> Where | None:
        """A place of practice of a professional; None if none was chosen."""
        if not place and not structure:
            return None
        known = self.professionals.get(professional)
        practised = next((one for one in known.places if one.place_id == place), None) if known else None
        structure = structure or (practised.structure_id if practised else "")
        found = self.structures.get(structure)
        return Where(
            place or None,
            practised.role or None if practised else None,
            structure or None,
            found.name if found is not None else None,
        )


def full_name(person: identity.Person) -> str:
    """First name and name in use, else at birth."""
    traits = person.traits
    return f"{traits.used_first_name or traits.first_name} {traits.used_name or traits.birth_name}".strip()


async def named(
    peers: Peers,
    professionals: Iterable[str] = (),
    structures: Iterable[str] = (),
    persons: Iterable[str] = (),
) -> Names:
    """Asks the owners for these ids, all at once; blank ids are left out, as are those that the owners do not show."""
    found = Names()

    async def ask_professionals(ids: list[str]) -> None:
        reply = await peers.directory.BatchGetProfessionals(
            directory.BatchGetProfessionalsRequest(professional_ids=ids)
        )
        found.professionals.update((one.professional_id, one) for one in reply.professionals)

    async def ask_structures(ids: list[str]) -> None:
        reply = await peers.directory.BatchGetStructures(directory.BatchGetStructuresRequest(structure_ids=ids))
        found.structures.update((one.structure_id, one) for one in reply.structures)

    async def ask_persons(ids: list[str]) -> None:
        reply = await peers.identity.BatchGetPersons(identity.BatchGetPersonsRequest(person_ids=ids))
        found.persons.update((one.person_id, one) for one in reply.persons)

    asked = [
        ask(batch)
        for ask, ids in ((ask_professionals, professionals), (ask_structures, structures), (ask_persons, persons))
        for batch in _batches(ids)
    ]
    if len(asked) == 1:
        await asked[0]
    elif asked:
        await asyncio.gather(*asked)
    return found


def _batches(ids: Iterable[str]) -> list[list[str]]:
    every = list(dict.fromkeys(id for id in ids if id))
    return [every[start : start + LARGEST_BATCH] for start in range(0, len(every), LARGEST_BATCH)]
