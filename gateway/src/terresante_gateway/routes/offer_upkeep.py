"""/stale-offers, /offer-confirmations: offers that nobody looked at for long, and saying that they are still true."""

from typing import Annotated

from fastapi import APIRouter, Query
from msgspec import Struct
from pydantic import Field
from terresante.directory.v1 import ror_service_pb2 as pb

from terresante_gateway.operation import Authz, To, on
from terresante_gateway.pages import ListQuery, Pages
from terresante_gateway.routes.offers import Offer
from terresante_gateway.routes.sheets import ADMINISTRATORS, stamp
from terresante_gateway.words import Input, Line, Moment, OpaqueId

router = APIRouter(prefix="/v1", tags=["Offre de soins"])


class StaleOffers(Struct):
    """Une page d’offres à confirmer, la plus ancienne d’abord, et combien il y en a."""

    items: list[Offer]
    next_cursor: str | None
    total: int


class Confirmed(Struct):
    """Les offres, telles qu’elles sont."""

    items: list[Offer]


class StaleQuery(ListQuery):
    """Depuis quand, et où."""

    since: Moment | None = Field(None, description="Ni changée ni confirmée depuis ; absent : six mois")
    territory_code: Line = Field("", max_length=32, examples=["94-ouest"])


class NewConfirmation(Input):
    """Des offres encore vraies telles quelles : toutes, ou aucune."""

    offer_ids: list[OpaqueId] = Field(min_length=1, max_length=200)


@on(router, "POST", "/offer-confirmations", "Dire que des offres sont encore vraies",
    Authz("offer", "confirm", ADMINISTRATORS), "OFFER_UNKNOWN", "OFFER_CLOSED", "TOO_MANY_IDS",
    "ADMINISTRATOR_UNKNOWN", status=201)  # fmt: skip
async def confirm_offers(new: NewConfirmation, peers: To) -> Confirmed:
    """Toutes, ou aucune."""
    reply = await peers.ror.ConfirmOffers(pb.ConfirmOffersRequest(offer_ids=new.offer_ids))
    return Confirmed([Offer.of(one) for one in reply.offers])


@on(router, "GET", "/stale-offers", "Offres à confirmer", Authz("offer", "list", ADMINISTRATORS), "CURSOR_INVALID",
    "MOMENT_INVALID", "ADMINISTRATOR_UNKNOWN", "TERRITORY_NOT_YOURS", "TERRITORY_UNKNOWN")  # fmt: skip
async def list_stale_offers(query: Annotated[StaleQuery, Query()], pages: Pages, peers: To) -> StaleOffers:
    """Celles des territoires de l’administrateur que personne n’a changées ni confirmées, la plus ancienne d’abord."""
    reply = await peers.ror.ListStaleOffers(
        pb.ListStaleOffersRequest(
            since=stamp(query.since), territory_code=query.territory_code, cursor=pages.open(query), limit=query.limit
        )
    )
    return StaleOffers([Offer.of(one) for one in reply.offers], pages.seal(query, reply.next_cursor), reply.total)
