"""/structure-sheets: what is said of a structure, from when to when, as known on any day."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from google.protobuf.timestamp_pb2 import Timestamp
from msgspec import Meta, Struct
from pydantic import Field
from terresante.directory.v1 import ror_service_pb2 as pb

from terresante_gateway import words
from terresante_gateway.codes import codes_of
from terresante_gateway.operation import EVERYBODY, Authz, Id, To, Version, on
from terresante_gateway.routes.structures import StructureKind
from terresante_gateway.words import Input, Line, Moment, OpaqueId, Text

router = APIRouter(prefix="/v1/structure-sheets", tags=["Annuaire"])

Level = Literal["legal_entity", "site", "internal"]
LEVELS = codes_of(pb.StructureLevel, "STRUCTURE_LEVEL_")
Why = Annotated[Text, Field(max_length=500, description="Pourquoi, pour l’historique", examples=["Déménagement"])]
From = Annotated[Moment | None, Field(description="À partir de quand ; absent : maintenant")]
Code = Annotated[Line, Field(max_length=64)]

ADMINISTRATORS: tuple[Literal["administrator"], ...] = ("administrator",)
SHEET = ("STRUCTURE_UNKNOWN", "ADMINISTRATOR_UNKNOWN", "MOMENT_INVALID")
CONTENT = (
    *SHEET, "TERRITORY_NOT_YOURS", "TERRITORY_UNKNOWN", "STRUCTURE_NAME_INVALID", "STRUCTURE_KIND_UNKNOWN",
    "STRUCTURE_LEVEL_INVALID", "STRUCTURE_PARENT_INVALID", "STRUCTURE_IDENTIFIER_INVALID", "STRUCTURE_ADDRESS_INVALID",
    "STRUCTURE_ALREADY", "STRUCTURE_CLOSED", "TELECOM_INVALID", "WHY_INVALID",
)  # fmt: skip
VERSIONS = ("VERSION_STALE", "VERSION_REQUIRED")


def stamp(moment: datetime | None) -> Timestamp | None:
    """A moment, where one is given."""
    return words.timestamp(moment) if moment else None


def since(moment: datetime | None) -> dict[str, Any]:
    """The field `from`, a word of Python, where a moment is given."""
    return {"from": words.timestamp(moment)} if moment else {}


def moment(message: Any, name: str) -> datetime | None:
    """The moment in this field of a message, if it is there."""
    return words.read(getattr(message, name)) if message.HasField(name) else None


class Position(Struct):
    """Un point, en degrés WGS 84."""

    latitude: Annotated[float, Meta(ge=-90, le=90, examples=[48.79])]
    longitude: Annotated[float, Meta(ge=-180, le=180, examples=[2.38])]

    @classmethod
    def of(cls, message: "pb.StructureContent | pb.OfferContent") -> "Position | None":
        """From the service's message."""
        if not message.HasField("position"):
            return None
        return cls(message.position.latitude, message.position.longitude)


class Telecom(Struct):
    """Un moyen de joindre."""

    channel: Annotated[str, Meta(description="Code du jeu `telecom_channel`", examples=["phone"])]
    value: str
    label: str
    confidentiality: Annotated[
        int, Meta(description="1 ouvert à tous, 2 aux professionnels, 3 aux administrateurs (R-ROR1)", ge=1, le=3)
    ]

    @classmethod
    def of(cls, one: pb.Telecom) -> "Telecom":
        """From the service's message."""
        return cls(one.channel, one.value, one.label, one.confidentiality or 1)


