"""The change that a request asks for, as it is carried out: what its author could not see stays as it is."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.disclosure import Disclosure, Reader
from terresante_directory.domain.facts import Moment, Subject
from terresante_directory.domain.identifiers import StructureId
from terresante_directory.domain.offers import OfferContent, OfferId
from terresante_directory.domain.requests import ChangeKind, Shown
from terresante_directory.domain.sheets import StructureContent
from terresante_directory.domain.subjects import of_offer, of_structure
from terresante_directory.domain.telecoms import Telecom
from terresante_directory.store import facts
from terresante_directory.wire.contacts import telecoms_to_proto
from terresante_directory.wire.requests import asked_again

ASKING = Reader("professional")


async def to_do(connection: AsyncConnection, shown: Shown, disclosure: Disclosure, at: datetime) -> Any:
    """The call's own request. Contacts above its author's level are kept (R-ROR1): a sheet is said whole, and theirs
    never held them.
    """
    message = asked_again(shown.request)
    about = _said_whole(shown.request.kind, message)
    if about is None:
        return message
    known = (await facts.as_of(connection, [about], Moment(at))).get(about)
    if known is None:
        return message
    of = StructureContent if shown.request.kind is ChangeKind.CHANGE_STRUCTURE else OfferContent
    theirs = disclosure.level(ASKING, shown.territory)
    hidden: list[Telecom] = [one for one in of.of(known.fact.content).telecoms if one.confidentiality > theirs]
    message.content.telecoms.extend(telecoms_to_proto(hidden))
    return message


def _said_whole(kind: ChangeKind, message: Any) -> Subject | None:
    """The subject of which everything is said anew."""
    if kind is ChangeKind.CHANGE_STRUCTURE:
        return of_structure(StructureId(UUID(message.structure_id)))
    if kind is ChangeKind.CHANGE_OFFER:
        return of_offer(OfferId(UUID(message.offer_id)))
    return None
