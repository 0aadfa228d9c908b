"""What a correspondent asks to be changed, between /v1 and the directory's own messages, both ways."""

from collections.abc import Mapping
from typing import Any, Literal

from google.protobuf import json_format
from google.protobuf.message import Message
from pydantic import Field, model_validator
from terresante.directory.v1 import directory_service_pb2 as directory
from terresante.directory.v1 import ror_service_pb2 as ror

from terresante_gateway import words
from terresante_gateway.exchange import LARGEST_VERSION
from terresante_gateway.routes.offers import OfferContent
from terresante_gateway.routes.sheets import LEVELS, Code, From, SheetContent, since
from terresante_gateway.words import Input, Line, OpaqueId

ChangeKind = Literal["change_structure", "change_offer", "enrol_offer", "close_offer", "add_place", "end_place"]
MESSAGES: Mapping[str, type[Message]] = {
    "ChangeStructure": ror.ChangeStructureRequest,
    "ChangeOffer": ror.ChangeOfferRequest,
    "EnrolOffer": ror.EnrolOfferRequest,
    "CloseOffer": ror.CloseOfferRequest,
    "AddPlace": directory.AddPlaceRequest,
    "EndPlace": directory.EndPlaceRequest,
}
"""By the directory's kind."""
KINDS: Mapping[str, ChangeKind] = {
    "ChangeStructure": "change_structure",
    "ChangeOffer": "change_offer",
    "EnrolOffer": "enrol_offer",
    "CloseOffer": "close_offer",
    "AddPlace": "add_place",
    "EndPlace": "end_place",
}


class Versioned(Input):
    """La version telle que lue : changée depuis, la demande est refusée quand on l’approuve."""

    version: int = Field(ge=1, le=LARGEST_VERSION)


class StructureChange(Versioned):
    """La fiche de la structure, en entier."""

    content: SheetContent
    valid_from: From = None

    def message(self, structure: str) -> Message:
        """As the directory reads it."""
        return ror.ChangeStructureRequest(
            structure_id=structure,
            version=self.version,
            content=self.content.message(),
            **since(self.valid_from),
        )


class OfferChange(Versioned):
    """Une offre de la structure, en entier."""

    offer_id: OpaqueId
    content: OfferContent
    valid_from: From = None

    def message(self, _: str) -> Message:
        """As the directory reads it."""
        return ror.ChangeOfferRequest(
            offer_id=self.offer_id, version=self.version, content=self.content.message(), **since(self.valid_from)
        )


class OfferEnrolment(Input):
    """Une nouvelle offre de la structure."""

    content: OfferContent
    valid_from: From = None

    def message(self, _: str) -> Message:
        """As the directory reads it."""
        return ror.EnrolOfferRequest(content=self.content.message(), **since(self.valid_from))


class OfferClosing(Versioned):
    """La fin d’une offre de la structure."""

    offer_id: OpaqueId
    closing_kind: Code = Field(min_length=1, description="Code du jeu `closing_kind`")
    valid_from: From = None

    def message(self, _: str) -> Message:
        """As the directory reads it."""
        return ror.CloseOfferRequest(
            offer_id=self.offer_id,
            version=self.version,
            closing_kind=self.closing_kind,
            **since(self.valid_from),
        )


class PlaceAddition(Versioned):
    """Un professionnel de la plateforme exerce aussi dans la structure ; il y faut l’accord de deux administrateurs."""

    professional_id: OpaqueId
    role: Line = Field("", max_length=100, examples=["infirmière libérale"])

    def message(self, structure: str) -> Message:
        """As the directory reads it."""
        place = directory.NewPlace(structure_id=structure, role=self.role)
        return directory.AddPlaceRequest(professional_id=self.professional_id, version=self.version, place=place)


class PlaceEnding(Versioned):
    """Un professionnel n’exerce plus dans la structure."""

    professional_id: OpaqueId
    place_id: OpaqueId

    def message(self, _: str) -> Message:
        """As the directory reads it."""
        return directory.EndPlaceRequest(
            professional_id=self.professional_id, version=self.version, place_id=self.place_id
        )


class AskedChange(Input):
    """Un seul de ces changements."""

    change_structure: StructureChange | None = None
    change_offer: OfferChange | None = None
    enrol_offer: OfferEnrolment | None = None
    close_offer: OfferClosing | None = None
    add_place: PlaceAddition | None = None
    end_place: PlaceEnding | None = None

    @model_validator(mode="after")
    def _one(self) -> "AskedChange":
        if len([name for name in KINDS.values() if getattr(self, name) is not None]) != 1:
            raise ValueError("Il faut donner un changement, et un seul.")
        return self

    def written(self, structure: str) -> tuple[str, bytes]:
        """The directory's kind, and the change's own message as JSON."""
        kind, given = next((kind, one) for kind, name in KINDS.items() if (one := getattr(self, name)) is not None)
        text = json_format.MessageToJson(given.message(structure), preserving_proto_field_name=True, indent=None)
        return kind, text.encode()


def told(kind: str, change: bytes) -> dict[str, Any]:
    """A change as it was asked here: what is left out has no value."""
    message = json_format.Parse(change, MESSAGES[kind](), ignore_unknown_fields=True)
    said = json_format.MessageToDict(message, preserving_proto_field_name=True)
    for ours in ("structure_id", "why"):
        said.pop(ours, None)
    if "version" in said:
        said["version"] = int(said["version"])
    if "from" in said:
        said["valid_from"] = words.read(getattr(message, "from"))
        del said["from"]
    if "level" in said.get("content", {}):
        said["content"]["level"] = LEVELS.word[message.content.level]  # type: ignore[attr-defined]
    if "place" in said:
        said["role"] = said.pop("place").get("role", "")
    return said