class StructureSheet(Struct):
    """Ce qui est dit d’une structure pour un temps."""

    id: str
    name: Annotated[str, Meta(examples=["Hôpital des Lilas"])]
    level: Annotated[Level, Meta(description="Entité juridique, site, ou organisation interne")]
    kind: Annotated[str, Meta(examples=["hospital_service"])]
    part_of: str | None
    territory_code: Annotated[str, Meta(examples=["94-ouest"])]
    finess: str | None
    siren: str | None
    siret: str | None
    address_line: str
    postal_code: str
    commune: str
    commune_code: Annotated[str | None, Meta(description="COG, 5 caractères", examples=["94041"])]
    position: Position | None
    telecoms: list[Telecom]
    closed: bool
    closing_kind: str | None
    valid_from: Annotated[datetime | None, Meta(description="null : depuis toujours")]
    valid_to: Annotated[datetime | None, Meta(description="null : jusqu’à nouvel ordre")]
    known_from: datetime
    act_id: Annotated[str, Meta(description="L’opération qui l’a dit")]
    doubts: Annotated[list[str], Meta(description="Ce qui paraît faux et n’a rien arrêté", examples=[["FINESS_KEY"]])]
    version: Annotated[int, Meta(description="À renvoyer dans If-Match", ge=1)]

    @classmethod
    def of(cls, sheet: pb.StructureSheet) -> "StructureSheet":
        """From the service's message."""
        content = sheet.content
        return cls(
            sheet.structure_id,
            content.name,
            LEVELS.word[content.level],
            content.kind,
            content.part_of or None,
            content.territory_code,
            content.finess or None,
            content.siren or None,
            content.siret or None,
            content.address_line,
            content.postal_code,
            content.commune,
            content.commune_code or None,
            Position.of(content),
            [Telecom.of(one) for one in content.telecoms],
            sheet.closed,
            sheet.closing_kind or None,
            moment(sheet, "valid_from"),
            moment(sheet, "valid_to"),
            words.read(sheet.known_from),
            sheet.act_id,
            list(sheet.doubts),
            sheet.version,
        )


class PlacedSheet(Struct):
    """Une structure, ce dont elle fait partie, et combien il y a dedans."""

    sheet: StructureSheet
    ancestors: Annotated[list[StructureSheet], Meta(description="De la racine à la structure qui la contient")]
    structures: int
    offers: int
    professionals: Annotated[int, Meta(description="Qui y exercent à ce moment")]
    version: Annotated[int, Meta(description="À renvoyer dans If-Match", ge=1)]


class ClosedSheet(Struct):
    """La structure close, et ce qui a fermé avec elle."""

    sheet: StructureSheet
    structures: int
    offers: int
    places: int
    version: Annotated[int, Meta(ge=1)]


class AsOf(Input):
    """Le jour sur lequel on interroge, et le jour dont on interroge la connaissance."""

    at: Moment | None = Field(None, description="Ce qui vaut à ce moment ; absent : maintenant")
    known_at: Moment | None = Field(None, description="Tel qu’on le savait à ce moment ; absent : maintenant")


class NewPosition(Input):
    """Un point, en degrés WGS 84."""

    latitude: float = Field(ge=-90, le=90, examples=[48.79])
    longitude: float = Field(ge=-180, le=180, examples=[2.38])


class NewTelecom(Input):
    """Un moyen de joindre."""

    channel: Code = Field(min_length=1, description="Code du jeu `telecom_channel`", examples=["phone"])
    value: Line = Field(min_length=1, max_length=200)
    label: Line = Field("", max_length=100, description="À quoi il sert")
    confidentiality: int = Field(1, ge=1, le=3, description="1 tous, 2 professionnels, 3 administrateurs")


class SheetContent(Input):
    """Ce que l’on dit d’une structure, en entier."""

    name: Line = Field(min_length=1, max_length=200, examples=["Hôpital des Lilas"])
    level: Level
    kind: StructureKind
    part_of: OpaqueId | None = None
    territory_code: Line = Field(min_length=1, max_length=32, examples=["94-ouest"])
    finess: Line = Field("", max_length=9)
    siren: Line = Field("", max_length=9)
    siret: Line = Field("", max_length=14)
    address_line: Line = Field("", max_length=200)
    postal_code: Line = Field("", pattern="^([0-9]{5})?$", examples=["94200"])
    commune: Line = Field("", max_length=100, examples=["Ivry-sur-Seine"])
    commune_code: Line = Field("", pattern="^([0-9AB]{5})?$", description="COG", examples=["94041"])
    position: NewPosition | None = None
    telecoms: list[NewTelecom] = Field(default_factory=list, max_length=50)

    def message(self) -> pb.StructureContent:
        """As the service takes it."""
        plain = self.model_dump(exclude={"level", "part_of", "position", "telecoms"})
        return pb.StructureContent(
            **plain,
            level=LEVELS.number[self.level],
            part_of=self.part_of or "",
            position=position_of(self.position),
            telecoms=telecoms_of(self.telecoms),
        )


