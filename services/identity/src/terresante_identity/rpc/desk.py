"""What the methods about source identities have in common: what they work with, and who is concerned by an act."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform import calls
from terresante_platform.database import Database

from terresante_identity.domain import search_budget
from terresante_identity.domain.births import Gazetteer
from terresante_identity.domain.evidence import Asked, Candidates
from terresante_identity.domain.identity import Person, PersonId, ProfessionalId
from terresante_identity.matcher import Matcher
from terresante_identity.rpc.access import Access, Concerned, concerned_by
from terresante_identity.settings import Settings
from terresante_identity.store import acts, budgets, persons, sources
from terresante_identity.store.direct import Reads, under

PARIS = ZoneInfo("Europe/Paris")


@dataclass(frozen=True, slots=True)
class Desk:
    """What each use case needs."""

    database: Database
    access: Access
    matcher: Matcher
    places: Gazetteer
    settings: Settings
    now: Callable[[], datetime]
    reads: Reads | None = None
    """Connections for look-ups alone; without any `database` serves them too."""

    def today(self) -> date:
        """The day in Paris."""
        return self.now().astimezone(PARIS).date()

    async def spend_searches(self, times: int = 1) -> None:
        """Searches count when they are asked, whatever becomes of them. Refuses with SEARCH_RATE_LIMITED."""
        professional, at, allowance = ProfessionalId(calls.person().id), self.now(), self.settings.allowance
        async with self.database.transaction() as transaction:
            budget = await budgets.get_for_update(transaction, professional, search_budget.full(allowance, at))
            for _ in range(times):
                budget = search_budget.spend(budget, allowance, at)
            await budgets.save(transaction, professional, budget)

    async def known(self, asked: Sequence[Asked]) -> list[tuple[Candidates, dict[UUID, Person]]]:
        """Who each of those asked for may be, and everybody who is in an answer."""
        if self.reads is not None:
            return await self.matcher.known(self.reads, asked)
        async with self.database.reading() as connection:
            return await self.matcher.known(await under(connection), asked)

    async def concerned(self, ids: Collection[PersonId]) -> list[Concerned]:
        """Persons with where their source identities come from, or came from if none is left. Refuses with
        PERSON_UNKNOWN.
        """
        async with self.database.reading() as connection:
            known = await persons.get_many(connection, ids)
            if not known.keys() >= set(ids):
                raise persons.unknown_person()
            return [await _concerned(connection, id) for id in dict.fromkeys(ids)]


def caller() -> UUID:
    """Opaque id of the professional or feeder whose call it is."""
    return calls.person().id


def is_feeder() -> bool:
    """Whether the caller is a system that feeds identities."""
    return calls.person().kind == "system"


async def _concerned(connection: AsyncConnection, id: PersonId) -> Concerned:
    linked = await sources.of_person(connection, id)
    if not linked:
        ever = await acts.ever_linked(connection, id)
        linked = list((await sources.by_ids(connection, ever)).values())
    return concerned_by(id, linked)
