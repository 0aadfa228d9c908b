"""The directory in time as an administrator's desk sees it."""

from datetime import datetime, timedelta
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from terresante.directory.v1 import ror_service_pb2 as pb

from .desk import Clock, Desk

LEGAL_ENTITY, SITE, INTERNAL = (
    pb.STRUCTURE_LEVEL_LEGAL_ENTITY,
    pb.STRUCTURE_LEVEL_SITE,
    pb.STRUCTURE_LEVEL_INTERNAL,
)
LEVELS = {"legal_entity": LEGAL_ENTITY, "site": SITE, "internal": INTERNAL}


def stamp(at: datetime | None) -> Timestamp | None:
    if at is None:
        return None
    written = Timestamp()
    written.FromDatetime(at)
    return written


class Tree:
    """RorService, at a desk whose clock a test moves."""

    def __init__(self, stub: Any, desk: Desk, clock: Clock) -> None:
        self.stub = stub
        self.desk = desk
        self.clock = clock

    def later(self, **more: float) -> datetime:
        """Moves the clock on."""
        self.clock.at += timedelta(**(more or {"minutes": 1}))
        return self.clock.at

    def day(self, number: int) -> datetime:
        """So many days from now."""
        return self.clock.at + timedelta(days=number)

    def content(self, **changes: Any) -> pb.StructureContent:
        level = LEVELS[changes.pop("level", "site")]
        wanted = {"name": "Hôpital du Port", "kind": "hospital_service", "territory_code": "94-ouest"} | changes
        return pb.StructureContent(level=level, **wanted)

    async def enrol(self, start: datetime | None = None, why: str = "", **changes: Any) -> pb.StructureSheet:
        asked = {"content": self.content(**changes), "from": stamp(start), "why": why}
        return (await self.stub.EnrolStructure(pb.EnrolStructureRequest(**asked))).sheet  # type: ignore[no-any-return]

    async def change(
        self, sheet: pb.StructureSheet, start: datetime | None = None, version: int | None = None, **changes: Any
    ) -> pb.StructureSheet:
        """Says all as in the sheet but for the changes."""
        content = pb.StructureContent()
        content.CopyFrom(sheet.content)
        content.MergeFrom(pb.StructureContent(**{k: v for k, v in changes.items() if k != "level"}))
        for name, value in changes.items():
            if name == "level":
                content.level = LEVELS[value]
            elif not value:
                content.ClearField(name)  # type: ignore[arg-type]
        asked = {
            "structure_id": sheet.structure_id,
            "version": sheet.version if version is None else version,
            "content": content,
            "from": stamp(start),
        }
        return (await self.stub.ChangeStructure(pb.ChangeStructureRequest(**asked))).sheet  # type: ignore[no-any-return]

    async def close(
        self, sheet: pb.StructureSheet, start: datetime | None = None, kind: str = "DEF", version: int | None = None
    ) -> pb.CloseStructureResponse:
        asked = {
            "structure_id": sheet.structure_id,
            "version": sheet.version if version is None else version,
            "closing_kind": kind,
            "from": stamp(start),
        }
        return await self.stub.CloseStructure(pb.CloseStructureRequest(**asked))  # type: ignore[no-any-return]

    async def told(
        self, id: str, at: datetime | None = None, known_at: datetime | None = None
    ) -> pb.GetStructureSheetResponse:
        request = pb.GetStructureSheetRequest(structure_id=id, at=stamp(at), known_at=stamp(known_at))
        return await self.stub.GetStructureSheet(request)  # type: ignore[no-any-return]

    async def name(self, id: str, at: datetime | None = None, known_at: datetime | None = None) -> str:
        return (await self.told(id, at, known_at)).sheet.content.name
