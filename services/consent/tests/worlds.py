"""Who asks the access rule for what: professionals, patients, systems, and worlds drawn at random."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import terresante_consent
from hypothesis import strategies as st
from terresante_consent.domain.decision import decide
from terresante_consent.domain.facts import FLAGS, Facts, Question
from terresante_consent.domain.policy import parse
from terresante_consent.domain.vocabulary import Action, Kind, Who

POLICY = parse((Path(terresante_consent.__file__).parent / "data" / "entitlements.json").read_text("utf-8"))
PHYSICIAN, NURSE, SOCIAL_WORKER, UNLISTED = "10", "60", "NPS-ASS", "NPS-OST"
LETTER = Question(Action.READ, Kind.DOCUMENT, "letter")
DOCUMENTS = Question(Action.LIST, Kind.DOCUMENT)
physician = Facts(
    Who.PROFESSIONAL, PHYSICIAN, strong_login=True, account_open=True, practises=True, health_professional=True
)
member = physician._replace(consent_in_force=True, member=True)
social_worker = member._replace(profession=SOCIAL_WORKER, health_professional=False, member_agreed=True)
patient = Facts(Who.PATIENT, strong_login=True, is_patient=True)
mother = Facts(Who.PATIENT, strong_login=True, acts=True)
curator = Facts(Who.PATIENT, strong_login=True, may_read=True)


def but(facts: Facts, changes: Mapping[str, Any]) -> Facts:
    return facts._replace(**changes)


def allowed(question: Question, facts: Facts) -> bool:
    return decide(question, facts, POLICY).allowed


def refusals(question: Question, facts: Facts) -> list[str]:
    return [str(reason) for reason in decide(question, facts, POLICY).reasons]


officer = physician._replace(identity_officer=True, within_mandate=True)
feeder = Facts(Who.SYSTEM, strong_login=True, account_open=True, feeder=True, holds_issuer=True)
categories = st.sampled_from(["", "unheard-of", *POLICY.kinds])
questions = st.builds(Question, st.sampled_from(Action), st.none() | st.sampled_from(Kind), categories)
worlds = st.builds(
    Facts,
    st.sampled_from(Who),
    st.sampled_from(["", "unheard-of", *POLICY.reads, UNLISTED]),
    **dict.fromkeys(FLAGS, st.booleans()),
)
