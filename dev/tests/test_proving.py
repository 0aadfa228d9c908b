"""`make test` hides no failure: of neither process, in neither the exit status nor the closing line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SETTINGS = '[tool.pytest.ini_options]\ntestpaths = ["service", "tests"]\n'
PASSES, FAILS = "def test_it():\n    pass\n", "def test_it():\n    assert False\n"


@pytest.mark.parametrize(
    ("platform", "service", "status", "counts"),
    [
        (PASSES, PASSES, 0, "2 passed"),
        (FAILS, PASSES, 1, "1 failed, 1 passed"),
        (PASSES, FAILS, 1, "1 failed, 1 passed"),
        ("", PASSES, 0, "1 passed"),
        ("", "", 5, "no tests ran"),
        ("raise ValueError", PASSES, 2, "1 passed, 1 error"),
    ],
)
def test_the_outcome_of_both_processes_is_told(
    platform: str, service: str, status: int, counts: str, tmp_path: Path
) -> None:
    (tmp_path / "pyproject.toml").write_text(SETTINGS)
    for folder, content in (("tests", platform), ("service", service)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"test_{folder}.py").write_text(content)

    done = _proving(tmp_path)

    closing = done.stdout.rstrip().splitlines()[-1]
    assert done.returncode == status, done.stdout
    assert closing.strip("= ").startswith(f"{counts} in "), closing


def test_with_a_path_only_that_is_run(tmp_path: Path) -> None:
    (tmp_path / "test_one.py").write_text(PASSES)
    (tmp_path / "test_two.py").write_text(FAILS)

    assert _proving(tmp_path, "test_one.py").returncode == 0


def _proving(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "terresante_dev.proving", "-p", "no:cacheprovider", *words]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environment)
