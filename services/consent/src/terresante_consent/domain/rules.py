"""Who may do what, as a table: one line per act. `decision.py` applies it; nothing else decides.

A professional who is suspended, practises nowhere, or is blocked by the patient may do none of it (R-DMP4: not even in
an emergency, not even see what they wrote: a block is the patient's strongest word). Nobody may without a strong login.

What a block does not stop is what opens no record: messages about no patient, and the acts of an identity officer, who
sees who somebody is and nothing of their health. Else whoever holds another's identity could keep anybody from setting
it right (docs/decisions/0008).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType

from terresante_consent.domain.vocabulary import Action


class Need(Enum):
    """What must hold, each for a reason of its own."""

    CONSENT = auto()
    """The patient's consent is in force (R-CON1; D1110-3-1)."""
    CIRCLE = auto()
    """Active member, in person or by the structure of the place chosen (R-CON5, R-CON6). Who is not a health
    professional must have been agreed to explicitly (L1110-4 III, R1110-3)."""
    STANDING = auto()
    """CIRCLE, or an emergency access that is open (R-DMP9); health professionals only for the latter."""
    ENTITLED = auto()
    """The matrix gives the category to the profession (arrêté of 26/10/2023); for a list, at least one category."""
    VISIBLE = auto()
    """Not hidden from the caller (MASQUE_PS, INVISIBLE_PATIENT, INVISIBLE_REPRESENTANTS_LEGAUX)."""
    HEALTH = auto()
    """A health professional in the sense of the fourth part of the CSP."""
    SEARCHER = auto()
    """A health professional, or a profession that the matrix file lets look for persons."""
    OWN = auto()
    """The caller's own (R-DMP6: only the author deletes)."""
    DELEGATED = auto()
    """The representation is one that the patient gives, not one that the law or a judge settles."""
    OFFICER = auto()
    """Identity officer (référent identitovigilance), named by an administrator (RNIV 1)."""
    MANDATE = auto()
    """One of the patient's source identities comes from a territory or structure of the officer's mandate."""
    ISSUER = auto()
    """The numbers are those of an issuer that the directory registered for the feeder."""
    PATIENT_WRITING = auto()
    """The circle lets the patient, and who manages for them, write to it."""
    TEAM = auto()
    """The caller practises in the structure whose team it is, whichever place they chose."""


class Right(Enum):
    """What a representative must hold."""

    ANY = auto()
    READ = auto()
    MANAGE = auto()
    ACT = auto()
    """Stands for the patient in everything: a parent until majority, a guardian."""


