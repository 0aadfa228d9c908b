"""A structure of 94 Ouest with a correspondent who asks and an administrator who decides."""

from typing import Any
from uuid import UUID

from terresante.directory.v1 import directory_service_pb2 as directory_pb
from terresante.directory.v1 import ror_service_pb2 as ror_pb

from .counter import Counter
from .desk import Desk
from .tree import Tree


class World:
    """A structure of 94 Ouest with a correspondent and an administrator."""

    def __init__(self, administrator: UUID, sheet: ror_pb.StructureSheet, correspondent: str) -> None:
        self.administrator = administrator
        self.sheet = sheet
        self.structure = sheet.structure_id
        self.correspondent = correspondent

    def renamed(self, name: str = "Cabinet du Parc") -> ror_pb.ChangeStructureRequest:
        content = ror_pb.StructureContent()
        content.CopyFrom(self.sheet.content)
        content.name = name
        return ror_pb.ChangeStructureRequest(structure_id=self.structure, version=self.sheet.version, content=content)

    def adding(self, professional: directory_pb.Professional) -> directory_pb.AddPlaceRequest:
        place = directory_pb.NewPlace(structure_id=self.structure, role="remplaçante")
        return directory_pb.AddPlaceRequest(
            professional_id=professional.professional_id, version=professional.version, place=place
        )


async def begun(desk: Desk, tree: Tree, counter: Counter) -> World:
    """Enrolled by the administrator, who named the correspondent."""
    administrator = await desk.administrator("94-ouest")
    sheet = await tree.enrol()
    someone = await desk.professional(sheet.structure_id)
    assert await counter.correspond(sheet.structure_id, someone.professional_id) == [someone.professional_id]
    return World(administrator, (await tree.told(sheet.structure_id)).sheet, someone.professional_id)


def as_correspondent(counter: Counter, world: World, **more: Any) -> None:
    counter.calling_as("professional", UUID(world.correspondent), **more)
