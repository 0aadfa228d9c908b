"""What wrong addresses, queries and headers get: 4xx with a problem that says what to do, and nothing changed."""

import re
from typing import Any
from uuid import uuid4

import pytest
from terresante_dev.portal import answer_of
from terresante_dev.story import Stage

from .asking import ENDLESS, ROLES, problem_of, who_may
from .stored import JOURNALLED, stored

pytestmark = pytest.mark.timeout(300)


async def test_what_is_read_with_get_changes_nothing_but_the_journal(told: Stage, spec: dict[str, Any]) -> None:
    ids = {"patient": told.made["patient"], "document": told.made["document"], "professional": told.who("gp").uid}
    before, shown = await stored(told.stack, JOURNALLED), 0
    for path, item in spec["paths"].items():
        for kind in item.get("get", {}).get("x-authz", {}).get("kinds", ()):
            if path == ENDLESS:
                continue
            address = path
            for name, id in ids.items():
                address = address.replace(f"{{{name}}}", id)
            answer = told.who(ROLES[kind]).get(
                "/".join(str(uuid4()) if part[:1] == "{" else part for part in address.split("/"))
            )
            assert answer.status < 500
            shown += answer.status == 200
    assert shown >= 25
    assert await stored(told.stack, JOURNALLED) == before


BAD_PATHS = {
    "no id": "/v1/patients/abc/documents",
    "an id encoded twice": "/v1/patients/%2530190f3c2-8a4e-7cc1-9d20-5b7e3f1a6c44/documents",
    "an id in capitals": f"/v1/patients/{str(uuid4()).upper()}/documents",
    "an id in braces": f"/v1/patients/%7B{uuid4()}%7D/documents",
    "an id and a line feed": f"/v1/patients/{uuid4()}%0A/documents",
    "an id in other digits": "/v1/patients/0190f3c2-8a4e-7cc1-9d20-5b7e3f1a6c4%D9%A4/documents",
    "a dot dot": "/v1/patients/../../etc/passwd",
    "an encoded slash": "/v1/patients/%2e%2e%2fetc/documents",
    "a NUL": "/v1/patients/%00/documents",
    "bytes that are no UTF-8": "/v1/patients/%ff%fe/documents",
    "a slash too many": "/v1//patients",
    "a slash at the end": "/v1/patients/",
    "capitals": "/V1/me",
    "no such path": "/v1/nothing",
    "very long": "/v1/patients/" + "a" * 7_000,
}


@pytest.mark.parametrize("which", sorted(BAD_PATHS))
def test_a_bad_path_is_refused(told: Stage, which: str) -> None:
    assert problem_of(told.who("gp").get(BAD_PATHS[which])) in ("ID_INVALID", "ROUTE_UNKNOWN")


BAD_QUERIES = ["limit=0", "limit=501", "limit=-1", "limit=a", "limit=1.5", "limit=", "limit=%D9%A1", "limit=1&limit=2",
    "callback=x", "cursor=forged", "cursor=%00", "cursor=" + "a" * 2_000, "unknown=1", "limit", "=1", "&", "limit=10;total=true",
    "%ff=1", "limit=1%00", "Limit=1", "limit[]=1", "&".join(f"x{n}=1" for n in range(200))]  # fmt: skip


def test_every_list_refuses_every_bad_query(told: Stage, spec: dict[str, Any]) -> None:
    lists = 0
    for path, item in spec["paths"].items():
        one = item.get("get", {})
        if any(parameter["name"] == "cursor" for parameter in one.get("parameters", [])):
            lists += 1
            person = told.who(who_may(one["x-authz"]["kinds"]))
            for query in BAD_QUERIES:
                address = re.sub(r"\{\w+\}", told.made["patient"], path)
                answer = person.get(f"{address}?{query}")
                assert problem_of(answer) in ("FIELDS_INVALID", "QUERY_INVALID", "CURSOR_INVALID"), f"{path}?{query}"
    assert lists >= 8


def test_an_operation_that_has_no_parameters_refuses_any(told: Stage) -> None:
    for path in ("/v1/me", told.path("/circle"), "/v1/territories"):
        assert problem_of(told.who("gp").get(f"{path}?x=1")) == "QUERY_INVALID"


@pytest.mark.parametrize(
    "given", ["0", '"0"', "1", "*", 'W/"1"', '"1", "2"', '"-1"', '"1', '"99999999999999999999"', '"٣"']
)
async def test_a_version_that_is_none_of_ours_changes_nothing(told: Stage, given: str) -> None:
    before = await stored(told.stack)
    path, gp = told.path(f"/documents/{told.made['document']}/visibility"), told.who("gp")
    sent = {"authorization": f"Bearer {gp.token}", "content-type": "application/json", "terresante-place": gp.place}
    headers: Any = {**sent, "if-match": given.encode()}
    answer = answer_of(gp.gateway.http.put(path, content=b"{}", headers=headers))
    assert problem_of(answer) == "IF_MATCH_INVALID"
    assert await stored(told.stack) == before


@pytest.mark.parametrize("key", ["short", "a" * 129, "with space in it", "accentué-accentué", "tab\tin-it-it"])
async def test_an_idempotency_key_of_another_form_writes_nothing(told: Stage, key: str) -> None:
    gp, before = told.who("gp"), await stored(told.stack)
    sent = {"authorization": f"Bearer {gp.token}", "content-type": "application/json", "terresante-place": gp.place}
    headers: Any = {**sent, "idempotency-key": key.encode()}
    answer = answer_of(gp.gateway.http.post(told.path("/notes"), content=b'{"text": "Non."}', headers=headers))
    assert problem_of(answer) == "IDEMPOTENCY_KEY_INVALID"
    assert await stored(told.stack) == before
