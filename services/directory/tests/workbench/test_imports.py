"""Files on the pages: taken as they come, looked at before anything changes, applied and undone; bad ones refused."""

import asyncio
import re
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from terresante_directory.workbench import forms
from terresante_platform.database import Database

from .filling import form
from .visitor import ORIGIN, Visitor

SAMPLES = Path(__file__).parents[1] / "samples"
NEW = "/imports/nouveau"
STATE = re.compile(r'État : <span class="state">([^<]+)</span>')


async def send(visitor: Visitor, content: bytes, name: str = "structures.csv", **changes: Any) -> httpx2.Response:
    """Sends the form with a file, as a browser does."""
    fields = {key: values[-1] for key, values in form((await visitor.get(NEW)).text, NEW).items() if key != "fichier"}
    sent = {**fields, "territory_code": "94-ouest", **changes}
    headers = {"origin": ORIGIN, "sec-fetch-site": "same-origin"}
    return await visitor.http.post(NEW, data=sent, files={"fichier": (name, content)}, headers=headers)


async def read(visitor: Visitor, path: str) -> str:
    """The page of an import once it is read to its end."""
    for _ in range(200):
        text = (await visitor.get(path)).text
        state = STATE.search(text)
        assert state, text
        if state[1] not in ("lecture en cours", "application en cours"):
            return text
        await asyncio.sleep(0.1)
    raise AssertionError("the import was not read in time")


async def test_a_file_is_looked_at_before_anything_changes(claire: Visitor, taken_over: None) -> None:
    answer = await send(claire, (SAMPLES / "structures.csv").read_bytes())

    assert answer.status_code == 303, answer.text
    page = await read(claire, answer.headers["location"])
    assert "à regarder" in page
    assert "structures.csv" in page
    assert "Ce territoire n’a pas encore de structure" in (await claire.get("/structures")).text
    assert "structures.csv" in (await claire.get("/imports")).text


async def test_a_path_in_the_name_of_a_file_is_not_kept(claire: Visitor, taken_over: None) -> None:
    answer = await send(claire, (SAMPLES / "structures.csv").read_bytes(), "C:\\Users\\claire\\..\\structures.csv")

    page = await read(claire, answer.headers["location"])
    assert "Users" not in page


@pytest.mark.parametrize(("content", "reason"), [(b"", "FILE_EMPTY")])
async def test_a_file_that_is_none_is_refused_with_its_reason(claire: Visitor, content: bytes, reason: str) -> None:
    answer = await send(claire, content)

    assert answer.status_code == 400
    assert reason in answer.text


async def test_a_file_with_a_forged_token_or_from_elsewhere_is_not_read(claire: Visitor) -> None:
    forged = await send(claire, b"a;b\n", _jeton="A" * 43)
    fields = form((await claire.get(NEW)).text, NEW)
    foreign = await claire.http.post(
        NEW,
        data={"_jeton": fields["_jeton"]},
        files={"fichier": ("x", b"x")},
        headers={"origin": "https://evil.example"},
    )

    assert (forged.status_code, foreign.status_code) == (409, 403)
    assert "Aucun fichier n’a encore été importé" in (await claire.get("/imports")).text


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("multipart/form-data", b"x", 415),
        (forms.FORM, b"a=1", 415),
        ("multipart/form-data; boundary=b", b"--c\r\n", 400),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\ncontent-disposition: form-data; name="x"\r\n\r\n' + b"y" * 40_000 + b"\r\n--b--\r\n",
            413,
        ),
    ],
)
async def test_a_body_that_is_no_upload_is_refused(claire: Visitor, kind: str, body: bytes, status: int) -> None:
    answer = await claire.http.post(NEW, content=body, headers={"origin": ORIGIN, "content-type": kind})

    assert answer.status_code == status, answer.text


async def test_a_form_of_ever_more_fields_is_not_kept_in_memory(claire: Visitor) -> None:
    part = '--b\r\ncontent-disposition: form-data; name="{}"\r\n\r\n\r\n'
    body = "".join(part.format(f"{number:0>400}") for number in range(100))

    answer = await claire.http.post(
        NEW, content=body + "--b--\r\n", headers={"origin": ORIGIN, "content-type": "multipart/form-data; boundary=b"}
    )

    assert (answer.status_code, "FORM_TOO_LARGE" in answer.text) == (413, True), answer.text


