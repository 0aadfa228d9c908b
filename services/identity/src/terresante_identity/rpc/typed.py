"""What people type on the platform is a source identity too, the platform's own of each person: kept version by
version.
"""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform.ids import new_id

from terresante_identity.domain import arrival
from terresante_identity.domain.asking import kept_of
from terresante_identity.domain.evidence import Candidate
from terresante_identity.domain.identity import PLATFORM_ISSUER, Person, PersonId
from terresante_identity.domain.linkage import ActId, ActKind, LinkageAct, Move
from terresante_identity.domain.sources import Claim, Source, SourceId, Version, received_of
from terresante_identity.domain.status import Flag
from terresante_identity.domain.survivorship import View
from terresante_identity.matcher import Matcher
from terresante_identity.rpc.access import Standpoint
from terresante_identity.rpc.performing import Held, find_by, perform, show
from terresante_identity.rpc.proposing import propose_again, propose_among
from terresante_identity.store import sources
from terresante_identity.store.persons import Act

NOWHERE = Standpoint(None, "", "")


async def register_typed(
    transaction: AsyncConnection, matcher: Matcher, person: PersonId, view: View, standpoint: Standpoint, why: Act
) -> Person:
    """A new person with what was typed as the only source."""
    held = Held({}, {})
    await _arrive(transaction, matcher, held, person, view, standpoint, why, ActKind.REGISTERED)
    return held.persons[person]


async def keep_typed(
    transaction: AsyncConnection,
    matcher: Matcher,
    held: Held,
    changed: Person,
    why: Act,
    flags: frozenset[Flag] | None = None,
) -> Person:
    """A professional's change of a person, as the next version of the platform's own source, made on first need.

    `flags`: those that the professional set; None leaves the source's own. Gives the person as shown after it.
    """
    members = held.members[changed.id]
    own = next((one for one in members if one.own), None)
    kept = flags if flags is not None else own.version.claim.standing.flags if own else frozenset()
    view = View(changed.traits, replace(changed.standing, flags=kept), changed.ins)
    if own is None:
        source = await _arrive(transaction, matcher, held, changed.id, view, NOWHERE, why, ActKind.LINKED)
        await propose_among(transaction, matcher, [source], why.at)
        return held.persons[changed.id]
    newer = replace(own, version=_version(own.version.number + 1, view, why))
    await sources.append(transaction, newer)
    await find_by(transaction, matcher, newer)
    held.members[changed.id] = [newer if one.id == own.id else one for one in members]
    shown = await show(transaction, held, changed.id, why)
    found: Sequence[Candidate] = ()
    if arrival.traits_changed(own.version.claim, newer.version.claim):
        [answer] = await matcher.candidates(transaction, [kept_of(newer).asked])
        found = answer.found
    await propose_again(transaction, newer, own.version.claim, found, why.at)
    return shown


async def _arrive(
    transaction: AsyncConnection,
    matcher: Matcher,
    held: Held,
    person: PersonId,
    view: View,
    standpoint: Standpoint,
    why: Act,
    kind: ActKind,
) -> Source:
    source = Source(
        id=SourceId(new_id()),
        issuer=PLATFORM_ISSUER,
        local_id=await _free_number(transaction, person),
        person=person,
        structure=standpoint.structure,
        territory=standpoint.territory,
        fed_by=why.by,
        registered_at=why.at,
        version=_version(1, view, why),
    )
    act = LinkageAct(ActId(new_id()), kind, why.at, why.by, (Move(source.id, None, person),))
    await perform(transaction, matcher, held, act, source, why)
    return source


async def _free_number(transaction: AsyncConnection, person: PersonId) -> str:
    """The person's id; with a number behind it when the source of that name went to another person."""
    text, times = str(person), 0
    while await sources.by_number(transaction, PLATFORM_ISSUER, text) is not None:
        times += 1
        text = f"{person}/{times}"
    return text


def _version(number: int, view: View, why: Act) -> Version:
    claim = Claim(received_of(view.traits, view.standing, view.ins), view.traits, view.standing, view.ins)
    return Version(number, claim, why.at, why.at, why.by)
