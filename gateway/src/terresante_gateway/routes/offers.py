"""/offers: what structures offer (offres opérationnelles of the ROR): found, read, changed."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from msgspec import Meta, Struct
from pydantic import Field
from terresante.directory.v1 import ror_service_pb2 as pb
from terresante_platform.refusals import Unknown

from terresante_gateway import words
from terresante_gateway.operation import EVERYBODY, Authz, Id, To, Version, on
from terresante_gateway.pages import ListQuery, Pages
from terresante_gateway.routes.sheets import (
    ADMINISTRATORS,
    VERSIONS,
    AsOf,
    Closing,
    Code,
    From,
    NewPosition,
    NewTelecom,
    Position,
    Telecom,
    Why,
    moment,
    position_of,
    since,
    stamp,
    telecoms_of,
)
from terresante_gateway.words import Input, Line, OpaqueId, Text

router = APIRouter(prefix="/v1/offers", tags=["Offre de soins"])

MONTHS = 1_560
CONTENT = (
    "STRUCTURE_UNKNOWN", "STRUCTURE_CLOSED", "OFFER_NAME_INVALID", "OFFER_CODE_INVALID", "AGE_RANGE_INVALID",
    "OPENING_INVALID", "CAPACITY_INVALID", "TELECOM_INVALID", "POSITION_INVALID", "WHY_INVALID",
    "MOMENT_INVALID", "ADMINISTRATOR_UNKNOWN",
)  # fmt: skip
Age = Annotated[int, Field(ge=0, le=MONTHS, description="Mois")]
Commune = Annotated[Line, Field(pattern="^[0-9AB]{5}$")]


class OfferUnknown(Unknown):
    """No such offer, or none that the caller may see."""

    reason = "OFFER_UNKNOWN"


class Opening(Struct):
    """Des jours et des heures d’ouverture."""

    days: Annotated[list[int], Meta(description="1 lundi à 7 dimanche ; 8 jours fériés")]
    opens: Annotated[str | None, Meta(description="HH:MM, Europe/Paris ; null : toute la journée", examples=["08:30"])]
    closes: Annotated[str | None, Meta(description="Avant opens : le lendemain", examples=["18:00"])]


class Capacity(Struct):
    """Des places ou des lits."""

    kind: Annotated[str, Meta(description="Code du jeu `capacity_kind`")]
    total: int
    available: Annotated[int | None, Meta(description="Libres ; null : non renseigné")]


class Offer(Struct):
    """Ce qui est dit d’une offre pour un temps."""

    id: str
    structure_id: str
    structure_name: str
    territory_code: Annotated[str, Meta(examples=["94-ouest"])]
    name: Annotated[str, Meta(examples=["Hospitalisation à domicile"])]
    field: Annotated[str, Meta(description="Champ d’activité, jeu `activity_field`")]
    type: Annotated[str, Meta(description="Type d’offre, jeu `offer_type`")]
    activity: Annotated[str, Meta(description="Activité opérationnelle, jeu `activity`")]
    care_modes: list[str]
    age_from_months: Annotated[int | None, Meta(description="null : sans limite")]
    age_to_months: int | None
    opening: list[Opening]
    capacities: list[Capacity]
    telecoms: list[Telecom]
    sensitive: bool
    intervention_communes: Annotated[list[str], Meta(description="COG ; vide : sur place")]
    description: str
    position: Position | None
    closed: bool
    closing_kind: str | None
    valid_from: datetime | None
    valid_to: datetime | None
    known_from: datetime
    confirmed_at: Annotated[datetime | None, Meta(description="Changée, ou dite encore vraie, pour la dernière fois")]
    distance: Annotated[float | None, Meta(description="Mètres, dans une recherche autour d’un point")]
    act_id: str
    version: Annotated[int, Meta(description="À renvoyer dans If-Match", ge=1)]

    @classmethod
    def of(cls, sheet: pb.OfferSheet) -> "Offer":
        """From the service's message."""
        content = sheet.content
        return cls(
            sheet.offer_id,
            content.structure_id,
            sheet.structure_name,
            sheet.territory_code,
            content.name,
            content.field,
            content.type,
            content.activity,
            list(content.care_modes),
            content.age_from_months if content.HasField("age_from_months") else None,
            content.age_to_months if content.HasField("age_to_months") else None,
            [Opening(list(one.days), one.opens or None, one.closes or None) for one in content.opening],
            [
                Capacity(one.kind, one.total, one.available if one.HasField("available") else None)
                for one in content.capacities
            ],
            [Telecom.of(one) for one in content.telecoms],
            content.sensitive,
            list(content.intervention_communes),
            content.description,
            Position.of(content),
            sheet.closed,
            sheet.closing_kind or None,
            moment(sheet, "valid_from"),
            moment(sheet, "valid_to"),
            words.read(sheet.known_from),
            moment(sheet, "confirmed_at"),
            sheet.distance if sheet.HasField("distance") else None,
            sheet.act_id,
            sheet.version,
        )


