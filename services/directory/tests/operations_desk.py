"""Operations as an administrator's desk asks for them, over the service's calls."""

from datetime import datetime
from typing import Any

from sqlalchemy import text
from terresante.directory.v1 import directory_service_pb2
from terresante.directory.v1 import ror_service_pb2 as pb
from terresante_directory import reference
from terresante_directory.domain.identifiers import TerritoryCode
from terresante_directory.turning import Given, Turning
from terresante_platform.database import Database

from .tree import Tree, stamp

OUEST, SUD = "94-ouest", "95-sud"
CHOISY, VITRY, THIAIS, ARGENTEUIL = "94022", "94081", "94073", "95018"
PATIENCE_SECONDS = 25.0
"""Of whoever asks for thousands of changes at once: the platform's own default for a call is 5 s."""


class Operations:
    """What a desk with a tree does to many at once."""

    def __init__(self, tree: Tree, database: Database) -> None:
        self.tree = tree
        self.database = database
        self.stub = tree.stub

    async def facts(self) -> set[Any]:
        """What is known now, without who wrote it down."""
        columns = "kind, subject, valid_from, valid_to, said_by, content::text"
        async with self.database.reading() as connection:
            found = await connection.execute(text(f"select {columns} from fact where known_to is null"))  # noqa: S608
            return {tuple(row) for row in found}

    async def preview(self, asked: pb.Operation) -> pb.PreviewOperationResponse:
        request = pb.PreviewOperationRequest(operation=asked)
        return await self.stub.PreviewOperation(request, PATIENCE_SECONDS)  # type: ignore[no-any-return]

    async def perform(
        self, asked: pb.Operation, preview: str | None = None, why: str = ""
    ) -> pb.PerformOperationResponse:
        """As just previewed, unless a preview is given."""
        token = (await self.preview(asked)).preview if preview is None else preview
        request = pb.PerformOperationRequest(operation=asked, preview=token, why=why)
        return await self.stub.PerformOperation(request, PATIENCE_SECONDS)  # type: ignore[no-any-return]

    async def undo(self, act: pb.Act) -> pb.Act:
        request = pb.UndoActRequest(act_id=act.act_id)
        return (await self.stub.UndoAct(request, PATIENCE_SECONDS)).act  # type: ignore[no-any-return]

    async def offer(self, structure: str) -> str:
        content = pb.OfferContent(
            structure_id=structure, name="Consultation mémoire", type="01", field="02", activity="03"
        )
        reply = await self.stub.EnrolOffer(pb.EnrolOfferRequest(content=content))
        return reply.sheet.offer_id  # type: ignore[no-any-return]

    async def offers(self, *ids: str) -> list[str]:
        """Whose they are."""
        reply = await self.stub.BatchGetOffers(pb.BatchGetOffersRequest(offer_ids=ids))
        return [one.content.structure_id for one in reply.offers]

    async def places(self, professional: str) -> list[directory_service_pb2.Place]:
        (read,) = await self.tree.desk.read(professional)
        return list(read.places)

    async def communes(self, code: str, at: datetime | None = None, known_at: datetime | None = None) -> str:
        """Which territory covers a commune."""
        request = pb.ListCommunesRequest(commune_code=code, at=stamp(at), known_at=stamp(known_at))
        (told,) = (await self.stub.ListCommunes(request)).communes
        return told.territory_code  # type: ignore[no-any-return]


async def beginning(tree: Tree, database: Database) -> Operations:
    """With the territories of the data file, and some communes that two of them cover."""
    covers = {code: TerritoryCode(OUEST) for code in (CHOISY, VITRY, THIAIS)} | {ARGENTEUIL: TerritoryCode(SUD)}
    await Turning(database, Given(tuple(reference.territories().values()), covers), tree.clock.now).take_over()
    return Operations(tree, database)


def move(*ids: str, under: str = "", to: str = "", start: datetime | None = None) -> pb.Operation:
    asked = pb.MoveStructures(structure_ids=ids, part_of=under, territory_code=to)
    return _dated(start, move_structures=asked)


def merge(*ids: str, into: str, start: datetime | None = None) -> pb.Operation:
    return _dated(start, merge_structures=pb.MergeStructures(structure_ids=ids, into=into))


def split(structure: str, content: pb.StructureContent, start: datetime | None = None, **parts: Any) -> pb.Operation:
    return _dated(start, split_structure=pb.SplitStructure(structure_id=structure, content=content, **parts))


def move_communes(*codes: str, to: str, start: datetime | None = None) -> pb.Operation:
    return _dated(start, move_communes=pb.MoveCommunes(commune_codes=codes, territory_code=to))


def split_territory(code: str, new: str, *communes: str, start: datetime | None = None) -> pb.Operation:
    asked = pb.SplitTerritory(territory_code=code, new_code=new, name="Nouveau territoire", commune_codes=communes)
    return _dated(start, split_territory=asked)


def merge_territories(*codes: str, into: str, start: datetime | None = None) -> pb.Operation:
    return _dated(start, merge_territories=pb.MergeTerritories(territory_codes=codes, into=into))


def _dated(start: datetime | None, **what: Any) -> pb.Operation:
    return pb.Operation(**what, **{"from": stamp(start)})


class Hospital:
    """A legal entity with a site of two units, an offer, and somebody who practises there; another site."""

    entity: str
    site: str
    unit: str
    other_unit: str
    other: str
    offer: str
    anne: str


async def hospital(operations: Operations, *territories: str) -> Hospital:
    """In 94 Ouest, whose administrator makes the calls that follow."""
    tree, made = operations.tree, Hospital()
    await tree.desk.administrator(*(territories or (OUEST, SUD)))
    made.entity = (await tree.enrol(level="legal_entity", name="Centre hospitalier")).structure_id
    made.site = (await tree.enrol(part_of=made.entity, name="Site Nord", commune_code=VITRY)).structure_id
    made.other = (await tree.enrol(part_of=made.entity, name="Site Sud", commune_code=VITRY)).structure_id
    made.unit = (await tree.enrol(level="internal", part_of=made.site, name="Unité A")).structure_id
    made.other_unit = (await tree.enrol(level="internal", part_of=made.site, name="Unité B")).structure_id
    made.offer = await operations.offer(made.site)
    made.anne = (await tree.desk.professional(made.site)).professional_id
    tree.later()
    return made
