"""Test authorities, made anew for each stack: one between services, one that looks like IGC-Santé for cards.

Nothing here is a real authority, and nothing here is used in production: there the operator brings
an internal CA, and the published IGC-Santé chain and CRLs.
"""

from terresante_dev.pki.cards import (
    ORGANISATION_POLICY,
    POLICY,
    Card,
    card_authority,
    issue_card,
    issue_organisation,
    issue_staff_card,
    revoke,
    subject_of,
)
from terresante_dev.pki.internal import internal_ca, service_certificate

__all__ = [
    "ORGANISATION_POLICY",
    "POLICY",
    "Card",
    "card_authority",
    "internal_ca",
    "issue_card",
    "issue_organisation",
    "issue_staff_card",
    "revoke",
    "service_certificate",
    "subject_of",
]
