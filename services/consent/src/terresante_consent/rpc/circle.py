"""The care circle: seen, joined, left."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from uuid import UUID

from terresante.consent.v1 import consent_service_pb2 as pb
from terresante_platform.idempotency import once
from terresante_platform.ids import new_id, parsed
from terresante_platform.rpc.allow import allow

from terresante_consent import events, wire
from terresante_consent.domain import circle
from terresante_consent.domain.circle import Member, MemberId
from terresante_consent.domain.consents import Form, check_version
from terresante_consent.domain.conversations import SettingsEmpty
from terresante_consent.domain.vocabulary import Action, PersonId, ProfessionalId, StructureId
from terresante_consent.knowing import Knowing
from terresante_consent.rpc.desk import Act, Desk
from terresante_consent.store import blocks, consents

_SETTERS: Mapping[str, Action] = MappingProxyType(
    {"patient_may_write": Action.SET_PATIENT_WRITING, "newcomers_see_earlier": Action.SET_NEWCOMERS_VIEW}
)
"""By what act each setting of a circle is changed."""


class Circles:
    """RPCs on the circle."""

    _desk: Desk

    @allow("professional", "patient")
    async def GetCircle(self, request: pb.GetCircleRequest, _: Any) -> pb.GetCircleResponse:
        """With past members."""
        patient = wire.patient(request.patient_id)
        await self._desk.may(Action.READ_CIRCLE, patient)
        async with self._desk.database.reading() as connection:
            found = await consents.circle_of(connection, patient)
        return pb.GetCircleResponse(circle=wire.whole_circle(found))

    @allow("professional", "patient")
    async def InviteMember(self, request: pb.InviteMemberRequest, _: Any) -> pb.InviteMemberResponse:
        """Who the patient invites themselves is agreed to by that."""
        patient = wire.patient(request.patient_id)
        professional = wire.optional_id(request.professional_id, "professional_id")
        structure = wire.optional_id(request.structure_id, "structure_id")
        invited = await _Invited.found(self._desk.knowing, professional, structure)
        async with (
            self._desk.acting(patient) as act,
            once(act.transaction, request, pb.InviteMemberResponse) as use,
        ):
            if use.reply is not None:
                act.replayed = True
                return use.reply
            act.decide(Action.INVITE_MEMBER, about=professional or structure)
            invited.check()
            blocked = professional is not None and await blocks.blocked(act.transaction, patient, professional)
            before = await consents.circle_of(act.transaction, patient)
            member = circle.invite(
                before,
                _new_member(request, act, professional, structure),
                invited.health_professional,
                blocked,
                request.circle_version,
            )
            await consents.add_member(act.transaction, member)
            after = await consents.changed_circle(act.transaction, patient)
            await events.member_invited(act.transaction, member)
            return use.keep(pb.InviteMemberResponse(member=wire.member(member), circle=wire.whole_circle(after)))

    @allow("professional", "patient")
    async def RemoveMember(self, request: pb.RemoveMemberRequest, _: Any) -> pb.RemoveMemberResponse:
        """From the commit on, no decision rests on the membership."""
        patient, id = wire.patient(request.patient_id), parsed(request.member_id, "member_id")
        async with self._desk.acting(patient) as act:
            before = await _circle_or_none(act)
            member = next((one for one in before.members if one.id == id), None) if before else None
            own = member is not None and member.professional == act.caller and act.by_professional
            about = (member.professional or member.structure) if member else None
            act.decide(Action.REMOVE_MEMBER, own=own, about=about)
            if before is None or member is None:
                raise circle.UnknownMember("Ce membre n'existe pas dans ce cercle.", "Relisez le cercle de soins.")
            check_version(request.circle_version, before.version)
            ended = circle.remove(member, act.now)
            await consents.end_member(act.transaction, ended)
            after = await consents.changed_circle(act.transaction, patient)
            await events.member_removed(act.transaction, ended, act.caller)
            return pb.RemoveMemberResponse(member=wire.member(ended), circle=wire.whole_circle(after))

    @allow("professional", "patient")
    async def ChangeCircleSettings(
        self, request: pb.ChangeCircleSettingsRequest, _: Any
    ) -> pb.ChangeCircleSettingsResponse:
        """Each setting that is given is a decision of its own; all are changed, or none. What is so already changes
        nothing. For patients who are one person, what no circle of theirs refuses holds."""
        patient = wire.patient(request.patient_id)
        settings = wire.circle_settings(request)
        if not settings:
            raise SettingsEmpty("Aucun réglage n'a été indiqué.", "Indiquez au moins un réglage à changer.")
        async with (
            self._desk.acting(patient) as act,
            once(act.transaction, request, pb.ChangeCircleSettingsResponse) as use,
        ):
            if use.reply is not None:
                act.replayed = True
                return use.reply
            for name in settings:
                act.decide(_SETTERS[name])
            after = await consents.circle_of(act.transaction, patient)
            check_version(request.version, after.version)
            if await consents.set_circle(act.transaction, patient, settings):
                after = await consents.changed_circle(act.transaction, patient)
                await events.circle_settings_changed(act.transaction, after, act.caller, act.now)
            return use.keep(pb.ChangeCircleSettingsResponse(circle=wire.whole_circle(after)))


class _Invited:
    """What the directory says of who is invited; asked before the transaction, told after the decision."""

    def __init__(self, exists: bool, health_professional: bool) -> None:
        self._exists = exists
        self.health_professional = health_professional

    @classmethod
    async def found(cls, knowing: Knowing, professional: UUID | None, structure: UUID | None) -> "_Invited":
        if professional is not None:
            known = await knowing.professional(professional)
            return cls(known is not None, known is not None and known.health_professional)
        return cls(structure is None or await knowing.structure_exists(structure), True)

    def check(self) -> None:
        if not self._exists:
            raise circle.UnknownMember(
                "L'annuaire ne connaît pas ce membre.", "Cherchez le professionnel ou la structure dans l'annuaire."
            )


async def _circle_or_none(act: Act) -> circle.Circle | None:
    try:
        return await consents.circle_of(act.transaction, act.patient)
    except circle.UnknownCircle:
        return None


def _new_member(request: pb.InviteMemberRequest, act: Act, professional: UUID | None, structure: UUID | None) -> Member:
    in_portal = not act.by_professional
    form = Form.ELECTRONIC if in_portal else wire.FORMS.get(request.agreement_form)
    agreed = in_portal or (request.explicit_agreement and form in (Form.ORAL, Form.WRITTEN))
    return Member(
        id=MemberId(new_id()),
        patient=PersonId(act.patient),
        professional=ProfessionalId(professional) if professional else None,
        structure=StructureId(structure) if structure else None,
        since=act.now,
        invited_by=act.caller,
        explicit_agreement=agreed,
        agreement_form=form if agreed else None,
    )
