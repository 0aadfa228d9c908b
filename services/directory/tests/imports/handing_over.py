"""Files as an administrator hands them over, and what becomes of them."""

import csv
import io
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from pathlib import Path
from typing import Any

from terresante.directory.v1 import import_service_pb2 as pb
from terresante.directory.v1 import ror_service_pb2 as ror
from terresante_dev.territory_work import own
from terresante_directory.imports.importing import Importing

SAMPLES = Path(__file__).parent.parent / "samples"
ANNUAIRE, FINESS, ROR, OWN = (
    pb.SOURCE_FORMAT_ANNUAIRE,
    pb.SOURCE_FORMAT_FINESS,
    pb.SOURCE_FORMAT_ROR_FHIR,
    pb.SOURCE_FORMAT_OWN_TABLE,
)
NAMES: Mapping[int, str] = {
    value: name.removeprefix("LINE_OUTCOME_").lower() for name, value in pb.LineOutcome.items() if value
}
ALL = [value for value in NAMES]
PIECE = 1 << 20


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def table(columns: Iterable[str], *rows: Mapping[str, str]) -> bytes:
    """One of our own tables."""
    names = list(columns)
    out = io.StringIO()
    writer = csv.DictWriter(out, names, restval="", delimiter=";", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def structure(key: str, **more: str) -> dict[str, str]:
    """A row of structures.csv: a site of 94 Ouest."""
    told = {"identifiant": key, "niveau": "EG", "nom": f"Centre {key}", "territoire": "94-ouest", "commune": "94028"}
    return told | more


def structures(*rows: Mapping[str, str]) -> bytes:
    return table(own.STRUCTURES, *rows)


def offers(*rows: Mapping[str, str]) -> bytes:
    return table(own.OFFERS, *rows)


def professionals(*rows: Mapping[str, str]) -> bytes:
    return table(own.PROFESSIONALS, *rows)


class HandingOver:
    """ImportService, and the background that a test lets work."""

    def __init__(self, stub: Any, tree: Any, importing: Importing) -> None:
        """`tree`: the directory in time, at the same desk."""
        self.stub = stub
        self.tree = tree
        self.importing = importing

    async def upload(self, content: bytes, format: int = OWN, **more: Any) -> str:
        """Its id, before it is read."""
        told = pb.FileDescription(format=format, **{"file_name": "fichier.csv"} | more)  # type: ignore[arg-type]

        async def parts() -> AsyncIterator[pb.UploadFileRequest]:
            yield pb.UploadFileRequest(description=told)
            for first in range(0, len(content), PIECE):
                yield pb.UploadFileRequest(piece=content[first : first + PIECE])

        return (await self.stub.UploadFile(parts())).import_id  # type: ignore[no-any-return]

    async def read(self, content: bytes, format: int = OWN, **more: Any) -> str:
        """Its id, once it is read."""
        id = await self.upload(content, format, **more)
        await self.importing.round()
        return id

    async def told(self, id: str) -> pb.Import:
        return getattr(await self.stub.GetImport(pb.GetImportRequest(import_id=id)), "import")  # type: ignore[no-any-return]

    async def counts(self, id: str) -> dict[str, int]:
        return {NAMES[one.outcome]: one.lines for one in (await self.told(id)).counts}

    async def lines(self, id: str, *outcomes: int) -> list[pb.ImportLine]:
        """All pages of them."""
        found, cursor = [], ""
        while True:
            asked = pb.ListImportLinesRequest(import_id=id, outcomes=outcomes or ALL, cursor=cursor, limit=7)  # type: ignore[arg-type]
            page = await self.stub.ListImportLines(asked)
            found += page.lines
            cursor = page.next_cursor
            if not cursor:
                return found

    async def reasons(self, id: str) -> dict[int, tuple[str, list[str]]]:
        """Outcome and reasons of main lines, by number."""
        return {one.number: (NAMES[one.outcome], list(one.reasons)) for one in reversed(await self.lines(id))}

    async def choose(self, id: str, *numbers: int, outcome: int = 0, chosen: bool = True) -> pb.Import:
        asked = pb.ChooseLinesRequest(import_id=id, numbers=numbers, outcome=outcome, chosen=chosen)  # type: ignore[arg-type]
        return getattr(await self.stub.ChooseLines(asked), "import")  # type: ignore[no-any-return]

    async def apply(self, id: str, **more: Any) -> pb.Import:
        """What was chosen, at the present version."""
        asked: dict[str, Any] = {"import_id": id, "version": (await self.told(id)).version} | more
        return getattr(await self.stub.ApplyImport(pb.ApplyImportRequest(**asked)), "import")  # type: ignore[no-any-return]

    async def take(self, content: bytes, format: int = OWN, **more: Any) -> pb.Import:
        """Reads a file and applies all that is new or changed in it."""
        id = await self.read(content, format, **more)
        for outcome in (pb.LINE_OUTCOME_NEW, pb.LINE_OUTCOME_CHANGED):
            await self.choose(id, outcome=outcome)
        return await self.apply(id)

    async def subject(self, content: bytes, format: int = OWN) -> str:
        """The id of what the first line of a file is about."""
        return (await self.lines(await self.read(content, format)))[0].subject.id

    async def rename(self, id: str, name: str) -> None:
        """Somebody here corrects the name of a structure."""
        self.tree.later()
        await self.tree.change((await self.tree.told(id)).sheet, name=name)

    async def undo(self, act: str) -> Any:
        return await self.tree.stub.UndoAct(ror.UndoActRequest(act_id=act))

    async def differences(self, source: str, **more: Any) -> list[pb.Difference]:
        asked = pb.ListDifferencesRequest(source=source, **more)
        return list((await self.stub.ListDifferences(asked)).differences)

    async def settle(self, settlement: int, *ids: str) -> pb.SettleDifferencesResponse:
        asked = pb.SettleDifferencesRequest(difference_ids=ids, settlement=settlement, why="comparé")  # type: ignore[arg-type]
        return await self.stub.SettleDifferences(asked)  # type: ignore[no-any-return]


def tally(lines: Iterable[pb.ImportLine]) -> Counter[str]:
    return Counter(NAMES[one.outcome] for one in lines)
