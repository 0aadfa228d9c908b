"""/me: who is logged in, how strongly, and from where they may practise."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from msgspec import Meta, Struct
from terresante.directory.v1 import directory_service_pb2 as directory

from terresante_gateway.names import named
from terresante_gateway.operation import EVERYBODY, Asker, Authz, To, on
from terresante_gateway.peers import Peers
from terresante_gateway.routes.identities import Person
from terresante_gateway.routes.professionals import Professional

router = APIRouter(prefix="/v1/me", tags=["Moi"])


class Administrator(Struct):
    """Un administrateur de territoires."""

    id: str
    name: Annotated[str, Meta(examples=["Maud Ferrandi"])]
    territory_codes: Annotated[list[str], Meta(examples=[["94-ouest"]])]


class Me(Struct):
    """L’appelant."""

    id: str
    kind: Literal["professional", "administrator", "patient"]
    acr: Annotated[int, Meta(description="2 mot de passe et code, 3 carte", examples=[3])]
    authenticated_at: Annotated[datetime, Meta(description="Moment de la connexion")]
    expires_at: Annotated[datetime, Meta(description="Fin du jeton")]
    professional: Annotated[Professional | None, Meta(description="Pour un professionnel, avec ses lieux d’exercice")]
    administrator: Annotated[Administrator | None, Meta(description="Pour un administrateur")]
    person: Annotated[Person | None, Meta(description="Pour un patient")]


@on(router, "GET", "", "Qui suis-je ?", Authz("me", "read", EVERYBODY))
async def get_me(asker: Asker, peers: To) -> Me:
    """L’appelant, tel que son jeton et l’annuaire le disent."""
    me = Me(
        str(asker.id),
        asker.kind,  # type: ignore[arg-type]  # one of the kinds of `authz`, already checked
        asker.strength,
        datetime.fromtimestamp(asker.authenticated_at, UTC),
        datetime.fromtimestamp(asker.expires_at, UTC),
        None,
        None,
        None,
    )
    if asker.kind == "professional":
        me.professional = await _professional(me.id, peers)
    elif asker.kind == "administrator":
        reply = await peers.directory.GetAdministrator(directory.GetAdministratorRequest())
        me.administrator = Administrator(reply.administrator_id, reply.name, list(reply.territory_codes))
    else:
        names = await named(peers, persons=[me.id])
        me.person = Person.of(names.persons[me.id]) if me.id in names.persons else None
    return me


async def _professional(id: str, peers: Peers) -> Professional | None:
    found = (await named(peers, professionals=[id])).professionals.get(id)
    if found is None:
        return None
    structures = (await named(peers, structures=[place.structure_id for place in found.places])).structures
    return Professional.of(found, {structure: one.name for structure, one in structures.items()})
