"""/docs: the API as one readable page, and /openapi.json. No script, no third-party request, a strict CSP."""

import html
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any

import orjson
from fastapi import APIRouter

from terresante_gateway import markdown
from terresante_gateway.examples import Examples
from terresante_gateway.fields import Row, rows
from terresante_gateway.operation import NOBODY, Operation, Page, on, operations_of

KINDS = {
    "professional": "professionnels",
    "administrator": "administrateurs",
    "patient": "patients",
    "system": "systèmes",
}
Issuers = Mapping[str, Sequence[str]]


def operations(description: dict[str, Any], issuers: Issuers) -> list[Operation]:
    """The page, its style and the description, ready to be served. `issuers`: URL -> whom it logs in."""
    page = rendered(description, issuers).encode()
    style = (files(__package__) / "data" / "docs.css").read_bytes()
    text = orjson.dumps(description)
    router = APIRouter(tags=["Description"])

    @on(router, "GET", "/docs", "La description, à lire", NOBODY)
    async def get_docs() -> Page:
        return Page("text/html; charset=utf-8", page)

    @on(router, "GET", "/docs/style.css", "Son apparence", NOBODY)
    async def get_style() -> Page:
        return Page("text/css; charset=utf-8", style)

    @on(router, "GET", "/openapi.json", "La description, pour les programmes", NOBODY)
    async def get_openapi() -> Page:
        return Page("application/json", text)

    return operations_of([router])


def rendered(description: dict[str, Any], issuers: Issuers) -> str:
    """The HTML page of an OpenAPI description."""
    by_tag: dict[str, list[str]] = defaultdict(list)
    examples = Examples.read()
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            shown = _operation(method, path, operation, description["components"], examples)
            by_tag[operation["tags"][0]].append("".join(shown))
    info = description["info"]
    body = "".join(
        f'<section aria-labelledby="{_tag(tag)}"><h2 id="{_tag(tag)}">{_text(tag)}</h2>{"".join(shown)}</section>'
        for tag, shown in by_tag.items()
    )
    guide = list(markdown.blocks(info["description"]))
    second = [at for at, block in enumerate(guide) if block.startswith("<h2")][1]
    guide.insert(second, _issuers(issuers))
    return (
        '<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>'
        f'{_text(info["title"])}</title><meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="stylesheet" href="/docs/style.css"></head><body>'
        '<a class="skip" href="#contenu">Aller au contenu</a>'
        f"<header><h1>{_text(info['title'])}</h1><p>{_text(info['summary'])}."
        ' Pour les programmes : <a href="/openapi.json">openapi.json</a> (OpenAPI 3.1).</p></header>'
        f'<div class="sides">{_menu(markdown.headings(info["description"]), list(by_tag))}'
        f'<main id="contenu">{"".join(guide)}{body}{_reasons(description["components"])}</main></div>'
        "</body></html>"
    )


def _menu(headings: list[str], tags: list[str]) -> str:
    first = "".join(f'<li><a href="#{markdown.anchor(title)}">{_text(title)}</a></li>' for title in headings)
    second = "".join(f'<li><a href="#{_tag(tag)}">{_text(tag)}</a></li>' for tag in tags)
    return (
        f'<nav aria-label="Sommaire"><h2>Commencer</h2><ul>{first}</ul><h2>Ressources</h2><ul>{second}'
        '<li><a href="#motifs">Motifs de refus</a></li></ul></nav>'
    )


def _issuers(issuers: Issuers) -> str:
    if not issuers:
        return ""
    told = "".join(
        f"<tr><td>{_text(_kinds(kinds))}</td><td><code>{_text(url)}</code></td></tr>" for url, kinds in issuers.items()
    )
    return f'<h3 id="emetteurs">Émetteurs acceptés ici</h3>{_table(("Pour les", "Émetteur"), told, "Émetteurs")}'


def _kinds(kinds: Sequence[str]) -> str:
    return ", ".join(KINDS.get(kind, kind) for kind in kinds) or "tout le monde"


