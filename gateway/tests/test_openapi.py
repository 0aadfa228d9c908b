"""The description: complete, committed as the code says, valid, and readable without anybody else's server."""

import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import orjson
import pytest
from terresante_gateway import app, evidence, fields, markdown, openapi, page
from terresante_gateway.examples import Examples
from terresante_gateway.problems import STATUS
from terresante_gateway.reasons import REASONS
from terresante_gateway.routes import (
    accounts,
    addressees,
    attachments,
    change_requests,
    consents,
    differences,
    imports,
    items,
    journal,
    messages,
    news,
    notifications,
    preferences,
    professionals,
    representatives,
    reviews,
    sources,
    stays,
    threads,
    webhooks,
)

FOLDER = Path(__file__).parents[2] / "docs" / "api"
DESCRIPTION = openapi.document(*app.described(app.State()))
SCHEMAS = DESCRIPTION["components"]["schemas"]
EXAMPLES = Examples.read()
EVERY = [(path, method, one) for path, methods in DESCRIPTION["paths"].items() for method, one in methods.items()]
every = pytest.mark.parametrize(("path", "method", "one"), EVERY, ids=[one["operationId"] for _, _, one in EVERY])


def test_the_committed_files_are_what_the_code_says() -> None:
    assert openapi.main(["--check", "--folder", str(FOLDER)]) == 0


def test_a_stale_file_is_found(tmp_path: Path) -> None:
    assert openapi.main(["--folder", str(tmp_path)]) == 0
    assert openapi.main(["--check", "--folder", str(tmp_path)]) == 0
    (tmp_path / "openapi.json").write_bytes(b"{}")

    assert openapi.main(["--check", "--folder", str(tmp_path)]) == 1


@every
def test_an_operation_says_who_may_what_it_does_and_why_it_refuses(path: str, method: str, one: dict[str, Any]) -> None:
    authz = one["x-authz"]
    assert set(authz) >= {"resource", "action", "acr", "kinds"}
    assert one["summary"] and one["description"] and one["tags"]
    if authz["kinds"]:
        assert authz["acr"] >= 2
        assert one["security"] == [{"bearer": []}]
        assert {"401", "403", "431", "500", "503"} <= set(one["responses"])
    if method in ("put", "delete") and "If-Match" in [given["name"] for given in one["parameters"]]:
        assert "400" in one["responses"]


@every
def test_what_an_operation_answers_was_recorded_in_the_sandbox(path: str, method: str, one: dict[str, Any]) -> None:
    """Not made up: `python -m terresante_dev.recording` plays the story, and writes what came."""
    status = next(status for status in one["responses"] if status.startswith("2"))
    heard = EXAMPLES.recorded(one["operationId"], int(status))

    assert heard["request"]["method"] == method.upper()
    assert re.fullmatch(re.sub(r"{\w+}", "[0-9a-f-]{36}", path), heard["request"]["target"].partition("?")[0])
    content = one["responses"][status].get("content", {}).get("application/json", {})
    if "example" in content:
        assert content["example"] == heard["answer"]["body"]
    for sent in one.get("requestBody", {}).get("content", {}).values():
        assert sent["example"] == heard["request"]["body"]


def test_examples_tell_of_nobodys_login() -> None:
    """No token, and of each code that opened an account, words that say so."""
    text = Path(openapi.__file__).with_name("data").joinpath("examples.json").read_text(encoding="utf-8")

    assert "eyJ" not in text and "Bearer" not in text and "CANARI" not in text
    addresses = set(re.findall(r"https?://[^/\"]+", text)) - {"http://loinc.org"}
    assert {one for one in addresses if not one.endswith(".example")} == set()
    codes = set(re.findall(r'"(?:activation_code|starting_password)": "([^"]*)"', text))
    assert codes == {"DEJA-SERV-DEJA-SERV"}


@every
def test_examples_are_as_their_schemas_say(path: str, method: str, one: dict[str, Any]) -> None:
    contents = list(one.get("requestBody", {}).get("content", {}).values())
    for status, answer in one["responses"].items():
        if status.startswith("2"):
            contents += answer.get("content", {}).values()
    for content in contents:
        if "example" in content:
            schema = content["schema"] | {"components": DESCRIPTION["components"]}
            jsonschema_rs.validate(schema, content["example"], validate_formats=True)


def test_every_reference_leads_somewhere() -> None:
    text = orjson.dumps(DESCRIPTION).decode()

    for kind, name in set(re.findall(r'"#/components/(\w+)/([^"]+)"', text)):
        assert name in DESCRIPTION["components"][kind], name


def test_problem_examples_are_problems() -> None:
    schema = {"$ref": "#/components/schemas/Problem", "components": DESCRIPTION["components"]}

    for example in DESCRIPTION["components"]["examples"].values():
        jsonschema_rs.validate(schema, example["value"])


