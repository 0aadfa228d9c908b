"""One-time codes: the standard's values, and no code given twice, whoever asks."""

import base64
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from terresante_dev.codes import code_at, next_code, present_step, spent

SECRET = base64.b32encode(b"12345678901234567890123456789012").decode()


def test_codes_are_those_of_rfc_6238() -> None:
    """Its table for SHA-256 gives eight digits; ours are the last six."""
    assert code_at(SECRET, 1) == "46119246"[-6:]
    assert code_at(SECRET, 1111111109 // 30) == "68084774"[-6:]


def test_two_codes_can_be_had_at_once_and_differ(tmp_path: Path) -> None:
    step = present_step()
    codes = [next_code(SECRET, tmp_path / "codes.json") for _ in range(2)]

    assert codes in ([code_at(SECRET, at), code_at(SECRET, at + 1)] for at in (step, step + 1))


def test_a_code_spent_at_enrolment_is_not_given_again(tmp_path: Path) -> None:
    step = present_step()
    spent(SECRET, tmp_path / "codes.json", step)

    assert next_code(SECRET, tmp_path / "codes.json") != code_at(SECRET, step)


def test_two_processes_never_get_the_same_code(tmp_path: Path) -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        codes = list(processes.map(next_code, [SECRET] * 2, [tmp_path / "codes.json"] * 2))

    assert len(set(codes)) == 2


def test_the_ledger_holds_no_secret_and_no_code(tmp_path: Path) -> None:
    code = next_code(SECRET, tmp_path / "codes.json")

    written = (tmp_path / "codes.json").read_text()

    assert str(present_step())[:6] in written
    assert SECRET not in written
    assert code not in written
