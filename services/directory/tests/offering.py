"""Offers as an administrator's desk sees them."""

from datetime import datetime
from typing import Any

from terresante.directory.v1 import ror_service_pb2 as pb

from .tree import Tree, stamp


def content(structure_id: str, **changes: Any) -> pb.OfferContent:
    wanted = {"name": "Consultation mémoire", "activity": "099", "type": "27", "field": "01"} | changes
    return pb.OfferContent(structure_id=structure_id, **wanted)


async def enrol(
    tree: Tree, structure_id: str, start: datetime | None = None, why: str = "", **changes: Any
) -> pb.OfferSheet:
    asked = {"content": content(structure_id, **changes), "from": stamp(start), "why": why}
    return (await tree.stub.EnrolOffer(pb.EnrolOfferRequest(**asked))).sheet  # type: ignore[no-any-return]


async def change(
    tree: Tree, sheet: pb.OfferSheet, start: datetime | None = None, version: int | None = None, **changes: Any
) -> pb.OfferSheet:
    """Says all as in the sheet but for the changes."""
    said = pb.OfferContent()
    said.CopyFrom(sheet.content)
    said.MergeFrom(pb.OfferContent(**changes))
    asked = {
        "offer_id": sheet.offer_id,
        "version": sheet.version if version is None else version,
        "content": said,
        "from": stamp(start),
    }
    return (await tree.stub.ChangeOffer(pb.ChangeOfferRequest(**asked))).sheet  # type: ignore[no-any-return]


async def close(
    tree: Tree, sheet: pb.OfferSheet, start: datetime | None = None, kind: str = "DEF", version: int | None = None
) -> pb.OfferSheet:
    asked = {
        "offer_id": sheet.offer_id,
        "version": sheet.version if version is None else version,
        "closing_kind": kind,
        "from": stamp(start),
    }
    return (await tree.stub.CloseOffer(pb.CloseOfferRequest(**asked))).sheet  # type: ignore[no-any-return]


async def confirm(tree: Tree, *ids: str) -> list[pb.OfferSheet]:
    return list((await tree.stub.ConfirmOffers(pb.ConfirmOffersRequest(offer_ids=ids))).offers)


async def told(tree: Tree, *ids: str, **asked: Any) -> list[pb.OfferSheet]:
    moments = {name: stamp(asked.pop(name, None)) for name in ("at", "known_at")}
    request = pb.BatchGetOffersRequest(offer_ids=ids, **moments, **asked)
    return list((await tree.stub.BatchGetOffers(request)).offers)


async def found(tree: Tree, **asked: Any) -> list[str]:
    """Names, in the order found."""
    return [one.content.name for one in (await tree.stub.SearchOffers(pb.SearchOffersRequest(**asked))).offers]