def test_every_reason_listed_has_a_known_status() -> None:
    assert {reason.status for reason in REASONS.values()} <= {*STATUS.values(), 405, 408, 431, 500}
    for name, reason in REASONS.items():
        assert re.fullmatch(r"[A-Z][A-Z0-9_]+", name)
        assert reason.sentence.endswith(".")


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        (consents.Form, consents.FORMS),
        (representatives.RepresentationKind, representatives.KINDS),
        (notifications.NotificationKind, notifications.KINDS),
        (professionals.AccountState, professionals.ACCOUNTS),
        (accounts.LoginMeans, accounts.MEANS),
        (evidence.Decision, evidence.DECISIONS),
        (sources.Outcome, sources.OUTCOMES),
        (sources.ActKind, sources.ACT_KINDS),
        (reviews.ReviewState, reviews.STATES),
        (reviews.Verdict, reviews.VERDICTS),
        (change_requests.RequestState, change_requests.STATES),
        (imports.SourceFormat, imports.FORMATS),
        (imports.ImportState, imports.STATES),
        (imports.LineOutcome, imports.OUTCOMES),
        (differences.Settlement, differences.SETTLEMENTS),
        (threads.ThreadKind, threads.KINDS),
        (messages.Origin, messages.ORIGINS),
        (items.TaskState, items.STATES),
        (attachments.ThumbnailState, attachments.THUMBNAILS),
        (news.NewsKind, news.KINDS),
        (stays.StayKind, stays.KINDS),
        (preferences.Topic, preferences.TOPICS),
        (preferences.Pace, preferences.PACES),
        (addressees.WayKind, addressees.KINDS),
        (webhooks.DeliveryState, webhooks.STATES),
    ],
)
def test_the_words_of_an_enumeration_are_those_of_the_contract(words: Any, codes: Any) -> None:
    assert set(words.__args__) == set(codes.number)


def test_every_action_and_basis_has_its_french_words() -> None:
    assert set(journal.ACTION.number) == set(journal.ACTIONS)
    assert set(journal.BASIS.number) == set(journal.BASES)
    assert set(journal.RESOURCE.number) == set(journal.RESOURCES)


def test_the_answers_are_the_structs_of_the_code() -> None:
    schema = msgspec.json.schema(consents.Consent)["$defs"]["Consent"]

    assert DESCRIPTION["components"]["schemas"]["Consent"] == schema


async def test_the_page_can_be_read_without_scripts_or_strangers(gateway: Any, http: Any) -> None:
    answer = await http.get("/docs")

    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'") and "unsafe" not in policy
    html = answer.text
    assert "<script" not in html and "style=" not in html and " onclick" not in html
    assert set(re.findall(r'(?:href|src)="([^"#][^"]*)"', html)) == {"/docs/style.css", "/openapi.json"}
    assert '<html lang="fr">' in html
    for operation in ("publish_document", "withdraw_consent"):
        assert f'id="{operation}"' in html
    assert (await http.get("/docs/style.css")).headers["content-type"] == "text/css; charset=utf-8"


async def test_the_served_description_names_the_public_address(gateway: Any, http: Any) -> None:
    served = (await http.get("/openapi.json")).json()

    assert served["openapi"].startswith("3.1")
    assert served["servers"] == [{"url": "https://api.test"}]
    assert served["paths"] == orjson.loads(orjson.dumps(DESCRIPTION["paths"]))


def test_the_page_escapes_what_it_shows() -> None:
    description = orjson.loads(orjson.dumps(DESCRIPTION))
    description["paths"]["/v1/me"]["get"]["summary"] = "<script>alert(1)</script>"

    assert "<script" not in page.rendered(description, {})


def test_the_page_tells_what_somebody_asks_on_the_first_day_and_leads_to_it() -> None:
    """Login and its issuers, place, refusals, idempotency, versions: each in the menu, each with words of its own."""
    html = page.rendered(DESCRIPTION, {"https://connexion.test/realms/pro": ["professional", "administrator"]})

    for title, word in (
        ("Se connecter", "https://connexion.test/realms/pro"),
        ("Choisir un lieu d’exercice", "Terresante-Place"),
        ("Lire un refus", "urn:terresante:NOT_IN_CIRCLE"),
        ("Créer une seule fois", "IDEMPOTENCY_KEY_REUSED"),
        ("Changer sans écraser", "If-Match"),
    ):
        name = markdown.anchor(title)
        assert f'<a href="#{name}">{title}</a>' in html
        told = html.split(f'<h2 id="{name}">')[1].split("<h2")[0]
        assert word in told
    targets = set(re.findall(r'href="#([^"]+)"', html))
    assert targets <= set(re.findall(r' id="([^"]+)"', html))
    assert {f"reason-{reason}" for reason in DESCRIPTION["components"]["examples"]} <= targets


def test_no_mark_of_markdown_is_shown_as_it_is() -> None:
    html = page.rendered(DESCRIPTION, {})
    text = re.sub(r"<pre.*?</pre>|<code>.*?</code>|<[^>]+>", "", html, flags=re.DOTALL)

    assert not re.findall(r"`|\*\*|^- |^#", text, re.MULTILINE)


def test_the_fields_of_a_body_are_told_with_their_forms_and_whether_they_must_be_there() -> None:
    told = {row.name: row for row in fields.rows({"$ref": "#/components/schemas/NewConsent"}, SCHEMAS)}

    assert told["form"].required and " | " in told["form"].form
    assert told["given_at"].form == "date et heure" and told["given_at"].meaning
    listed = [row.name for row in fields.rows({"$ref": "#/components/schemas/Documents"}, SCHEMAS)]
    assert {"items", "items[].id", "items[].visibility.hidden_from_patient", "next_cursor"} <= set(listed)