async def test_a_form_without_its_file_is_refused(claire: Visitor) -> None:
    fields = {key: values[-1] for key, values in form((await claire.get(NEW)).text, NEW).items()}
    told = "".join(
        f'--b\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in (fields | {"format": "tableau"}).items()
        if name != "fichier"
    )
    answer = await claire.http.post(
        NEW,
        content=told + "--b--\r\n",
        headers={
            "origin": ORIGIN,
            "sec-fetch-site": "same-origin",
            "content-type": "multipart/form-data; boundary=b",
        },
    )

    assert (answer.status_code, "FORM_INVALID" in answer.text) == (400, True), answer.text


async def test_a_form_sent_after_the_session_ended_leads_back_to_the_page_of_the_import(
    claire: Visitor, taken_over: None
) -> None:
    path = (await send(claire, (SAMPLES / "structures.csv").read_bytes())).headers["location"]
    for act in ("choisir", "appliquer"):
        back = await claire.get(f"{path}/{act}?brouillon=00000000-0000-4000-8000-000000000000")
        assert (back.status_code, back.headers["location"]) == (303, path)


@pytest.mark.parametrize("changes", [{"ligne": "9" * 30}, {"ligne": "x"}, {"toutes": "oui", "sorte": "9" * 12}])
async def test_a_choice_of_lines_that_there_are_not_is_refused(
    claire: Visitor, taken_over: None, changes: dict[str, str]
) -> None:
    path = (await send(claire, (SAMPLES / "structures.csv").read_bytes())).headers["location"]
    action = f"{path}/choisir"
    fields = form(await read(claire, path), action)
    sent = {key: value for key, value in fields.items() if key not in ("toutes", "ligne")}

    answer = await claire.post(action, {**sent, **changes})

    assert answer.status_code in (400, 404), answer.text
    assert "CHOICE_INVALID" in answer.text or "LINE_UNKNOWN" in answer.text


@pytest.mark.parametrize("id", ["x", "00000000-0000-4000-8000-000000000000"])
async def test_an_import_that_is_not_ours_does_not_exist(claire: Visitor, id: str) -> None:
    assert (await claire.get(f"/imports/{id}")).status_code == 404


async def test_abandoning_says_what_is_lost_first_and_changes_nothing_here(claire: Visitor, taken_over: None) -> None:
    path = (await send(claire, (SAMPLES / "structures.csv").read_bytes())).headers["location"]
    choosing = form(await read(claire, path), f"{path}/choisir")
    await claire.post(f"{path}/choisir", {"_jeton": choosing["_jeton"], "sorte": "2", "toutes": "1"})
    chosen = (await claire.get(path)).text
    assert re.search(r"Appliquer \d+ lignes", chosen)

    asked = (await claire.get(f"{path}/abandonner")).text
    assert "sont oubliés. Cela ne s’annule pas" in asked
    assert re.search(r"vos choix \(\d+ lignes : \d+ nouvelles\)", asked)
    assert (await claire.send(f"{path}/abandonner")).headers["location"] == "/imports"

    assert "abandonné" in (await claire.get(path)).text
    assert "Ce territoire n’a pas encore de structure" in (await claire.get("/structures")).text


async def test_without_a_choice_there_is_nothing_to_apply_and_values_are_in_words(
    claire: Visitor, taken_over: None
) -> None:
    path = (await send(claire, (SAMPLES / "structures.csv").read_bytes())).headers["location"]

    page = await read(claire, path)

    assert "Choisissez d’abord des lignes" in page
    assert f'action="{path}/appliquer"' not in page
    assert "Entité juridique" in page
    assert "legal_entity" not in page


async def test_files_beyond_what_is_read_at_once_are_refused_on_the_form(
    claire: Visitor, taken_over: None, database: Database
) -> None:
    await send(claire, (SAMPLES / "structures.csv").read_bytes())
    async with database.transaction() as transaction:
        await transaction.execute(
            text(
                "insert into import select (jsonb_populate_record(i, jsonb_build_object('id', gen_random_uuid(), "
                "'state', 'reading', 'leased_until', now() + interval '1 hour'))).* "
                "from import i, generate_series(1, 3)"
            )
        )

    answer = await send(claire, (SAMPLES / "structures.csv").read_bytes())

    assert (answer.status_code, "IMPORTS_BUSY" in answer.text) == (429, True)
    assert "Attendez qu’ils soient lus" in answer.text
