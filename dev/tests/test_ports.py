"""Ports of stacks: kept, never shared between two stacks, even of two folders, even before either listens."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from terresante_dev import ports

NAMES = [f"part-{number}" for number in range(20)]


def test_a_port_that_another_stack_keeps_is_not_taken_though_nobody_listens_there(tmp_path: Path) -> None:
    known = tmp_path / "stacks.json"
    one = ports.chosen(tmp_path / "one.json", NAMES, known)
    (tmp_path / "two.json").write_text(json.dumps(one))

    two = ports.chosen(tmp_path / "two.json", NAMES, known)

    assert not set(one.values()) & set(two.values())
    assert ports.chosen(tmp_path / "one.json", NAMES, known) == one


def test_many_stacks_that_choose_at_once_share_no_port(tmp_path: Path) -> None:
    known = tmp_path / "stacks.json"
    with ThreadPoolExecutor(8) as threads:
        all_chosen = list(
            threads.map(lambda number: ports.chosen(tmp_path / f"{number}.json", NAMES, known), range(24))
        )

    taken = [port for chosen in all_chosen for port in chosen.values()]
    assert len(taken) == len(set(taken)) == 24 * len(NAMES)


def test_a_stack_that_was_removed_keeps_nothing(tmp_path: Path) -> None:
    known = tmp_path / "stacks.json"
    ports.chosen(tmp_path / "gone.json", NAMES, known)
    (tmp_path / "gone.json").unlink()

    ports.chosen(tmp_path / "one.json", NAMES, known)

    assert json.loads(known.read_text()) == [str(tmp_path / "one.json")]


def test_a_port_where_somebody_listens_is_not_free() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        assert not ports.free(listening.getsockname()[1])
