"""What is said of a structure, as kept in facts: every field is there, blank or not, so that contents compare."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, cast
from uuid import UUID

from terresante_directory.domain import words
from terresante_directory.domain.facts import Content
from terresante_directory.domain.identifiers import Doubt, StructureId, TerritoryCode, finess_doubts
from terresante_directory.domain.positions import Position
from terresante_directory.domain.structures import Structure, StructureKind, StructureLevel
from terresante_directory.domain.telecoms import Telecom


@dataclass(frozen=True, slots=True)
class StructureContent:
    """As `StructureContent` of the contract, blank as there. `part_of`: the parent's id as text.

    `closing_kind`: a code, blank while open.
    """

    name: str
    level: str
    kind: str
    territory_code: str
    part_of: str = ""
    finess: str = ""
    siren: str = ""
    siret: str = ""
    address_line: str = ""
    postal_code: str = ""
    commune: str = ""
    commune_code: str = ""
    position: Position | None = None
    telecoms: tuple[Telecom, ...] = ()
    closed: bool = False
    closing_kind: str = ""

    @classmethod
    def of(cls, content: Content) -> "StructureContent":
        """From a fact."""
        fields = cast("Mapping[str, Any]", content)
        typed = {
            "position": Position(**fields["position"]) if fields["position"] else None,
            "telecoms": tuple(Telecom(**each) for each in fields["telecoms"]),
        }
        return cls(**{**fields, **typed})

    @classmethod
    def of_structure(cls, structure: Structure) -> "StructureContent":
        """Of one that was registered with its main data."""
        return cls(
            name=structure.name,
            level=structure.level.value,
            kind=structure.kind.value,
            territory_code=structure.territory,
            part_of=str(structure.part_of or ""),
            finess=structure.finess or "",
            siret=structure.siret or "",
            postal_code=structure.postal_code,
            commune=structure.commune,
        )

    def content(self) -> Content:
        """For a fact."""
        return {**asdict(self), "telecoms": [asdict(each) for each in self.telecoms]}

    def shut(self, closing_kind: str) -> "StructureContent":
        """The same, closed."""
        return replace(self, closed=True, closing_kind=closing_kind)

    def doubts(self) -> tuple[Doubt, ...]:
        """What looks wrong in its numbers and does not stop anything."""
        return finess_doubts(self.finess) if self.finess else ()

    def search_column(self) -> str:
        return words.search_column(self.name, self.commune)

    def structure(self, id: StructureId, version: int) -> Structure:
        """As readers of the present see it."""
        return Structure(
            id=id,
            name=self.name,
            kind=StructureKind(self.kind),
            finess=self.finess or None,
            siret=self.siret or None,
            territory=TerritoryCode(self.territory_code),
            part_of=StructureId(UUID(self.part_of)) if self.part_of else None,
            postal_code=self.postal_code,
            commune=self.commune,
            version=version,
            level=StructureLevel(self.level),
            closed=self.closed,
        )
