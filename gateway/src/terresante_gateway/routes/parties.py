"""Who takes part in a conversation, between /v1 and messaging's own messages, both ways."""

from collections.abc import Iterable
from typing import Literal

from pydantic import Field
from terresante.messaging.v1 import conversation_service_pb2 as pb

from terresante_gateway.names import Names, Who, named
from terresante_gateway.peers import Peers
from terresante_gateway.words import Input, OpaqueId

PartyKind = Literal["professional", "patient"]


class NamesQuery(Input):
    """Avec ou sans noms."""

    names: bool = Field(False, description="Ajouter les noms que l’appelant peut connaître")


class NewParty(Input):
    """Quelqu’un de la conversation."""

    kind: PartyKind = Field(description="patient : le patient, ou qui le représente")
    id: OpaqueId

    def told(self) -> pb.Party:
        """As messaging reads it."""
        return pb.Party(professional_id=self.id) if self.kind == "professional" else pb.Party(person_id=self.id)


def shown(party: pb.Party, names: Names) -> Who:
    """A party; without a name unless its owner showed it to this caller."""
    return names.person(party.person_id) if party.person_id else names.professional(party.professional_id)


async def names_of(peers: Peers, parties: Iterable[pb.Party]) -> Names:
    """The names of these: professionals from the directory, persons as far as identity shows them to the caller."""
    every = list(parties)
    return await named(
        peers, professionals=[one.professional_id for one in every], persons=[one.person_id for one in every]
    )
