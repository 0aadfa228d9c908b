"""Who may read conversations at this moment, for messaging: asked before anything of them is delivered."""

from collections.abc import Callable, Sequence
from datetime import datetime

from terresante_platform.group import Group

from terresante_consent.domain.policy import Policy
from terresante_consent.domain.reading import DIRECT, HEARING, TEAM, Conversation, Deciding, Reader
from terresante_consent.domain.vocabulary import Who
from terresante_consent.store.line import Line
from terresante_consent.store.readers import Candidates, candidates

MOST_AT_ONCE = 20
"""So many calls share one pair of queries."""


class Readers:
    """Whatever asks while queries run shares the next ones."""

    def __init__(self, line: Line, policy: Policy, now: Callable[[], datetime]) -> None:
        self._line = line
        self._policy = policy
        self._now = now
        self.group: Group[Sequence[Conversation], list[list[Reader]]] = Group(self._of_all, MOST_AT_ONCE)

    async def of(self, conversations: Sequence[Conversation]) -> list[list[Reader]]:
        """One list a conversation, as committed when the queries start. Refuses with DATABASE_UNAVAILABLE."""
        return await self.group.keep(conversations)

    async def _of_all(self, asked: Sequence[Sequence[Conversation]]) -> list[list[list[Reader]]]:
        once = dict.fromkeys(one for some in asked for one in some)
        patients = list(dict.fromkeys(one.patient for one in once if one.patient is not None))
        structures = list(dict.fromkeys(one.structure for one in once if one.structure is not None))
        parties = list(dict.fromkeys(id for one in once for id in one.parties))
        at = self._now()
        found = await self._line.run(lambda driver: candidates(driver, patients, structures, parties, at))
        deciding = Deciding(self._policy)
        read_by = {one: _readers(one, found, deciding) for one in once}
        return [[read_by[one] for one in some] for some in asked]


def _readers(one: Conversation, found: Candidates, deciding: Deciding) -> list[Reader]:
    if one.patient is not None:
        around = deciding.around(found.around.get(one.patient, ()), one.patient in found.seeing_earlier)
        return around + deciding.of_patient(one.patient, found.representing.get(one.patient, {}))
    if one.structure is not None:
        return deciding.apart(TEAM, found.teams.get(one.structure, ()))
    known = [(id, found.parties[id]) for id in dict.fromkeys(one.parties) if id in found.parties]
    professionals = [(id, facts) for id, facts in known if facts.who is Who.PROFESSIONAL]
    portals = [(id, facts) for id, facts in known if facts.who is Who.SYSTEM]
    return deciding.apart(DIRECT, professionals) + deciding.apart(HEARING, portals)