def _operation(
    method: str, path: str, operation: dict[str, Any], components: dict[str, Any], examples: Examples
) -> Iterator[str]:
    authz, name = operation["x-authz"], operation["operationId"]
    yield f'<details class="operation"><summary><span class="verb {method}">{method.upper()}</span>'
    yield f'<code>{_text(path)}</code><span>{_text(operation["summary"])}</span></summary><div id="{name}">'
    yield from markdown.blocks(operation.get("description", ""))
    fresh = f", connexion de moins de {authz['max_age']} s" if "max_age" in authz else ""
    level = f" ; <code>acr</code> {authz['acr']} au moins{fresh}" if authz["kinds"] else ", sans connexion"
    yield f"<p><strong>Qui peut</strong> : {_text(_kinds(authz['kinds']))}{level}.</p>"
    if operation.get("parameters"):
        told = "".join(map(_parameter, operation["parameters"]))
        yield _table(("Paramètre", "Où", "Sens"), told, "Paramètres")
    body = operation.get("requestBody", {})
    success = next(answer for status, answer in operation["responses"].items() if status.startswith("2"))
    status = next(status for status in operation["responses"] if status.startswith("2"))
    yield from _fields("Champs à envoyer", body, components["schemas"])
    yield from _exchange(method, operation, status, examples)
    yield from _fields("Champs reçus", success, components["schemas"])
    yield "<h3>Refus</h3>"
    yield _refusals(operation["responses"], components)
    yield "</div></details>"


def _parameter(one: dict[str, Any]) -> str:
    needed = " <strong>obligatoire</strong>" if one.get("required") else ""
    meaning = one.get("description") or one.get("schema", {}).get("description", "")
    places = {"path": "adresse", "query": "requête", "header": "en-tête"}
    name, where = _text(one["name"]), places.get(one["in"], one["in"])
    return f"<tr><td><code>{name}</code>{needed}</td><td>{where}</td><td>{markdown.inline(meaning)}</td></tr>"


def _exchange(method: str, operation: dict[str, Any], status: str, examples: Examples) -> Iterator[str]:
    """What was sent to the sandbox and what came back, as HTTP shows it."""
    try:
        heard = examples.recorded(operation["operationId"], int(status))
    except KeyError:
        return
    request, answer = heard["request"], heard["answer"]
    yield "<h3>Un échange réel du bac à sable</h3>"
    sent, got = operation.get("requestBody", {}), operation["responses"][status]
    yield _message(f"{method.upper()} {request['target']}", sent, request)
    yield _message(f"HTTP/1.1 {status}", got, answer)


def _message(first: str, described: dict[str, Any], message: dict[str, Any]) -> str:
    lines = [first, *(f"{name}: {value}" for name, value in message.get("headers", {}).items())]
    if described.get("content") and "body" in message:
        lines.append(f"Content-Type: {next(iter(described['content']))}")
    if "body" in message:
        lines += ["", orjson.dumps(message["body"], option=orjson.OPT_INDENT_2).decode()]
    return f'<pre tabindex="0"><code>{_text(chr(10).join(lines))}</code></pre>'


def _fields(title: str, about: dict[str, Any], schemas: dict[str, Any]) -> Iterator[str]:
    for content in about.get("content", {}).values():
        told = "".join(map(_row, rows(content.get("schema", {}), schemas)))
        if told:
            table = _table(("Champ", "Forme", "Sens"), told, title)
            yield f'<details class="fields"><summary>{_text(title)}</summary>{table}</details>'


def _row(row: Row) -> str:
    needed = " <strong>obligatoire</strong>" if row.required else ""
    name, form = _text(row.name), _text(row.form)
    return f"<tr><td><code>{name}</code>{needed}</td><td>{form}</td><td>{markdown.inline(row.meaning)}</td></tr>"


def _refusals(responses: dict[str, Any], components: dict[str, Any]) -> str:
    told = []
    for status, answer in responses.items():
        if "$ref" in answer:
            shared = components["responses"][answer["$ref"].rsplit("/", 1)[1]]["description"]
            reasons = shared.partition(" : ")[2].split(", ")
            links = " ".join(f'<a href="#reason-{reason}"><code>{reason}</code></a>' for reason in reasons)
            told.append(f"<dt>{status}</dt><dd>{links}</dd>")
    return f'<dl class="refusals">{"".join(told)}</dl>'


def _reasons(components: dict[str, Any]) -> str:
    told = "".join(
        f'<tr id="reason-{reason}"><td><code>{reason}</code></td><td>{one["value"]["status"]}</td>'
        f"<td>{_text(one['value']['detail'])} {_text(one['value']['todo'])}</td></tr>"
        for reason, one in sorted(components["examples"].items())
    )
    table = _table(("Motif", "Statut", "Ce que lit la personne"), told, "Motifs de refus")
    return f'<section aria-labelledby="motifs"><h2 id="motifs">Motifs de refus</h2>{table}</section>'


def _table(heads: Sequence[str], body: str, title: str) -> str:
    head = "".join(f'<th scope="col">{_text(one)}</th>' for one in heads)
    return (
        f'<div class="wide" role="region" aria-label="{_text(title)}" tabindex="0">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _tag(tag: str) -> str:
    return f"tag-{markdown.anchor(tag)}"


def _text(text: object) -> str:
    return html.escape(str(text))