Needs = tuple[Need, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may do one act. None: nobody of that quality."""

    professional: Needs | None
    patient: Needs | None
    representative: Right | None
    own_suffices: bool = False
    """Their own remains theirs when circle, consent, matrix or hiding would refuse it (withdrawal, removal)."""
    system: Needs | None = None
    """What a feeder must meet."""
    apart: bool = False
    """An act that opens no record (on identities as such, or between professionals): no patient's block stops it, and
    no person of the patient realm does it, whoever they are."""


_MEMBERS: Needs = (Need.CONSENT, Need.CIRCLE)
_WITH_EMERGENCY: Needs = (Need.CONSENT, Need.STANDING)
_CONSULT: Needs = (*_WITH_EMERGENCY, Need.ENTITLED)
_CONSULT_ONE: Needs = (*_CONSULT, Need.VISIBLE)

RULES: Mapping[Action, Rule] = MappingProxyType(
    {
        # Before there is a patient.
        Action.SEARCH_PERSONS: Rule((Need.SEARCHER,), None, None),
        Action.CREATE_PERSON: Rule((Need.SEARCHER,), None, None),
        # Whose identities are whose, across the region.
        Action.FEED_IDENTITY: Rule(None, None, None, system=(Need.ISSUER,), apart=True),
        Action.MATCH_IDENTITY: Rule((Need.OFFICER,), None, None, system=(), apart=True),
        Action.LIST_REVIEWS: Rule((Need.OFFICER,), None, None, apart=True),
        Action.REVIEW_IDENTITY: Rule((Need.OFFICER, Need.MANDATE), None, None, apart=True),
        Action.DECIDE_IDENTITY: Rule((Need.OFFICER, Need.MANDATE), None, None, apart=True),
        # Who the patient is. "Own" is the identity that one registered.
        Action.READ_IDENTITY: Rule(_WITH_EMERGENCY, (), Right.ANY, own_suffices=True),
        Action.CHANGE_IDENTITY: Rule((*_MEMBERS, Need.SEARCHER), None, None, own_suffices=True),
        Action.ISSUE_ACTIVATION: Rule((*_MEMBERS, Need.SEARCHER), None, None, own_suffices=True),
        # The record. The matrix limits consultation only (R-DMP3); the patient does not write (R-CON4).
        Action.LIST: Rule(_CONSULT, (), Right.READ, own_suffices=True),
        Action.READ: Rule(_CONSULT_ONE, (Need.VISIBLE,), Right.READ, own_suffices=True),
        Action.BE_NOTIFIED: Rule(_CONSULT_ONE, (Need.VISIBLE,), Right.READ, own_suffices=True),
        Action.PUBLISH: Rule(_WITH_EMERGENCY, None, None),
        Action.CHANGE: Rule((Need.OWN,), None, None),
        # The consent. Representatives who only assist or help do not give it or take it back.
        Action.RECORD_CONSENT: Rule((Need.SEARCHER,), (), Right.ACT),
        Action.WITHDRAW_CONSENT: Rule(None, (), Right.ACT),
        Action.READ_CONSENTS: Rule(_MEMBERS, (), Right.ANY),
        # The circle (R-CON3). Taking access away never needs a consent in force; giving it does.
        Action.READ_CIRCLE: Rule(_MEMBERS, (), Right.ANY),
        Action.INVITE_MEMBER: Rule(_MEMBERS, (Need.CONSENT,), Right.MANAGE),
        Action.REMOVE_MEMBER: Rule((Need.OWN,), (), Right.MANAGE),
        Action.BLOCK: Rule(None, (), Right.MANAGE),
        Action.LIFT_BLOCK: Rule(None, (), Right.MANAGE),
        Action.READ_BLOCKS: Rule(None, (), Right.MANAGE),
        # Emergencies (R-DMP9).
        Action.OPEN_EMERGENCY: Rule((Need.HEALTH, Need.CONSENT, Need.ENTITLED), None, None),
        Action.CLOSE_EMERGENCY: Rule((Need.OWN,), (), Right.MANAGE),
        Action.READ_EMERGENCIES: Rule(_MEMBERS, (), Right.ANY, own_suffices=True),
        # Representatives. "Own" is one's own mandate, which one may lay down.
        Action.APPOINT_REPRESENTATIVE: Rule(_MEMBERS, (Need.DELEGATED,), None),
        Action.END_REPRESENTATION: Rule(_MEMBERS, (Need.DELEGATED,), None, own_suffices=True),
        Action.READ_REPRESENTATIVES: Rule(_MEMBERS, (), Right.ANY),
        # The journal (R1111-43): a professional sees their own acts, whatever their standing is today.
        Action.READ_JOURNAL: Rule((), (), Right.READ),
        Action.EXPORT_JOURNAL: Rule(None, (), Right.READ),
        # Conversations around a patient. Nothing is one's own: who is out of them reads no more what they wrote there.
        Action.READ_CONVERSATION: Rule(_CONSULT_ONE, (Need.VISIBLE,), Right.READ),
        Action.WRITE_CONVERSATION: Rule(_CONSULT_ONE, (Need.CONSENT, Need.VISIBLE, Need.PATIENT_WRITING), Right.MANAGE),
        Action.SET_PATIENT_WRITING: Rule(_MEMBERS, None, None),
        Action.SET_NEWCOMERS_VIEW: Rule(None, (Need.CONSENT,), Right.MANAGE),
        # Messages about no patient, and the portals that carry them.
        Action.USE_DIRECT_MESSAGES: Rule((), None, None, apart=True),
        Action.USE_TEAM_MESSAGES: Rule((Need.TEAM,), None, None, apart=True),
        Action.HEAR_AS_PORTAL: Rule(None, None, None, system=(), apart=True),
    }
)