class Offers(Struct):
    """Une page d’offres : par nom, ou la plus proche d’abord."""

    items: list[Offer]
    next_cursor: str | None


class OffersQuery(ListQuery):
    """Quelles offres."""

    text: Line = Field("", max_length=100, description="Débuts de mots du nom", examples=["domicile"])
    territory_code: Line = Field("", max_length=32, examples=["94-ouest"])
    structure_id: OpaqueId | None = None
    activity: list[Code] = Field(default_factory=list, max_length=20, description="Répétable")
    type: list[Code] = Field(default_factory=list, max_length=20, description="Répétable")
    age_months: Age | None = Field(None, description="Âge d’un patient, en mois", examples=[984])
    near: Line = Field(
        "",
        pattern=r"^(-?[0-9]{1,2}(\.[0-9]{1,7})?,-?[0-9]{1,3}(\.[0-9]{1,7})?)?$",
        description="latitude,longitude : la plus proche d’abord",
        examples=["48.79,2.38"],
    )
    within_metres: int = Field(20_000, ge=1, le=200_000, description="Avec near : jusqu’où")
    commune_code: Line = Field("", pattern="^([0-9AB]{5})?$", description="Commune desservie, COG", examples=["94041"])
    with_closed: bool = False


class NewOpening(Input):
    """Des jours et des heures d’ouverture."""

    days: list[Annotated[int, Field(ge=1, le=8)]] = Field(min_length=1, max_length=8)
    opens: Line = Field("", pattern="^([0-2][0-9]:[0-5][0-9])?$", examples=["08:30"])
    closes: Line = Field("", pattern="^([0-2][0-9]:[0-5][0-9])?$", examples=["18:00"])


class NewCapacity(Input):
    """Des places ou des lits."""

    kind: Code = Field(min_length=1)
    total: int = Field(ge=0, le=100_000)
    available: int | None = Field(None, ge=0, le=100_000)


class OfferContent(Input):
    """Ce que l’on dit d’une offre, en entier."""

    structure_id: OpaqueId
    name: Line = Field(min_length=1, max_length=200, examples=["Hospitalisation à domicile"])
    field: Code = Field("", description="Jeu `activity_field`")
    type: Code = Field("", description="Jeu `offer_type`")
    activity: Code = Field("", description="Jeu `activity`")
    care_modes: list[Code] = Field(default_factory=list, max_length=20)
    age_from_months: Age | None = None
    age_to_months: Age | None = None
    opening: list[NewOpening] = Field(default_factory=list, max_length=30)
    capacities: list[NewCapacity] = Field(default_factory=list, max_length=50)
    telecoms: list[NewTelecom] = Field(default_factory=list, max_length=50)
    sensitive: bool = False
    intervention_communes: list[Commune] = Field(default_factory=list, max_length=1_300)
    description: Text = Field("", max_length=4_000)
    position: NewPosition | None = None

    def message(self) -> pb.OfferContent:
        """As the service takes it."""
        plain = self.model_dump(exclude={"opening", "capacities", "telecoms", "position"})
        return pb.OfferContent(
            **plain,
            opening=[pb.OpeningHours(**one.model_dump()) for one in self.opening],
            capacities=[pb.Capacity(**one.model_dump()) for one in self.capacities],
            telecoms=telecoms_of(self.telecoms),
            position=position_of(self.position),
        )


