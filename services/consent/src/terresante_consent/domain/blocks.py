"""Blocks: a patient's refusal of one professional, stronger than anything else (R-DMP4)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import NewType
from uuid import UUID

from terresante_platform.refusals import Conflict, Unknown

from terresante_consent.domain.vocabulary import PersonId, ProfessionalId

BlockId = NewType("BlockId", UUID)


class BlockAlready(Conflict):
    """That professional is blocked already."""

    reason = "BLOCK_ALREADY"


class UnknownBlock(Unknown):
    """No such block of this patient, or it was lifted."""

    reason = "BLOCK_UNKNOWN"


class UnknownProfessional(Unknown):
    """The directory knows no such professional."""

    reason = "PROFESSIONAL_UNKNOWN"


@dataclass(frozen=True, slots=True)
class Block:
    """In force until lifted. It ends no membership: lifted, everything is as before."""

    id: BlockId
    patient: PersonId
    professional: ProfessionalId
    since: datetime
    until: datetime | None = None


def lift(block: Block, at: datetime) -> Block:
    """Ends it now."""
    if block.until is not None:
        raise UnknownBlock("Ce blocage a déjà été levé.", "Rien à faire.")
    return replace(block, until=max(at, block.since))
