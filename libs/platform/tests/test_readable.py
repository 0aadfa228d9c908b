"""Words that a person can read."""

import pytest
from terresante_platform.readable import readable_line, readable_text


@pytest.mark.parametrize(
    "words", ["a", "Œil gauche", "خَطّ", "می\u200cخواهم", "\U0001f469\u200d\u2695\ufe0f", "co\u00adop"]
)
def test_words_of_any_script_are_readable(words: str) -> None:
    assert readable_line(words, 30)
    assert readable_text(words, 30)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "  ",
        "a\x00b",
        "a\x07b",
        "a\x85b",
        "a\u200bb",
        "a\u202etxet",
        "a\u2066b",
        "a\ufeffb",
        "a\u2028b",
        "\ud800",
        "\ue000",
    ],
)
def test_nothing_invisible_or_that_turns_the_rest_round_is(words: str) -> None:
    assert not readable_line(words, 30)
    assert not readable_text(words, 30)


@pytest.mark.parametrize("words", ["a\nb", "a\r\nb", "a\tb"])
def test_only_a_text_has_lines_and_tabs(words: str) -> None:
    assert readable_text(words, 30)
    assert not readable_line(words, 30)


def test_words_have_a_length() -> None:
    assert readable_line("a" * 30, 30) and readable_text("a" * 30, 30)
    assert not readable_line("a" * 31, 30) and not readable_text("a" * 31, 30)
    assert not readable_text("\n\t", 30)
