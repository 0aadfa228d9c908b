"""Protobuf <-> domain: our own contracts. What others say: `others.py`."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from google.protobuf.timestamp_pb2 import Timestamp
from terresante.consent.v1 import consent_service_pb2 as consents_pb
from terresante.consent.v1 import decision_service_pb2 as decisions_pb
from terresante.consent.v1 import journal_service_pb2 as journal_pb
from terresante_platform.ids import parsed
from terresante_platform.refusals import Invalid

from terresante_consent.domain import blocks, circle, consents, emergency, representation
from terresante_consent.domain.decision import Decision, Scope
from terresante_consent.domain.giver import Giver
from terresante_consent.domain.professionals import PlaceUnknown
from terresante_consent.domain.sentences import sentence, todo
from terresante_consent.domain.telling import Told
from terresante_consent.domain.vocabulary import Action, Basis, Kind, PersonId, PlaceId
from terresante_consent.journal.leaf import Entry


class QuestionInvalid(Invalid):
    """A question that cannot be decided as it is."""

    reason = "QUESTION_INVALID"


class CursorInvalid(Invalid):
    """Not a cursor that we gave."""

    reason = "CURSOR_INVALID"


class MomentInvalid(Invalid):
    """A date that is missing or no date."""

    reason = "DATE_INVALID"


def _by_number(enum: Any, words: Any, prefix: str) -> dict[int, Any]:
    return {number: words[name.removeprefix(prefix)] for name, number in enum.items() if number}


ACTIONS: Mapping[int, Action] = _by_number(decisions_pb.Action, Action, "ACTION_")
KINDS: Mapping[int, Kind] = _by_number(decisions_pb.ResourceKind, Kind, "RESOURCE_KIND_")
BASES: Mapping[int, Basis] = _by_number(decisions_pb.Basis, Basis, "BASIS_")
FORMS: Mapping[int, consents.Form] = _by_number(consents_pb.ConsentForm, consents.Form, "CONSENT_FORM_")
RIGHTS: Mapping[int, representation.Right] = _by_number(
    consents_pb.RepresentationKind, representation.Right, "REPRESENTATION_KIND_"
)
_ACTION_NUMBERS: Mapping[Action, Any] = {word: number for number, word in ACTIONS.items()}
_KIND_NUMBERS: Mapping[Kind | None, Any] = {None: 0, **{word: number for number, word in KINDS.items()}}
_BASIS_NUMBERS: Mapping[Basis | None, Any] = {None: 0, **{word: number for number, word in BASES.items()}}
_FORM_NUMBERS: Mapping[consents.Form | None, Any] = {None: 0, **{word: number for number, word in FORMS.items()}}
_RIGHT_NUMBERS: Mapping[representation.Right, Any] = {word: number for number, word in RIGHTS.items()}


def patient(text: str) -> PersonId:
    """The patient named. Refuses with ID_INVALID."""
    return PersonId(parsed(text, "patient_id"))


def chosen_place(text: str) -> PlaceId | None:
    """The place that travels with the call; None if none was chosen. Refuses with PLACE_UNKNOWN what is no id."""
    if not text:
        return None
    try:
        return PlaceId(UUID(text))
    except ValueError:
        raise PlaceUnknown(
            "Le lieu d'exercice choisi n'existe pas.", "Choisissez l'un de vos lieux d'exercice."
        ) from None


def optional_id(text: str, field: str) -> UUID | None:
    """The id written there; None if blank. Refuses with ID_INVALID."""
    return parsed(text, field) if text else None


def giver(request: consents_pb.RecordConsentRequest) -> Giver:
    """Who is said to give a consent, and in what right. Refuses with REPRESENTATIVE_KIND_MISSING what is no right."""
    named = optional_id(request.given_by, "given_by")
    right = RIGHTS.get(request.given_as)
    if right is None and request.given_as:
        raise representation.KindMissing("Ce titre de représentant n'existe pas.", "Corrigez-le.", field="given_as")
    return Giver(PersonId(named) if named else None, right, moment(request, "represents_until"))


def circle_settings(request: consents_pb.ChangeCircleSettingsRequest) -> dict[str, bool]:
    """The settings that are given, by name."""
    given = {}
    if request.HasField("patient_may_write"):
        given["patient_may_write"] = request.patient_may_write
    if request.HasField("newcomers_see_earlier"):
        given["newcomers_see_earlier"] = request.newcomers_see_earlier
    return given


def moment(message: Any, field: str) -> datetime | None:
    """The moment in that field; None if unset. Refuses with DATE_INVALID what is out of the calendar."""
    if not message.HasField(field):
        return None
    try:
        at: datetime = getattr(message, field).ToDatetime(UTC)
    except (ValueError, OverflowError):
        raise MomentInvalid("Cette date n'existe pas.", "Indiquez une date valable.", field=field) from None
    return at


def stamp(at: datetime | None) -> Timestamp | None:
    """A moment as it travels."""
    if at is None:
        return None
    made = Timestamp()
    made.FromDatetime(at)
    return made


def decision(made: Decision, action: Action, entry: UUID | str) -> decisions_pb.Decision:
    """A decision as it travels."""
    return decisions_pb.Decision(
        allowed=made.allowed,
        reasons=[reason.value for reason in made.reasons],
        sentence=sentence(action, made.basis, made.reasons),
        todo=todo(made.reasons),
        basis=_BASIS_NUMBERS[made.basis],
        scope=_scope(made.scope),
        entry_id=str(entry),
        policy_version=made.policy_version,
    )


def _scope(scope: Scope | None) -> decisions_pb.Scope | None:
    if scope is None:
        return None
    return decisions_pb.Scope(
        categories=scope.categories,
        all_categories=scope.all_categories,
        own_only=scope.own_only,
        sees_hidden_from_professionals=scope.sees_hidden_from_professionals,
        sees_hidden_from_patient=scope.sees_hidden_from_patient,
        sees_hidden_from_representatives=scope.sees_hidden_from_representatives,
        structure_ids=[str(id) for id in scope.structures],
        territory_codes=scope.territories,
        issuers=scope.issuers,
        feeding_policy=scope.feeding_policy,
        visible_from=stamp(scope.visible_from),
        may_write=scope.may_write,
    )


def kept_decision(entry: Entry, told: Told) -> decisions_pb.GetDecisionResponse:
    """A past decision with what it was made of, as far as it is told."""
    return decisions_pb.GetDecisionResponse(
        decision=decisions_pb.Decision(
            allowed=entry.allowed,
            reasons=[reason.value for reason in told.reasons],
            sentence=sentence(entry.question.action, entry.basis, told.reasons),
            todo=todo(told.reasons),
            basis=_BASIS_NUMBERS[entry.basis],
            entry_id=str(entry.id),
            policy_version=entry.policy_version,
        ),
        at=stamp(entry.at),
        facts=told.facts,
        would_flip={name: str(value).lower() for name, value in told.would_flip.items()},
        action=_ACTION_NUMBERS[entry.question.action],
    )


def entry(line: Entry, withheld: bool) -> journal_pb.Entry:
    """A line of the journal. `withheld`: what it was about is hidden from the reader, who learns that it took place."""
    return journal_pb.Entry(
        entry_id=str(line.id),
        at=stamp(line.at),
        patient_id=str(line.patient or ""),
        actor_kind=line.actor_kind.value,
        actor_id=str(line.actor),
        profession=line.facts.profession,
        place_id=line.place,
        structure_id=line.structure,
        action=_ACTION_NUMBERS[line.question.action],
        resource_kind=_KIND_NUMBERS[None if withheld else line.question.kind],
        resource_id="" if withheld else line.resource,
        category="" if withheld else line.question.category,
        allowed=line.allowed,
        reasons=[reason.value for reason in line.reasons],
        basis=_BASIS_NUMBERS[line.basis],
        sentence=sentence(line.question.action, line.basis, line.reasons),
        policy_version=line.policy_version,
        patient_sequence=line.patient_sequence,
        about_id=line.about,
    )


def consent(made: consents.Consent) -> consents_pb.Consent:
    """A consent as it travels."""
    return consents_pb.Consent(
        consent_id=str(made.id),
        patient_id=str(made.patient),
        form=_FORM_NUMBERS[made.form],
        given_at=stamp(made.given_at),
        withdrawn_at=stamp(made.withdrawn_at),
        given_by=str(made.given_by),
        recorded_by=str(made.recorded_by or ""),
        notice_version=made.notice_version,
        information_given=made.information_given,
        version=made.version,
    )


def member(made: circle.Member) -> consents_pb.Member:
    """A membership as it travels."""
    return consents_pb.Member(
        member_id=str(made.id),
        professional_id=str(made.professional or ""),
        structure_id=str(made.structure or ""),
        since=stamp(made.since),
        until=stamp(made.until),
        invited_by=str(made.invited_by),
        explicit_agreement=made.explicit_agreement,
        agreement_form=_FORM_NUMBERS[made.agreement_form],
    )


def whole_circle(made: circle.Circle) -> consents_pb.Circle:
    """A circle as it travels."""
    return consents_pb.Circle(
        patient_id=str(made.patient),
        members=[member(one) for one in made.members],
        consent_in_force=made.consent_in_force,
        version=made.version,
        patient_may_write=made.patient_may_write,
        newcomers_see_earlier=made.newcomers_see_earlier,
    )


def block(made: blocks.Block) -> consents_pb.Block:
    """A block as it travels."""
    return consents_pb.Block(
        block_id=str(made.id),
        professional_id=str(made.professional),
        since=stamp(made.since),
        until=stamp(made.until),
    )


def emergency_access(made: emergency.EmergencyAccess) -> consents_pb.EmergencyAccess:
    """An emergency access as it travels."""
    return consents_pb.EmergencyAccess(
        emergency_access_id=str(made.id),
        patient_id=str(made.patient),
        professional_id=str(made.professional),
        place_id=str(made.place),
        reason=made.reason,
        opened_at=stamp(made.opened_at),
        ends_at=stamp(made.ends_at),
        closed_at=stamp(made.closed_at),
    )


def representing(made: representation.Representation) -> consents_pb.Representation:
    """A representation as it travels."""
    return consents_pb.Representation(
        representation_id=str(made.id),
        patient_id=str(made.patient),
        representative_id=str(made.representative),
        kind=_RIGHT_NUMBERS[made.right],
        since=stamp(made.since),
        until=stamp(made.until),
        may_read=made.may_read,
        may_manage=made.may_manage,
    )
