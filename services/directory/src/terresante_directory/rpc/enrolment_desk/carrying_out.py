"""The change that a request asks for, as it is carried out: what its author could not see stays as it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.changing import changed, from_then_on, nothing_changed
from terresante_directory.domain.disclosure import Disclosure, Reader
from terresante_directory.domain.facts import Fact, Subject
from terresante_directory.domain.identifiers import StructureId, TerritoryCode
from terresante_directory.domain.offers import OfferContent, OfferId
from terresante_directory.domain.requests import ChangeKind
from terresante_directory.domain.sheets import StructureContent
from terresante_directory.domain.subjects import of_offer, of_structure
from terresante_directory.domain.telecoms import Telecom
from terresante_directory.domain.typed_offers import typed_offer
from terresante_directory.domain.typed_structures import typed_structure
from terresante_directory.store import facts
from terresante_directory.wire import offers, structures
from terresante_directory.wire.contacts import telecoms_to_proto, typed_telecoms
from terresante_directory.wire.moments import starting

ASKING = Reader("professional")


@dataclass(frozen=True, slots=True)
class Author:
    """What a correspondent of that territory may know."""

    disclosure: Disclosure
    territory: TerritoryCode

    @property
    def level(self) -> int:
        """The highest level of confidentiality that they are told."""
        return self.disclosure.level(ASKING, self.territory)


async def to_do(connection: AsyncConnection, kind: ChangeKind, change: Any, by: Author, at: datetime) -> Any:
    """The call's own request. Contacts above its author's level are kept (R-ROR1): a sheet is said whole, and theirs
    never held them.
    """
    about = _said_whole(kind, change)
    if about is None:
        return change
    whole = type(change)()
    whole.CopyFrom(change)
    known = await _known(connection, about, starting(change, at))
    if known:
        contacts = _with_hidden(typed_telecoms(change.content.telecoms), _contacts(kind, known[0]), by.level)
        del whole.content.telecoms[:]
        whole.content.telecoms.extend(telecoms_to_proto(contacts))
    return whole


async def must_change_something(
    connection: AsyncConnection, kind: ChangeKind, change: Any, by: Author, at: datetime
) -> None:
    """Raises `NothingChanged` if the sheet says so already."""
    about = _said_whole(kind, change)
    known = await _known(connection, about, start := starting(change, at)) if about else []
    if not known:
        return
    whole = await to_do(connection, kind, change, by, at)
    if kind is ChangeKind.CHANGE_STRUCTURE:
        same = not changed(known, start, typed_structure(structures.typed_content(whole.content)).content())
    else:
        same = typed_offer(offers.typed_content(whole.content), at).says_as(OfferContent.of(known[0].content))
    if same:
        raise nothing_changed()


async def _known(connection: AsyncConnection, about: Subject, start: datetime) -> list[Fact]:
    """What is known of it from then on, what holds then first; nothing if it is none then."""
    known = await facts.known_of(connection, [about])
    return from_then_on(known, start) if any(fact.span.holds(start) for fact in known) else []


def _contacts(kind: ChangeKind, fact: Fact) -> tuple[Telecom, ...]:
    of = StructureContent if kind is ChangeKind.CHANGE_STRUCTURE else OfferContent
    return of.of(fact.content).telecoms


def _with_hidden(said: Sequence[Telecom], known: Sequence[Telecom], level: int) -> list[Telecom]:
    """The contacts said, and those above that level where they stood."""
    contacts = list(said)
    for place, one in enumerate(known):
        if one.confidentiality > level:
            contacts.insert(place, one)
    return contacts


def _said_whole(kind: ChangeKind, change: Any) -> Subject | None:
    """The subject of which everything is said anew."""
    if kind is ChangeKind.CHANGE_STRUCTURE:
        return of_structure(StructureId(UUID(change.structure_id)))
    if kind is ChangeKind.CHANGE_OFFER:
        return of_offer(OfferId(UUID(change.offer_id)))
    return None