class NewSheet(Input):
    """Ce que l’on enregistre, à partir de quand, et pourquoi."""

    content: SheetContent
    valid_from: From = None
    why: Why = ""


class Closing(Input):
    """Comment et à partir de quand on ferme."""

    closing_kind: Code = Field(min_length=1, description="Code du jeu `closing_kind` ; inconnu, il est gardé")
    valid_from: From = None
    why: Why = ""


def position_of(position: NewPosition | None) -> pb.Position | None:
    """As the service takes it."""
    return pb.Position(**position.model_dump()) if position else None


def telecoms_of(telecoms: list[NewTelecom]) -> list[pb.Telecom]:
    """As the service takes them."""
    return [pb.Telecom(**one.model_dump()) for one in telecoms]


@on(router, "POST", "", "Enregistrer la fiche d’une structure", Authz("structure", "register", ADMINISTRATORS),
    *CONTENT, "IDEMPOTENCY_KEY_REUSED", status=201, etag=True, keyed=True)  # fmt: skip
async def enrol_structure(new: NewSheet, peers: To) -> StructureSheet:
    """Entité juridique, site ou organisation interne, dans un territoire de l’administrateur."""
    request = pb.EnrolStructureRequest(content=new.content.message(), why=new.why, **since(new.valid_from))
    return StructureSheet.of((await peers.ror.EnrolStructure(request)).sheet)


@on(router, "GET", "/{structure}", "Lire la fiche d’une structure", Authz("structure", "read", EVERYBODY), *SHEET,
    etag=True)  # fmt: skip
async def get_structure_sheet(structure: Id, query: Annotated[AsOf, Query()], peers: To) -> PlacedSheet:
    """Telle qu’elle vaut, ou valait, un jour ; telle qu’on la connaissait un autre jour."""
    reply = await peers.ror.GetStructureSheet(
        pb.GetStructureSheetRequest(structure_id=structure, at=stamp(query.at), known_at=stamp(query.known_at))
    )
    return PlacedSheet(
        StructureSheet.of(reply.sheet),
        [StructureSheet.of(one) for one in reply.ancestors],
        reply.structures,
        reply.offers,
        reply.professionals,
        reply.sheet.version,
    )


@on(router, "PUT", "/{structure}", "Changer la fiche d’une structure", Authz("structure", "change", ADMINISTRATORS),
    *CONTENT, *VERSIONS, "NOTHING_CHANGED", etag=True)  # fmt: skip
async def change_structure(structure: Id, new: NewSheet, version: Version, peers: To) -> StructureSheet:
    """Tout le contenu, à partir d’un moment, passé ou à venir."""
    request = pb.ChangeStructureRequest(
        structure_id=structure,
        version=version,
        content=new.content.message(),
        why=new.why,
        **since(new.valid_from),
    )
    return StructureSheet.of((await peers.ror.ChangeStructure(request)).sheet)


@on(router, "POST", "/{structure}/closing", "Fermer une structure", Authz("structure", "close", ADMINISTRATORS), *SHEET,
    *VERSIONS, "STRUCTURE_CLOSED", "TERRITORY_NOT_YOURS", "CLOSING_KIND_INVALID", "WHY_INVALID", etag=True)  # fmt: skip
async def close_structure(structure: Id, closing: Closing, version: Version, peers: To) -> ClosedSheet:
    """Avec tout ce qu’elle contient : ses offres ferment, les lieux d’exercice prennent fin."""
    request = pb.CloseStructureRequest(
        structure_id=structure,
        version=version,
        closing_kind=closing.closing_kind,
        why=closing.why,
        **since(closing.valid_from),
    )
    reply = await peers.ror.CloseStructure(request)
    sheet = StructureSheet.of(reply.sheet)
    return ClosedSheet(sheet, reply.structures, reply.offers, reply.places, sheet.version)
