"""A consent recorded or withdrawn while its patient is one person with another: what it means for the others."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace
from uuid import UUID

from terresante_consent.domain import joined
from terresante_consent.domain.consents import Consent
from terresante_consent.domain.joined import Merger
from terresante_consent.domain.vocabulary import PersonId
from terresante_consent.rpc.desk import Act
from terresante_consent.store import joined as kept


@dataclass(slots=True)
class Together:
    """The patient's group, held until the end of the act; nobody but the patient for nearly everybody."""

    act: Act
    mergers: list[Merger]
    everyone: tuple[UUID, ...]
    """The patient, and who is the same person."""
    stood: frozenset[UUID]
    """Of them, whose record may be shared as things stand."""

    @classmethod
    async def of(cls, act: Act) -> "Together":
        """As it is now."""
        made = cls(act, await kept.held(act.transaction, act.patient), (act.patient,), frozenset())
        if made.mergers:
            made.everyone = joined.groups(made.mergers)[act.patient].everyone
            made.stood = await made._standing()
        return made

    @property
    def undecided(self) -> bool:
        """Whether a consent recorded now for the patient would settle something."""
        return bool(joined.decided(self.mergers, self.act.patient, self.act.now))

    async def settle(self) -> None:
        """A consent was recorded for the patient, who survives: it counts for all."""
        await self._changed(joined.decided(self.mergers, self.act.patient, self.act.now))

    async def take_back(self) -> bool:
        """The patient, who was absorbed, withdraws: what was decided for them is decided no longer. Gives whether
        anything was."""
        changed = joined.taken_back(self.mergers, self.act.patient)
        await self._changed(changed)
        return bool(changed)

    async def tell_others(self, tell: Callable[[Consent], Awaitable[None]], consent: Consent, stands: bool) -> None:
        """Announces it for each of the others whose record may, or may not, be shared from now on by that act."""
        if self.mergers:
            now = await self._standing()
            turned = now - self.stood if stands else self.stood - now
            for id in sorted(turned - {self.act.patient}):
                await tell(replace(consent, patient=PersonId(id)))

    async def _standing(self) -> frozenset[UUID]:
        groups = joined.groups(self.mergers)
        in_force = await kept.consents_in_force(self.act.transaction, self.everyone, self.act.now)
        return frozenset(id for id in self.everyone if joined.consent_stands(groups[id], in_force))

    async def _changed(self, changed: Collection[Merger]) -> None:
        if changed:
            acts = {one.act for one in changed}
            self.mergers = [*(one for one in self.mergers if one.act not in acts), *changed]
            await kept.keep(self.act.transaction, list(changed))
            await kept.follow(self.act.transaction, [self.act.patient])
