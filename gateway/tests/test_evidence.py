"""Why two identities may be one, as an identity officer reads it."""

import pytest
from terresante.identity.v1 import linkage_service_pb2 as linkage
from terresante_gateway.evidence import WORDS, Evidence, reason_text, remarks

from .linkage_calls import EVIDENCE


def test_each_reason_is_a_french_sentence_beside_its_code_and_weight() -> None:
    shown = Evidence.of(EVIDENCE)

    assert [(one.of, one.level, one.weight, one.text) for one in shown.reasons] == [
        ("registry", "1200000", -14.0, "Identités connues, avant toute comparaison : 1\u202f200\u202f000"),
        ("birth_name", "ONE_EDIT", 4.25, "Nom de naissance : une lettre de différence"),
        ("birth_date", "EQUAL", 9.0, "Date de naissance : identique"),
        ("rivals", "OTHERS", -0.5, "Autres candidats : d’autres personnes ressemblent aussi à celle-ci"),
    ]
    assert [one.code for one in shown.vetoes] == ["TWINS", "RIVAL"]
    assert shown.vetoes[1].label == "Une autre personne ressemble presque autant"
    assert (shown.decision, shown.score, shown.model, shown.policy, shown.same_ins) == (
        "review",
        14.5,
        "1",
        "auto",
        False,
    )


@pytest.mark.parametrize(
    ("of", "level", "text"),
    [
        ("blood_group", "EQUAL", "blood_group : EQUAL"),
        ("sex", "NEW_LEVEL", "Sexe : NEW_LEVEL"),
        ("registry", "MANY", "Identités connues, avant toute comparaison : MANY"),
        ("registry", "12", "Identités connues, avant toute comparaison : 12"),
    ],
)
def test_what_is_younger_than_the_gateway_stands_for_itself(of: str, level: str, text: str) -> None:
    assert reason_text(of, level) == text
    assert remarks(["NEW_VETO"], WORDS.vetoes)[0].label == "NEW_VETO"


def test_a_candidate_that_nobody_decided_about_is_neither_linked_nor_shown_to_a_human() -> None:
    assert Evidence.of(linkage.Evidence()).decision == "none"
