"""A refused decision as the refusal that people get: the decisive reason, or the name that the contract gives it."""

from collections.abc import Mapping
from types import MappingProxyType
from uuid import UUID

from terresante_platform.refusals import Denied

from terresante_consent.domain.decision import Decision
from terresante_consent.domain.sentences import WHY_NOT, todo
from terresante_consent.domain.vocabulary import Action, Reason

_NOT_THEIRS = (Reason.NOT_CONCERNED, Reason.NOT_PERMITTED, Reason.OUTSIDE_MANDATE)
_NAMED: Mapping[tuple[Action, Reason], str] = MappingProxyType(
    {
        (Action.RECORD_CONSENT, Reason.BLOCKED_BY_PATIENT): "CONSENT_BLOCKED",
        (Action.OPEN_EMERGENCY, Reason.NOT_HEALTH_PROFESSIONAL): "EMERGENCY_NOT_ENTITLED",
        (Action.OPEN_EMERGENCY, Reason.PROFESSION_NOT_ENTITLED): "EMERGENCY_NOT_ENTITLED",
        **{(Action.WITHDRAW_CONSENT, reason): "CONSENT_NOT_YOURS" for reason in _NOT_THEIRS},
    }
)


def refusal(action: Action, decision: Decision, entry: UUID) -> Denied:
    """What to raise. `entry`: its line in the journal, which the caller may ask to be explained."""
    decisive = decision.reasons[0]
    why = WHY_NOT[decisive][0]
    denied = Denied(f"Refusé : {why}.", todo(decision.reasons), entry_id=str(entry))
    denied.reason = _NAMED.get((action, decisive), decisive.value)  # type: ignore[misc]  # of this instance only
    denied.args = (denied.reason,)
    return denied
