"""The gateway has a French word for everything by which the identity service says why, or what looks wrong."""

import re
from enum import IntEnum
from pathlib import Path

import pytest
from terresante_gateway.evidence import WORDS
from terresante_identity.matching.levels import ALL
from terresante_identity.matching.scoring import REGISTRY, RIVALS

CONTRACT = Path(__file__).resolve().parents[2] / "proto" / "terresante" / "identity" / "v1" / "linkage_service.proto"


@pytest.mark.parametrize(("compared", "levels"), ALL.items(), ids=list(ALL))
def test_every_level_has_its_words_and_no_word_lacks_its_level(compared: str, levels: type[IntEnum]) -> None:
    assert set(WORDS.reasons[compared].levels) == set(levels.__members__)


def test_nothing_else_is_compared() -> None:
    assert set(WORDS.reasons) == {*ALL, REGISTRY, RIVALS}


@pytest.mark.parametrize("field", ["vetoes", "warnings"])
def test_every_code_that_the_contract_names_has_its_words(field: str) -> None:
    """The comment above the field is the list of its codes."""
    text = CONTRACT.read_text(encoding="utf-8")
    found = re.search(rf"((?:^ *//.*\n)+) *repeated string {field} =", text, re.MULTILINE)
    assert found is not None
    named = set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)*\b", found.group(1).partition(":")[2]))

    assert named == set(getattr(WORDS, field))


def test_no_two_levels_of_one_trait_read_alike() -> None:
    for compared in WORDS.reasons.values():
        assert len(set(compared.levels.values())) == len(compared.levels)


def test_the_words_are_parts_of_sentences() -> None:
    texts = [*WORDS.vetoes.values(), *WORDS.warnings.values()]
    texts += [text for one in WORDS.reasons.values() for text in (one.label, *one.levels.values())]

    assert not [text for text in texts if not text or text != text.strip() or text.endswith(".")]