class NewOffer(Input):
    """Ce que l’on enregistre, à partir de quand, et pourquoi."""

    content: OfferContent
    valid_from: From = None
    why: Why = ""


@on(router, "GET", "", "Chercher des offres", Authz("offer", "list", EVERYBODY), "SEARCH_INVALID", "CURSOR_INVALID",
    "ADMINISTRATOR_UNKNOWN")  # fmt: skip
async def search_offers(query: Annotated[OffersQuery, Query()], pages: Pages, peers: To) -> Offers:
    """Par mots, activité, type, âge, territoire, commune desservie, distance ; ce que l’appelant peut voir."""
    latitude, _, longitude = query.near.partition(",")
    reply = await peers.ror.SearchOffers(
        pb.SearchOffersRequest(
            text=query.text,
            territory_code=query.territory_code,
            structure_id=query.structure_id or "",
            activities=query.activity,
            types=query.type,
            age_months=query.age_months,
            near=pb.Position(latitude=float(latitude), longitude=float(longitude)) if query.near else None,
            within_metres=query.within_metres if query.near else 0,
            commune_code=query.commune_code,
            with_closed=query.with_closed,
            cursor=pages.open(query),
            limit=query.limit,
        )
    )
    return Offers([Offer.of(one) for one in reply.offers], pages.seal(query, reply.next_cursor))


@on(router, "POST", "", "Enregistrer une offre", Authz("offer", "register", ADMINISTRATORS), *CONTENT,
    "IDEMPOTENCY_KEY_REUSED", status=201, etag=True, keyed=True)  # fmt: skip
async def enrol_offer(new: NewOffer, peers: To) -> Offer:
    """D’une structure d’un territoire de l’administrateur."""
    request = pb.EnrolOfferRequest(content=new.content.message(), why=new.why, **since(new.valid_from))
    return Offer.of((await peers.ror.EnrolOffer(request)).sheet)


@on(router, "GET", "/{offer}", "Lire une offre", Authz("offer", "read", EVERYBODY), "OFFER_UNKNOWN", "MOMENT_INVALID",
    "ADMINISTRATOR_UNKNOWN", etag=True)  # fmt: skip
async def get_offer(offer: Id, query: Annotated[AsOf, Query()], peers: To) -> Offer:
    """Telle qu’elle vaut, ou valait, un jour ; telle qu’on la connaissait un autre jour."""
    reply = await peers.ror.BatchGetOffers(
        pb.BatchGetOffersRequest(
            offer_ids=[offer], at=stamp(query.at), known_at=stamp(query.known_at), with_closed=True
        )
    )
    if not reply.offers:
        raise OfferUnknown("Cette offre est inconnue.", "Vérifiez l’identifiant, ou cherchez-la par son nom.")
    return Offer.of(reply.offers[0])


@on(router, "PUT", "/{offer}", "Changer une offre", Authz("offer", "change", ADMINISTRATORS), *CONTENT, *VERSIONS,
    "OFFER_UNKNOWN", "OFFER_CLOSED", "NOTHING_CHANGED", etag=True)  # fmt: skip
async def change_offer(offer: Id, new: NewOffer, version: Version, peers: To) -> Offer:
    """Tout le contenu, à partir d’un moment, passé ou à venir."""
    request = pb.ChangeOfferRequest(
        offer_id=offer, version=version, content=new.content.message(), why=new.why, **since(new.valid_from)
    )
    return Offer.of((await peers.ror.ChangeOffer(request)).sheet)


@on(router, "POST", "/{offer}/closing", "Fermer une offre", Authz("offer", "close", ADMINISTRATORS), *VERSIONS,
    "OFFER_UNKNOWN", "OFFER_CLOSED", "CLOSING_KIND_INVALID", "WHY_INVALID", "MOMENT_INVALID", "ADMINISTRATOR_UNKNOWN",
    etag=True)  # fmt: skip
async def close_offer(offer: Id, closing: Closing, version: Version, peers: To) -> Offer:
    """À partir d’un moment ; elle reste lisible."""
    request = pb.CloseOfferRequest(
        offer_id=offer,
        version=version,
        closing_kind=closing.closing_kind,
        why=closing.why,
        **since(closing.valid_from),
    )
    return Offer.of((await peers.ror.CloseOffer(request)).sheet)
