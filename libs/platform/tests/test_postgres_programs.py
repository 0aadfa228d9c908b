"""PostgreSQL runs for whoever runs the tests, wherever the project lies."""

import os
import subprocess
from pathlib import Path

from terresante_platform.testing.postgres import Server, free_port
from terresante_platform.testing.programs import by_nobody, copied, installed, reached


def test_the_programs_run_as_nobody_when_root_asks() -> None:
    said = subprocess.run(by_nobody("id", "-u"), check=True, capture_output=True, text=True)

    assert (said.stdout.strip() != "0") and (os.geteuid() == 0 or said.stdout.strip() == str(os.geteuid()))


def test_what_lies_in_a_closed_folder_is_reached_by_its_owner_only(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)

    assert reached(closed) is (os.geteuid() != 0)


def test_a_copy_of_the_programs_runs_where_the_package_cannot_be_reached(postgres: Server) -> None:
    """Beside the session's server, whose folder is one that may be reached."""
    program, folder = installed(), postgres.folder / "copy"
    assert program is not None
    folder.mkdir(mode=0o711)
    if os.geteuid() == 0:
        os.chown(folder, postgres.folder.stat().st_uid, -1)
    server = Server(folder, free_port(), copied(program, folder))
    server.make()
    server.start()
    try:
        assert server.sql("select 1") == "1"
    finally:
        server.stop()
