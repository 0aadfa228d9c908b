"""A second statement of who may read which record when patients are joined and parted, written apart from the first: it
keeps what happened, walks the mergers upwards, and knows no SQL and no group that is written down."""

from dataclasses import dataclass, field
from uuid import UUID


@dataclass
class Join:
    """One absorbed by another."""

    absorbed: UUID
    surviving: UUID
    settled_by: UUID | None = None


@dataclass
class Model:
    """What every patient did so far."""

    consents: dict[UUID, bool] = field(default_factory=dict)
    """Of who ever had one: whether the last one is in force."""
    members: set[tuple[UUID, UUID]] = field(default_factory=set)
    blocks: set[tuple[UUID, UUID]] = field(default_factory=set)
    joins: dict[UUID, Join] = field(default_factory=dict)
    """By act, as long as they last."""

    def over(self, patient: UUID) -> Join | None:
        """The join that absorbed that patient."""
        return next((join for join in self.joins.values() if join.absorbed == patient), None)

    def top(self, patient: UUID) -> UUID:
        """Who survives of that patient's group."""
        join = self.over(patient)
        return self.top(join.surviving) if join else patient

    def below(self, patient: UUID) -> set[UUID]:
        """The patient and all who were absorbed by them."""
        under = {join.absorbed for join in self.joins.values() if join.surviving == patient}
        return {patient}.union(*(self.below(one) for one in under))

    def spokesman(self, patient: UUID) -> UUID:
        """Whose consent the patient's record goes by."""
        join = self.over(patient)
        return self.spokesman(join.surviving) if join and join.settled_by else patient

    def shared(self, patient: UUID) -> bool:
        """Whether the patient's record is open to their circle."""
        heard = {self.spokesman(one) for one in self.below(self.top(patient))}
        refused = any(self.consents.get(one) is False for one in heard)
        return self.consents.get(self.spokesman(patient)) is True and not refused

    def blocked(self, patient: UUID, professional: UUID) -> bool:
        return any((one, professional) in self.blocks for one in self.below(self.top(patient)))

    def reads(self, patient: UUID, professional: UUID) -> bool:
        standing = (patient, professional) in self.members and not self.blocked(patient, professional)
        return standing and self.shared(patient)

    def record(self, patient: UUID, professional: UUID) -> str:
        """A consent, recorded by that professional. Gives why not, if not."""
        unsettled = any(self.over(one).settled_by is None for one in self.below(patient) - {patient})  # type: ignore[union-attr]
        if self.blocked(patient, professional):
            return "CONSENT_BLOCKED"
        if self.top(patient) != patient:
            return "PATIENT_MERGED"
        if self.consents.get(patient) and not unsettled:
            return "CONSENT_ALREADY_IN_FORCE"
        if patient not in self.consents:
            self.members.add((patient, professional))
        self.consents[patient] = True
        for join in self.joins.values():
            if join.absorbed in self.below(patient) and join.settled_by is None:
                join.settled_by = patient
        return ""

    def withdraw(self, patient: UUID) -> str:
        """By the patient, of the last consent under that id."""
        join = self.over(patient)
        taken_back = join is not None and join.settled_by is not None
        if not self.consents[patient] and not taken_back:
            return "CONSENT_ALREADY_WITHDRAWN"
        if join:
            join.settled_by = None
        self.consents[patient] = False
        return ""

    def separate(self, act: UUID) -> None:
        """What was settled by somebody who is no longer above is settled no more."""
        parted = self.below(self.joins.pop(act).absorbed)
        for join in self.joins.values():
            if join.absorbed in parted and join.settled_by not in parted:
                join.settled_by = None
