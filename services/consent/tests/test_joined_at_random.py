"""Random lives of five patients who are joined and parted, against a plain model: after each act, who reads whose
record, and which acts are refused."""

import random
from typing import Any
from uuid import UUID

import pytest
from terresante.consent.v1 import consent_service_pb2 as pb
from terresante.consent.v1 import decision_service_pb2 as decisions_pb
from terresante_platform.ids import new_id
from terresante_platform.refusals import Refusal

from .house import House, consent_of
from .linking import Linking
from .plain_model import Join, Model

ACTS = (
    "record",
    "record",
    "record",
    "withdraw",
    "withdraw",
    "block",
    "lift",
    "invite",
    "remove",
    "merge",
    "merge",
    "part",
)
STEPS = 60


class Life:
    """One random life, lived by the service and by the model."""

    def __init__(self, house: House, linking: Linking, seed: int) -> None:
        self.house, self.linking, self.model = house, linking, Model()
        self.dice = random.Random(seed)  # noqa: S311  # no secret
        self.patients = [house.identity.person() for _ in range(5)]
        self.doctors = [house.directory.professional() for _ in range(3)]
        self.happened: list[str] = []

    async def step(self) -> None:
        """One act by somebody, and what it does."""
        name = self.dice.choice(ACTS)
        self.house.clock.passes(seconds=1)
        patient, doctor = self.dice.choice(self.patients), self.dice.choice(self.doctors)
        who = f"{self.patients.index(patient)} {self.doctors.index(doctor)}"
        self.happened.append(f"{name} {who}: {await getattr(self, '_' + name)(patient, doctor)}")

    async def agrees(self) -> None:
        """Every doctor reads exactly what the model says."""
        for doctor in self.doctors:
            self.house.professional(doctor)
            questions = [
                decisions_pb.Question(
                    patient_id=str(patient),
                    action=decisions_pb.ACTION_READ,
                    resource_kind=decisions_pb.RESOURCE_KIND_DOCUMENT,
                    category="letter",
                )
                for patient in self.patients
            ]
            reply = await self.house.decisions.DecideMany(decisions_pb.DecideManyRequest(questions=questions))
            found = [one.allowed for one in reply.decisions]
            assert found == [self.model.reads(patient, doctor) for patient in self.patients], self.happened

    async def _tried(self, call: Any) -> str:
        try:
            await call
        except Refusal as refused:
            return refused.reason
        return ""

    async def _record(self, patient: UUID, doctor: UUID) -> str:
        self.house.professional(doctor)
        request = consent_of(patient, self.house.clock())
        found = await self._tried(self.house.consents.RecordConsent(request))
        assert found == self.model.record(patient, doctor), self.happened
        return found

    async def _withdraw(self, patient: UUID, _: UUID) -> str:
        if patient not in self.model.consents:
            return "never consented"
        self.house.person(patient)
        listed = await self.house.consents.ListConsents(pb.ListConsentsRequest(patient_id=str(patient)))
        end = pb.WithdrawConsentRequest(patient_id=str(patient), consent_id=listed.consents[0].consent_id)
        found = await self._tried(self.house.consents.WithdrawConsent(end))
        assert found == self.model.withdraw(patient), self.happened
        return found

    async def _block(self, patient: UUID, doctor: UUID) -> str:
        self.house.person(patient)
        block = pb.BlockProfessionalRequest(patient_id=str(patient), professional_id=str(doctor))
        found = await self._tried(self.house.consents.BlockProfessional(block))
        assert found == ("BLOCK_ALREADY" if (patient, doctor) in self.model.blocks else ""), self.happened
        self.model.blocks.add((patient, doctor))
        return found

    async def _lift(self, patient: UUID, _: UUID) -> str:
        self.house.person(patient)
        listed = await self.house.consents.ListBlocks(pb.ListBlocksRequest(patient_id=str(patient)))
        for block in listed.blocks:
            lift = pb.LiftBlockRequest(patient_id=str(patient), block_id=block.block_id)
            await self.house.consents.LiftBlock(lift)
            self.model.blocks.remove((patient, UUID(block.professional_id)))
        return str(len(listed.blocks))

    async def _invite(self, patient: UUID, doctor: UUID) -> str:
        self.house.person(patient)
        found = await self._tried(self.house.invites(patient, doctor))
        assert found == self._against_invitation(patient, doctor), self.happened
        if not found:
            self.model.members.add((patient, doctor))
        return found

    def _against_invitation(self, patient: UUID, doctor: UUID) -> str:
        if not self.model.shared(patient):
            return "CONSENT_NOT_IN_FORCE"
        if patient not in self.model.consents:
            return "CIRCLE_UNKNOWN"
        if self.model.blocked(patient, doctor):
            return "MEMBER_BLOCKED"
        return "MEMBER_ALREADY" if (patient, doctor) in self.model.members else ""

    async def _remove(self, patient: UUID, doctor: UUID) -> str:
        if (patient, doctor) not in self.model.members:
            return "no member"
        self.house.person(patient)
        circle = (await self.house.consents.GetCircle(pb.GetCircleRequest(patient_id=str(patient)))).circle
        lasting = [one for one in circle.members if one.professional_id == str(doctor) and not one.HasField("until")]
        remove = pb.RemoveMemberRequest(patient_id=str(patient), member_id=lasting[0].member_id)
        await self.house.consents.RemoveMember(remove)
        self.model.members.remove((patient, doctor))
        return ""

    async def _merge(self, patient: UUID, _: UUID) -> str:
        tops = sorted({self.model.top(one) for one in self.patients} - {self.model.top(patient)})
        if not tops:
            return "all are one"
        absorbed, surviving = self.model.top(patient), self.dice.choice(tops)
        act = new_id()
        undone_before = self.dice.random() < 0.2
        if undone_before:
            await self.linking.separates(act, absorbed, surviving)
        await self.linking.merges(absorbed, surviving, act)
        if not undone_before:
            self.model.joins[act] = Join(absorbed, surviving)
        return f"{self.patients.index(absorbed)} into {self.patients.index(surviving)} {undone_before}"

    async def _part(self, _: UUID, __: UUID) -> str:
        if not self.model.joins:
            return "nobody is joined"
        act = self.dice.choice(sorted(self.model.joins))
        join = self.model.joins[act]
        for _again in range(self.dice.choice((1, 2))):
            await self.linking.separates(act, join.absorbed, self.model.top(join.absorbed))
        self.model.separate(act)
        return f"{self.patients.index(join.absorbed)} from {self.patients.index(join.surviving)}"


@pytest.mark.parametrize("seed", range(10))
async def test_who_reads_whose_record_is_what_a_plain_model_says(house: House, linking: Linking, seed: int) -> None:
    life = Life(house, linking, seed)
    for _ in range(STEPS):
        await life.step()
        await life.agrees()

    acts = {line.split()[0] for line in life.happened}
    assert acts == set(ACTS), "every kind of act was met"
