"""Keycloak before it runs: what is fetched is the pinned one, secrets are not in its command, tests are kept apart."""

import json
from pathlib import Path

import pytest
from terresante_dev.keycloak import Keycloak, distribution
from terresante_dev.keycloak.distribution import DistributionError, check

SECRETS = {"admin": "a-secret", "pro-platform": "p-secret", "patient-platform": "q-secret"}


def server(folder: Path, *, sandbox: bool = True) -> Keycloak:
    made = Keycloak(
        folder / "keycloak",
        host_port=8443,
        management_port=9000,
        database_url="postgresql://127.0.0.1:5432/keycloak",
        database_user="keycloak",
        database_password="d-secret",
        pki=folder / "pki",
        secrets=SECRETS,
        sandbox=sandbox,
    )
    made.prepare(print)
    return made


def test_an_archive_that_is_not_the_pinned_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keycloak.zip").write_bytes(b"something else")

    with pytest.raises(DistributionError, match="is not the pinned one"):
        check(tmp_path / "keycloak.zip")


def test_a_machine_that_has_it_is_not_kept_waiting(tmp_path: Path) -> None:
    distribution(print)
    said: list[str] = []

    distribution(said.append)

    assert said == []


def test_a_list_of_processes_shows_no_secret(tmp_path: Path) -> None:
    keycloak = server(tmp_path)
    command = " ".join(keycloak.command())

    for secret in (*SECRETS.values(), "d-secret"):
        assert secret not in command
        assert secret in keycloak.environment().values()


def test_who_may_log_in_is_whom_the_authorities_of_people_or_organisations_certified_and_nobody_else(
    tmp_path: Path,
) -> None:
    command = server(tmp_path).command()

    (trusted,) = (part.partition("=")[2] for part in command if part.startswith("--https-trust-store-file="))

    issuing = [(tmp_path / "pki" / "cards" / name).read_bytes() for name in ("persons.pem", "organisations.pem")]
    assert Path(trusted).read_bytes() == b"".join(issuing)


@pytest.mark.parametrize(("sandbox", "low"), [(True, True), (False, False)])
def test_the_client_for_tests_is_added_to_a_sandbox_only(tmp_path: Path, sandbox: bool, low: bool) -> None:
    imports = server(tmp_path, sandbox=sandbox).home / "data" / "import"

    for realm in ("pro", "patient"):
        content = json.loads((imports / f"{realm}-realm.json").read_text(encoding="utf-8"))
        assert ("portal-low" in {client["clientId"] for client in content["clients"]}) is low


def test_preparing_again_changes_nothing_and_clearing_removes_all_of_it(tmp_path: Path) -> None:
    first = server(tmp_path)
    certificate = (first.pki / "keycloak.pem").read_bytes()

    again = server(tmp_path)
    assert (again.pki / "keycloak.pem").read_bytes() == certificate
    assert again.command() == first.command()

    again.clear()
    assert not again.folder.exists()


def test_clearing_leaves_the_shared_programs(tmp_path: Path) -> None:
    server(tmp_path).clear()

    assert (distribution(print).home / "lib" / "quarkus-run.jar").exists()
