"""What every answer carries, whatever it is: no script but ours, nothing kept, nobody else's frame."""

from typing import Any

import pytest
from sqlalchemy.exc import InterfaceError
from terresante_directory.workbench.attempts import Attempt
from terresante_directory.workbench.visits import Workbench

from .visitor import KeycloakInMemory, Visitor

ANSWERS = [
    "/",
    "/connexion",
    "/deconnecte",
    "/nulle-part",
    "/structures",
    "/static/workbench.css",
    "/sante",
    "/static/x",
]


@pytest.mark.parametrize("path", ANSWERS)
@pytest.mark.parametrize("signed_in", [True, False])
async def test_every_answer_carries_the_protections(claire: Visitor, path: str, signed_in: bool) -> None:
    if not signed_in:
        claire.http.cookies.clear()

    headers = (await claire.get(path)).headers

    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert headers["strict-transport-security"] == "max-age=63072000; includeSubDomains"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert "server" not in headers
    assert "access-control-allow-origin" not in headers


async def test_a_file_named_by_its_content_may_be_kept(claire: Visitor) -> None:
    page = await claire.get("/")
    address = page.text.partition('rel="stylesheet" href="')[2].partition('"')[0]

    answer = await claire.get(address)

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/css")
    assert "immutable" in answer.headers["cache-control"]


async def test_files_and_outlines_travel_compressed_and_pages_that_hold_secrets_do_not(claire: Visitor) -> None:
    for path in ("/static/workbench.css", "/carte/contours.json?v=1", "/carte/communes.json"):
        small = await claire.get(path, accept_encoding="gzip")
        plain = await claire.get(path, accept_encoding="identity")

        assert small.headers["content-encoding"] == "gzip", path
        assert small.headers["vary"] == plain.headers["vary"] == "accept-encoding", path
        assert "content-encoding" not in plain.headers, path
        assert small.content == plain.content, path
    page = await claire.get("/structures", accept_encoding="gzip")
    assert "content-encoding" not in page.headers


@pytest.mark.parametrize(
    "name", ["../app.py", "..%2fapp.py", "%2e%2e/app.py", "vendor/libraries.json", "", ".", "a/../../app.py"]
)
async def test_no_other_file_is_served(claire: Visitor, name: str) -> None:
    assert (await claire.get(f"/static/{name}")).status_code == 404


async def test_no_page_has_a_script_or_style_of_its_own(claire: Visitor) -> None:
    for path in ("/", "/structures", "/structures/nouvelle", "/professionnels", "/systemes/nouveau", "/referents"):
        text = (await claire.get(path)).text
        assert "<style" not in text
        assert " style=" not in text
        assert " onclick=" not in text
        assert "<script>" not in text
        assert "https://" not in text


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
async def test_other_methods_are_refused(claire: Visitor, method: str) -> None:
    answer = await claire.http.request(method, "/structures")

    assert answer.status_code == 405


async def test_a_page_that_does_not_exist_says_what_to_do(claire: Visitor) -> None:
    answer = await claire.get("/nulle-part")

    assert answer.status_code == 404
    assert "PAGE_UNKNOWN" in answer.text
    assert "repartez de l’accueil" in answer.text


class Broken(KeycloakInMemory):
    """Whose login page breaks."""

    fault: Exception

    async def login_page(self, attempt: Attempt) -> str:
        raise self.fault


async def test_a_fault_is_a_page_that_says_what_to_do_and_nothing_of_anybody(
    visitor: Visitor, workbench: Workbench
) -> None:
    broken: Any = Broken(visitor.keycloak.token, visitor.keycloak.now)
    broken.fault = RuntimeError("Claire Durand")
    workbench.provider = broken

    answer = await visitor.get("/connexion")

    assert answer.status_code == 500
    assert "Une panne interne" in answer.text
    assert "Claire" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


async def test_a_database_that_is_away_is_told_as_that(visitor: Visitor, workbench: Workbench) -> None:
    broken: Any = Broken(visitor.keycloak.token, visitor.keycloak.now)
    broken.fault = InterfaceError("select 1", None, ConnectionRefusedError(), connection_invalidated=True)
    workbench.provider = broken

    answer = await visitor.get("/connexion")

    assert answer.status_code == 503
    assert "panne interne" not in answer.text
