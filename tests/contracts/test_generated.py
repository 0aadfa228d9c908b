"""What is generated is current, and every package imports by itself."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("identity", "consent", "records", "messaging", "directory", "gateway")


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("part", PARTS)
def test_each_part_imports_alone_without_any_setting(part: str) -> None:
    done = run("-W", "error", "-c", f"import terresante_{part}.__main__")
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize("part", PARTS)
def test_each_part_says_which_setting_is_missing_and_ends(part: str) -> None:
    done = run("-m", f"terresante_{part}")
    assert done.returncode != 0
    assert "listen" in done.stderr


def test_the_generated_code_is_what_the_contracts_say() -> None:
    assert run("proto/generate.py", "--check").returncode == 0


def test_the_configuration_page_is_what_the_settings_say() -> None:
    done = run("-m", "terresante_dev.configuration", "--check")
    assert done.returncode == 0, done.stderr
