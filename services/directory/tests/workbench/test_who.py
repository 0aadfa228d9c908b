"""Who may see which page: every route of the application, tried by everybody who may not."""

from typing import Any
from uuid import uuid4

import httpx2
from terresante_directory.workbench import app

from .visitor import ORIGIN, Visitor

PUBLIC = {
    "GET /connexion",
    "GET /retour",
    "GET /deconnecte",
    "GET /inscription",
    "POST /inscription",
    "GET /inscription/attente",
    "GET /mon-depart/fait",
}
ANYBODY = {"GET /", "POST /deconnexion"}
"""For whoever is signed in."""
COMING = {"GET /mon-inscription", "POST /mon-inscription"}
"""For professionals, also while their enrolment is not complete."""
OWN = ("/ma-structure", "/mes-demandes", "/mon-depart")
"""Where pages of professionals begin. Every other page is an administrator's, a new one too."""


def routes() -> list[str]:
    """All, as "METHOD /path"."""
    found = {
        f"{method} {route.path}"
        for router in app.ROUTERS
        for route in router.routes
        for method in route.methods - {"HEAD"}  # type: ignore[attr-defined]
    }
    assert len(found) > 60
    return sorted(found)


def is_own(route: str) -> bool:
    return route not in PUBLIC and route.partition(" ")[2].startswith((*OWN, "/mon-inscription"))


OF_PROFESSIONALS = [route for route in routes() if is_own(route)]
OF_ADMINISTRATORS = [route for route in routes() if not is_own(route) and route not in PUBLIC | ANYBODY]


async def tried(visitor: Visitor, route: str, token: str = "") -> httpx2.Response:
    """The route asked for, or sent a form; whatever its path names exists nowhere."""
    method, _, path = route.partition(" ")
    while "{" in path:
        before, _, after = path.partition("{")
        path = f"{before}{uuid4()}{after.partition('}')[2]}"
    if method == "GET":
        return await visitor.get(path)
    answer = await visitor.post(path, {"_jeton": token})
    if answer.status_code != 415:
        return answer
    about = {"origin": ORIGIN, "sec-fetch-site": "same-origin"}
    file: Any = {"fichier": ("a.csv", b"a;b\n", "text/csv")}
    return await visitor.http.post(path, data={"_jeton": token}, files=file, headers=about)


async def token_of(visitor: Visitor, page: str = "/") -> str:
    return (await visitor.get(page)).text.partition('name="_jeton" value="')[2].partition('"')[0]


async def test_nobody_sees_anything_but_the_doors(visitor: Visitor) -> None:
    told = {route: await tried(visitor, route) for route in (*OF_ADMINISTRATORS, *OF_PROFESSIONALS, *sorted(ANYBODY))}

    assert {route: answer.status_code for route, answer in told.items() if answer.status_code != 401} == {}
    assert {route for route, answer in told.items() if "Se connecter" not in answer.text} == set()


async def test_a_professional_sees_no_page_of_administrators_and_their_forms_do_nothing(anne: Visitor) -> None:
    token = await token_of(anne)

    told = {route: await tried(anne, route, token) for route in OF_ADMINISTRATORS}

    assert {route: answer.status_code for route, answer in told.items() if answer.status_code != 403} == {}
    assert {route for route, answer in told.items() if "NOT_ADMINISTRATOR" not in answer.text} == set()
    assert (await anne.get("/")).status_code == 200


async def test_an_administrator_sees_no_page_of_professionals(claire: Visitor) -> None:
    token = await token_of(claire)

    told = {route: await tried(claire, route, token) for route in OF_PROFESSIONALS}

    assert {route: answer.status_code for route, answer in told.items() if answer.status_code != 403} == {}
    assert {route for route, answer in told.items() if "NOT_PROFESSIONAL" not in answer.text} == set()


async def test_whose_enrolment_is_not_complete_sees_nothing_but_that(invited: Visitor) -> None:
    home = await invited.get("/")
    assert (home.status_code, home.headers["location"]) == (303, "/mon-inscription")
    token = await token_of(invited, "/mon-inscription")

    for route in OF_PROFESSIONALS:
        if route in COMING:
            continue
        answer = await tried(invited, route, token)
        assert (answer.status_code, "ENROLMENT_INCOMPLETE" in answer.text) == (403, True), route
        assert 'href="/mon-inscription"' in answer.text
    for route in OF_ADMINISTRATORS:
        assert (await tried(invited, route, token)).status_code == 403, route


async def test_a_suspended_professional_is_out_on_the_next_request(anne: Visitor, claire: Visitor) -> None:
    assert (await claire.send(f"/professionnels/{anne.who}/compte/suspendre")).status_code == 303

    answer = await anne.get("/")

    assert (answer.status_code, "CALLER_SUSPENDED" in answer.text) == (403, True)
    assert not anne.cookie
    assert (await anne.get("/")).status_code == 401
