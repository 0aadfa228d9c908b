"""What the runner gives a service is what the service's own settings take: nothing unknown, nothing missing."""

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from terresante_dev import settings_of
from terresante_dev.stack import BACKWARDS, DATABASES, SERVICES, Stack, folder_of, opened

from .conftest import remove

ISSUERS = {realm: f"https://localhost:1/realms/{realm}" for realm in settings_of.KINDS}
PARTS = [name for name in (*SERVICES, "gateway") if find_spec(f"terresante_{name}.settings") is not None]


@pytest.fixture(scope="module")
def made() -> Iterator[Stack]:
    stack = opened(f"test-settings-{os.getpid()}", 2)
    settings_of.make_secrets(stack)
    yield stack
    remove(folder_of(stack.name))


@pytest.mark.parametrize("part", PARTS)
def test_each_part_starts_with_the_settings_it_is_given(made: Stack, part: str) -> None:
    reading = f"from terresante_{part}.settings import Settings; Settings.from_environment()"
    given = settings_of.of(made, part, ISSUERS)

    done = subprocess.run(
        [sys.executable, "-c", reading], env={**os.environ, **given}, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("service", SERVICES)
def test_only_the_peers_of_the_architecture_are_known_to_a_service(made: Stack, service: str) -> None:
    given = settings_of.of(made, service, ISSUERS)

    known = {name.split("_")[2].lower() for name in given if name.endswith("_ADDRESS")}

    assert known == {*SERVICES[service], *BACKWARDS.get(service, ())}


@pytest.mark.parametrize("service", DATABASES)
def test_a_service_is_given_its_own_database_as_its_run_time_role(made: Stack, service: str) -> None:
    given = settings_of.of(made, f"{service}-2", ISSUERS)

    address = given[f"TERRESANTE_{service.upper()}_DATABASE_URL"]

    assert address.startswith(f"postgresql://{service}:")
    assert address.endswith(f":{made.ports['postgres']}/{service}")
    assert given[f"TERRESANTE_{service.upper()}_LISTEN"] == f"127.0.0.1:{made.ports[f'{service}-2']}"


def test_every_file_that_a_setting_names_and_the_runner_makes_exists(made: Stack) -> None:
    for part in (*SERVICES, "gateway"):
        for name, value in settings_of.of(made, part, ISSUERS).items():
            if Path(value).is_relative_to(made.secrets):
                assert Path(value).exists(), name
