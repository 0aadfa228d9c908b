"""A request of a correspondent in words: what it is about, and field by field what was said, is said, and is asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from terresante.directory.v1 import directory_service_pb2 as directory
from terresante.directory.v1 import enrolment_service_pb2 as pb
from terresante.directory.v1 import ror_service_pb2 as ror
from terresante_platform.refusals import Unknown

from terresante_directory.workbench import asking, contents, offerings
from terresante_directory.workbench.visits import Visit

KINDS = {
    "ChangeStructure": "Corriger la fiche de la structure",
    "ChangeOffer": "Corriger une offre",
    "EnrolOffer": "Inscrire une offre",
    "CloseOffer": "Fermer une offre",
    "AddPlace": "Ajouter quelqu’un à l’équipe",
    "EndPlace": "Retirer quelqu’un de l’équipe",
}
STATES = {
    pb.REQUEST_STATE_OPEN: "à décider",
    pb.REQUEST_STATE_HALF_APPROVED: "un accord sur deux",
    pb.REQUEST_STATE_APPROVED: "acceptée",
    pb.REQUEST_STATE_REFUSED: "refusée",
}
MESSAGES: Mapping[str, type[Message]] = {
    "ChangeStructure": ror.ChangeStructureRequest,
    "ChangeOffer": ror.ChangeOfferRequest,
    "EnrolOffer": ror.EnrolOfferRequest,
    "CloseOffer": ror.CloseOfferRequest,
    "AddPlace": directory.AddPlaceRequest,
    "EndPlace": directory.EndPlaceRequest,
}


@dataclass(frozen=True, slots=True)
class Row:
    """One field. `before`: when it was asked; `now`: today, None once the request is closed; `asked`: what is asked."""

    label: str
    before: str
    now: str | None
    asked: str

    @property
    def overtaken(self) -> bool:
        """Whether somebody changed it since."""
        return self.now is not None and self.now != self.before


@dataclass(frozen=True, slots=True)
class Explained:
    """What a request is about. `href`: an administrator's page of it, blank if it is not there yet. `starts`: from when
    it is to hold, None for at once. `overtaken`: it was changed since, so that it cannot be done as asked. `gone`: what
    it is about is no more (an undone act).
    """

    about: str
    rows: list[Row] = field(default_factory=list)
    href: str = ""
    starts: Timestamp | None = None
    overtaken: bool = False
    gone: bool = False


def written(change: Message) -> bytes:
    """A change as a request carries it."""
    return json_format.MessageToJson(change, preserving_proto_field_name=True).encode()


async def explained(visit: Visit, request: pb.ChangeRequest) -> Explained:
    """What is asked, beside what was said when it was asked and, while it waits, what is said today."""
    change: Any = json_format.Parse(request.change, MESSAGES[request.kind](), ignore_unknown_fields=True)
    try:
        told = await _BY_KIND[request.kind](visit, request, change)
    except Unknown:
        return Explained(request.structure_name, gone=True)
    starts = getattr(change, "from") if "from" in change.DESCRIPTOR.fields_by_name and change.HasField("from") else None
    return Explained(told.about, told.rows, told.href, starts, told.overtaken and not request.HasField("decided_at"))


async def _structure(visit: Visit, request: pb.ChangeRequest, change: Any) -> Explained:
    then = ror.GetStructureSheetRequest(structure_id=change.structure_id, at=request.at, known_at=request.at)
    before = (await visit.ror.GetStructureSheet(then)).sheet
    present = ror.GetStructureSheetRequest(structure_id=change.structure_id)
    now = (await visit.ror.GetStructureSheet(present)).sheet
    said = (before.content, now.content, change.content)
    names = await asking.names(visit, [one.part_of for one in said])
    shown = [contents.shown(one, visit.workbench.values, names) for one in said]
    rows = _rows(request, contents.LABELS, shown)
    return Explained(
        now.content.name, rows, f"/structures/{change.structure_id}", overtaken=now.version != change.version
    )


async def _offer(visit: Visit, request: pb.ChangeRequest, change: Any) -> Explained:
    before, now = await _offers(visit, request, change.offer_id)
    said = (before.content, now.content, change.content)
    names = await asking.names(visit, [one.structure_id for one in said])
    shown = [offerings.shown(one, visit.workbench.values, names) for one in said]
    rows = _rows(request, offerings.LABELS, shown)
    return Explained(now.content.name, rows, f"/offres/{change.offer_id}", overtaken=now.version != change.version)


async def _new_offer(visit: Visit, _: pb.ChangeRequest, change: Any) -> Explained:
    names = await asking.names(visit, [change.content.structure_id])
    shown = offerings.shown(change.content, visit.workbench.values, names)
    rows = [Row(label, "", None, shown[name]) for name, label in offerings.LABELS.items() if shown[name]]
    return Explained(change.content.name, rows)


async def _closed_offer(visit: Visit, request: pb.ChangeRequest, change: Any) -> Explained:
    _, now = await _offers(visit, request, change.offer_id)
    why = visit.workbench.values.label("closing_kinds", change.closing_kind)
    rows = [Row("État", "ouverte", None, f"fermée ({why})")]
    return Explained(now.content.name, rows, f"/offres/{change.offer_id}", overtaken=now.version != change.version)


async def _new_place(visit: Visit, request: pb.ChangeRequest, change: Any) -> Explained:
    someone = await asking.professional(visit, change.professional_id)
    rows = [
        Row("Professionnel", "", None, f"{someone.given_name} {someone.family_name}, {someone.profession_label}"),
        Row("Exercera à", "", None, request.structure_name),
        Row("Fonction", "", None, change.place.role or "non précisée"),
    ]
    return _of(someone, rows, change.version)


async def _ended_place(visit: Visit, request: pb.ChangeRequest, change: Any) -> Explained:
    someone = await asking.professional(visit, change.professional_id)
    which = next((place for place in someone.places if place.place_id == change.place_id), None)
    role = (which.role if which else "") or "fonction non précisée"
    rows = [Row(f"Exerce à {request.structure_name}", role, None, "n’y exerce plus")]
    return _of(someone, rows, change.version)


def _of(someone: directory.Professional, rows: list[Row], version: int) -> Explained:
    name, href = f"{someone.given_name} {someone.family_name}", f"/professionnels/{someone.professional_id}"
    return Explained(name, rows, href, overtaken=someone.version != version)


async def _offers(visit: Visit, request: pb.ChangeRequest, id: str) -> tuple[ror.OfferSheet, ror.OfferSheet]:
    """When it was asked, and today. Raises `NotFound`."""
    then = ror.BatchGetOffersRequest(offer_ids=[id], at=request.at, known_at=request.at, with_closed=True)
    before = (await visit.ror.BatchGetOffers(then)).offers
    present = ror.BatchGetOffersRequest(offer_ids=[id], with_closed=True)
    now = (await visit.ror.BatchGetOffers(present)).offers
    if not before or not now:
        raise asking.not_found("Cette offre")
    return before[0], now[0]


def _rows(request: pb.ChangeRequest, labels: Mapping[str, str], shown: list[dict[str, str]]) -> list[Row]:
    """The fields that are asked otherwise, or that somebody changed since."""
    before, now, asked = shown
    waits = not request.HasField("decided_at")
    rows = [Row(label, before[name], now[name] if waits else None, asked[name]) for name, label in labels.items()]
    return [row for row in rows if row.before != row.asked or row.overtaken]


_BY_KIND = {
    "ChangeStructure": _structure,
    "ChangeOffer": _offer,
    "EnrolOffer": _new_offer,
    "CloseOffer": _closed_offer,
    "AddPlace": _new_place,
    "EndPlace": _ended_place,
}
