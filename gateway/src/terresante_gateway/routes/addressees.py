"""/patients/{patient}/addressees: the ways to reach those around a patient, best first."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from msgspec import Meta, Struct
from terresante.messaging.v1 import telling_service_pb2 as pb

from terresante_gateway import words
from terresante_gateway.codes import codes_of
from terresante_gateway.names import Names, Where, Who, named
from terresante_gateway.operation import Authz, Id, To, on
from terresante_gateway.peers import Peers
from terresante_gateway.routes.absences import PROFESSIONALS
from terresante_gateway.routes.parties import NamesQuery

router = APIRouter(prefix="/v1/patients/{patient}/addressees", tags=["Conversations"])
WayKind = Literal["circle_thread", "direct_thread", "on_call", "secure_mailbox"]
KINDS = codes_of(pb.WayKind, "WAY_KIND_")


class Way(Struct):
    """Une façon de joindre quelqu’un."""

    kind: WayKind
    thread_id: Annotated[str | None, Meta(description="null si le fil n’est pas encore ouvert")]
    professional: Annotated[Who | None, Meta(description="Qui est d’astreinte maintenant")]
    address: Annotated[str | None, Meta(description="Boîte MSSanté", examples=["secretariat@hopital.mssante.example"])]
    fresh_at: Annotated[datetime | None, Meta(description="La dernière fois qu’elle a servi ou été relevée")]
    failed_at: Annotated[datetime | None, Meta(description="Le dernier échec, si rien n’est passé depuis")]

    @classmethod
    def of(cls, way: pb.Way, names: Names) -> "Way":
        """From the service's message."""
        return cls(
            KINDS.word[way.kind],
            way.thread_id or None,
            names.professional(way.professional_id) if way.professional_id else None,
            way.address or None,
            words.read(way.fresh_at) if way.HasField("fresh_at") else None,
            words.read(way.failed_at) if way.HasField("failed_at") else None,
        )


class Addressee(Struct):
    """Quelqu’un, ou une structure, et comment le joindre, au mieux d’abord."""

    professional: Annotated[Who | None, Meta(description="Son nom avec names=true seulement")]
    structure: Annotated[Where | None, Meta(description="Une structure, quand ce n’est pas quelqu’un")]
    away: bool
    delegate: Annotated[Who | None, Meta(description="Qui remplace pendant l’absence")]
    ways: list[Way]

    @classmethod
    def of(cls, one: pb.Addressee, names: Names) -> "Addressee":
        """From the service's message."""
        return cls(
            names.professional(one.professional_id) if one.professional_id else None,
            names.where("", "", one.structure_id) if one.structure_id else None,
            one.away,
            names.professional(one.delegate_professional_id) if one.delegate_professional_id else None,
            [Way.of(way, names) for way in one.ways],
        )


class Addressees(Struct):
    """À qui écrire, le plus joignable d’abord."""

    items: list[Addressee]


@on(router, "GET", "", "À qui écrire", Authz("addressee", "list", PROFESSIONALS), "ACCESS_REFUSED",
    "CONSENT_UNAVAILABLE")  # fmt: skip
async def list_addressees(patient: Id, query: Annotated[NamesQuery, Query()], peers: To) -> Addressees:
    """Les professionnels et services autour du patient, et les façons de les joindre : le fil du cercle, un message
    direct, l’astreinte, la boîte MSSanté. C’est un accès, inscrit au journal du patient.
    """
    reply = await peers.telling.ListAddressees(pb.ListAddresseesRequest(patient_id=patient))
    names = await _names(reply, peers) if query.names else Names()
    return Addressees([Addressee.of(one, names) for one in reply.addressees])


async def _names(reply: pb.ListAddresseesResponse, peers: Peers) -> Names:
    shown = reply.addressees
    people = [id for one in shown for id in (one.professional_id, one.delegate_professional_id)]
    people += [way.professional_id for one in shown for way in one.ways]
    return await named(peers, professionals=people, structures=[one.structure_id for one in shown])
