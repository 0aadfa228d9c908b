"""Blocks: a patient's refusal of one professional (R-DMP4)."""

from dataclasses import replace
from typing import Any

from terresante.consent.v1 import consent_service_pb2 as pb
from terresante_platform.idempotency import once
from terresante_platform.ids import new_id, parsed
from terresante_platform.rpc.allow import allow

from terresante_consent import events, wire
from terresante_consent.domain import blocks
from terresante_consent.domain.blocks import Block, BlockId
from terresante_consent.domain.vocabulary import Action, PersonId, ProfessionalId
from terresante_consent.rpc.desk import Desk
from terresante_consent.store import blocks as kept
from terresante_consent.store import joined


class Blocks:
    """RPCs on blocks."""

    _desk: Desk

    @allow("professional", "patient")
    async def BlockProfessional(self, request: pb.BlockProfessionalRequest, _: Any) -> pb.BlockProfessionalResponse:
        """From the commit on, everything is refused to that professional, under each id of the patient's."""
        patient = wire.patient(request.patient_id)
        professional = parsed(request.professional_id, "professional_id")
        known = await self._desk.knowing.heard_of(professional)
        async with (
            self._desk.acting(patient) as act,
            once(act.transaction, request, pb.BlockProfessionalResponse) as use,
        ):
            if use.reply is not None:
                act.replayed = True
                return use.reply
            act.decide(Action.BLOCK, about=professional)
            if not known:
                raise blocks.UnknownProfessional(
                    "L'annuaire ne connaît pas ce professionnel.", "Choisissez-le dans l'annuaire ou dans le cercle."
                )
            block = Block(BlockId(new_id()), patient, ProfessionalId(professional), act.now)
            await kept.keep(act.transaction, block)
            together = await joined.of_patient(act.transaction, patient)
            for id in together.everyone if together else (patient,):
                await events.professional_blocked(act.transaction, replace(block, patient=PersonId(id)))
            return use.keep(pb.BlockProfessionalResponse(block=wire.block(block)))

    @allow("professional", "patient")
    async def LiftBlock(self, request: pb.LiftBlockRequest, _: Any) -> pb.LiftBlockResponse:
        """Everything is as before it."""
        patient, id = wire.patient(request.patient_id), parsed(request.block_id, "block_id")
        async with self._desk.acting(patient) as act:
            block = await kept.get(act.transaction, patient, id)
            act.decide(Action.LIFT_BLOCK, about=block.professional if block else None)
            if block is None:
                raise blocks.UnknownBlock("Ce blocage n'existe pas.", "Relisez la liste des blocages.")
            lifted = blocks.lift(block, act.now)
            await kept.end(act.transaction, lifted)
            return pb.LiftBlockResponse(block=wire.block(lifted))

    @allow("professional", "patient")
    async def ListBlocks(self, request: pb.ListBlocksRequest, _: Any) -> pb.ListBlocksResponse:
        """Those in force."""
        patient = wire.patient(request.patient_id)
        await self._desk.may(Action.READ_BLOCKS, patient)
        async with self._desk.database.reading() as connection:
            found = await kept.in_force(connection, patient)
        return pb.ListBlocksResponse(blocks=[wire.block(block) for block in found])
