"""/patients/{patient}/blocks: the professionals whom the patient refuses, in emergencies too."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from msgspec import Meta, Struct
from terresante.consent.v1 import consent_service_pb2 as pb

from terresante_gateway import words
from terresante_gateway.names import Names, Who, named
from terresante_gateway.operation import CARE, Authz, Id, To, on
from terresante_gateway.words import Input, OpaqueId

router = APIRouter(prefix="/v1/patients/{patient}/blocks", tags=["Blocages"])


class Block(Struct):
    """Le refus d’un professionnel par le patient."""

    id: str
    professional: Who
    since: datetime
    until: Annotated[datetime | None, Meta(description="null tant que le blocage est en vigueur")]

    @classmethod
    def of(cls, block: pb.Block, names: Names) -> "Block":
        """From the service's message, with names."""
        return cls(
            block.block_id,
            names.professional(block.professional_id),
            words.read(block.since),
            words.read(block.until) if block.HasField("until") else None,
        )


class Blocks(Struct):
    """Les blocages en vigueur."""

    items: list[Block]


class NewBlock(Input):
    """Qui est bloqué."""

    professional_id: OpaqueId


@on(router, "GET", "", "Professionnels bloqués", Authz("block", "list", CARE), "ACCESS_REFUSED")
async def list_blocks(patient: Id, peers: To) -> Blocks:
    """Les blocages en vigueur. Patient et représentants seulement."""
    reply = await peers.consent.ListBlocks(pb.ListBlocksRequest(patient_id=patient))
    names = await named(peers, professionals=[one.professional_id for one in reply.blocks])
    return Blocks([Block.of(one, names) for one in reply.blocks])


@on(router, "POST", "", "Bloquer un professionnel", Authz("block", "create", CARE), "ACCESS_REFUSED", "BLOCK_ALREADY",
    "PROFESSIONAL_UNKNOWN", "IDEMPOTENCY_KEY_REUSED", status=201, keyed=True, vital=True)  # fmt: skip
async def block_professional(patient: Id, new: NewBlock, peers: To) -> Block:
    """Interdit tout au professionnel, dès la réponse, accès en urgence compris. Lui n’en est pas averti."""
    reply = await peers.consent.BlockProfessional(
        pb.BlockProfessionalRequest(patient_id=patient, professional_id=new.professional_id)
    )
    return Block.of(reply.block, await named(peers, professionals=[reply.block.professional_id]))


@on(router, "DELETE", "/{block}", "Lever un blocage", Authz("block", "lift", CARE), "ACCESS_REFUSED",
    "BLOCK_UNKNOWN")  # fmt: skip
async def lift_block(patient: Id, block: Id, peers: To) -> Block:
    """Lève le blocage ; il ne rend aucun accès que le professionnel n’avait pas."""
    reply = await peers.consent.LiftBlock(pb.LiftBlockRequest(patient_id=patient, block_id=block))
    return Block.of(reply.block, await named(peers, professionals=[reply.block.professional_id]))
