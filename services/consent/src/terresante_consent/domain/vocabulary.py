"""The words that questions, decisions and the journal are made of."""

from enum import StrEnum
from typing import NewType
from uuid import UUID

PersonId = NewType("PersonId", UUID)
ProfessionalId = NewType("ProfessionalId", UUID)
StructureId = NewType("StructureId", UUID)
PlaceId = NewType("PlaceId", UUID)


class Who(StrEnum):
    """In what quality somebody calls."""

    PROFESSIONAL = "professional"
    ADMINISTRATOR = "administrator"
    PATIENT = "patient"
    """Somebody of the patient realm: the patient, or a person who represents one."""
    SERVICE = "service"
    SYSTEM = "system"
    """A system that feeds identities for a structure (the directory registers it)."""


class Action(StrEnum):
    """What is to be done. The names are those of the contract's `Action`."""

    SEARCH_PERSONS = "SEARCH_PERSONS"
    CREATE_PERSON = "CREATE_PERSON"
    READ_IDENTITY = "READ_IDENTITY"
    CHANGE_IDENTITY = "CHANGE_IDENTITY"
    ISSUE_ACTIVATION = "ISSUE_ACTIVATION"
    LIST = "LIST"
    READ = "READ"
    PUBLISH = "PUBLISH"
    CHANGE = "CHANGE"
    BE_NOTIFIED = "BE_NOTIFIED"
    RECORD_CONSENT = "RECORD_CONSENT"
    WITHDRAW_CONSENT = "WITHDRAW_CONSENT"
    READ_CIRCLE = "READ_CIRCLE"
    INVITE_MEMBER = "INVITE_MEMBER"
    REMOVE_MEMBER = "REMOVE_MEMBER"
    BLOCK = "BLOCK"
    LIFT_BLOCK = "LIFT_BLOCK"
    READ_BLOCKS = "READ_BLOCKS"
    OPEN_EMERGENCY = "OPEN_EMERGENCY"
    CLOSE_EMERGENCY = "CLOSE_EMERGENCY"
    READ_EMERGENCIES = "READ_EMERGENCIES"
    APPOINT_REPRESENTATIVE = "APPOINT_REPRESENTATIVE"
    END_REPRESENTATION = "END_REPRESENTATION"
    READ_REPRESENTATIVES = "READ_REPRESENTATIVES"
    READ_CONSENTS = "READ_CONSENTS"
    READ_JOURNAL = "READ_JOURNAL"
    EXPORT_JOURNAL = "EXPORT_JOURNAL"
    FEED_IDENTITY = "FEED_IDENTITY"
    MATCH_IDENTITY = "MATCH_IDENTITY"
    LIST_REVIEWS = "LIST_REVIEWS"
    REVIEW_IDENTITY = "REVIEW_IDENTITY"
    DECIDE_IDENTITY = "DECIDE_IDENTITY"


WITHOUT_PATIENT = frozenset(
    {
        Action.SEARCH_PERSONS, Action.CREATE_PERSON,
        Action.FEED_IDENTITY, Action.MATCH_IDENTITY, Action.LIST_REVIEWS,
    }
)  # fmt: skip
"""Acts that come before there is a patient, or are about no single one."""


class Kind(StrEnum):
    """What a resource is."""

    DOCUMENT = "DOCUMENT"
    NOTE = "NOTE"
    OBSERVATION = "OBSERVATION"


class Basis(StrEnum):
    """On what an access rests."""

    MEMBER = "MEMBER"
    STRUCTURE_MEMBER = "STRUCTURE_MEMBER"
    EMERGENCY = "EMERGENCY"
    PATIENT = "PATIENT"
    REPRESENTATIVE = "REPRESENTATIVE"
    AUTHOR = "AUTHOR"
    PROFESSION = "PROFESSION"
    IDENTITY_MANDATE = "IDENTITY_MANDATE"
    FEEDER = "FEEDER"


class Reason(StrEnum):
    """Why something is refused; a machine may branch on it."""

    LOGIN_TOO_WEAK = "LOGIN_TOO_WEAK"
    ACCOUNT_SUSPENDED = "ACCOUNT_SUSPENDED"
    NO_PLACE_OF_PRACTICE = "NO_PLACE_OF_PRACTICE"
    NOT_CONCERNED = "NOT_CONCERNED"
    NOT_PERMITTED = "NOT_PERMITTED"
    OUTSIDE_MANDATE = "OUTSIDE_MANDATE"
    BLOCKED_BY_PATIENT = "BLOCKED_BY_PATIENT"
    CONSENT_NOT_IN_FORCE = "CONSENT_NOT_IN_FORCE"
    NOT_IN_CIRCLE = "NOT_IN_CIRCLE"
    AGREEMENT_MISSING = "AGREEMENT_MISSING"
    NOT_HEALTH_PROFESSIONAL = "NOT_HEALTH_PROFESSIONAL"
    PROFESSION_NOT_ENTITLED = "PROFESSION_NOT_ENTITLED"
    CATEGORY_NOT_ENTITLED = "CATEGORY_NOT_ENTITLED"
    HIDDEN = "HIDDEN"
    NOT_AUTHOR = "NOT_AUTHOR"
    LEGAL_REPRESENTATION = "LEGAL_REPRESENTATION"
    NOT_IDENTITY_OFFICER = "NOT_IDENTITY_OFFICER"
    OUTSIDE_IDENTITY_MANDATE = "OUTSIDE_IDENTITY_MANDATE"
    ISSUER_NOT_YOURS = "ISSUER_NOT_YOURS"
