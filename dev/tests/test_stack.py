"""What a stack is on disk: names, ports, secrets."""

import json
import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from terresante_dev import stack
from terresante_dev.stack import NotPossible, Stack


@pytest.fixture
def name() -> Iterator[str]:
    """The name of a stack that does not exist, removed at the end if a test has made it."""
    chosen = f"test-stack-{os.getpid()}"
    yield chosen
    shutil.rmtree(stack.folder_of(chosen), ignore_errors=True)


@pytest.mark.parametrize("wrong", ["", "A", "../up", "a b", "-a", "x" * 32, "1"])
def test_a_name_that_could_leave_the_folder_or_a_shell_word_is_refused(wrong: str) -> None:
    with pytest.raises(NotPossible, match="lower-case"):
        stack.folder_of(wrong)


@pytest.mark.parametrize("replicas", [0, -1, 10])
def test_a_number_of_replicas_that_makes_no_sense_is_refused(name: str, replicas: int) -> None:
    with pytest.raises(NotPossible, match="1 to 9"):
        stack.opened(name, replicas)


def test_ports_are_all_different_kept_while_free_and_replaced_when_taken(name: str) -> None:
    first = stack.opened(name, 1).ports
    assert len(set(first.values())) == len(first)
    assert stack.opened(name, 1).ports == first

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", first["nats"]))
        taken.listen()
        second = stack.opened(name, 1).ports

    assert second["nats"] != first["nats"]
    assert {**second, "nats": 0} == {**first, "nats": 0}


def test_replicas_share_one_target_and_have_a_port_each(name: str) -> None:
    two = stack.opened(name, 2)

    assert two.names("consent") == ["consent", "consent-2"]
    assert two.address("consent") == f"ipv4:127.0.0.1:{two.ports['consent']},127.0.0.1:{two.ports['consent-2']}"
    assert json.loads((two.folder / "ports.json").read_text()) == two.ports


def test_a_secret_is_made_once_for_its_owner_only_and_differs_from_others(name: str) -> None:
    ours = stack.opened(name, 1)

    secret = ours.secret("one")

    assert len(secret) >= 32
    assert ours.secret("one") == secret != ours.secret("two")
    assert oct((ours.secrets / "one").stat().st_mode & 0o777) == "0o600"


def test_a_stack_that_was_never_made_says_how_to_make_it(name: str) -> None:
    with pytest.raises(NotPossible, match=f"make up STACK={name}"):
        stack.read(name)


def test_a_lock_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    with stack.held(tmp_path / "lock") as first, stack.held(tmp_path / "lock") as second:
        assert (first, second) == (True, False)
    with stack.held(tmp_path / "lock") as again:
        assert again


def test_a_stack_without_a_file_has_the_addresses_its_ports_give(tmp_path: Path) -> None:
    made = Stack("x", tmp_path, 3, {"records": 1, "records-2": 2, "records-3": 3})

    assert made.address("records") == "ipv4:127.0.0.1:1,127.0.0.1:2,127.0.0.1:3"
