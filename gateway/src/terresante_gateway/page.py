"""/docs: the API as one readable page, and /openapi.json. No script, no third-party request, a strict CSP."""

import html
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import orjson
from fastapi import APIRouter

from terresante_gateway.operation import NOBODY, Operation, Page, on, operations_of

STYLE = """\
:root { color-scheme: light dark; --line: #8886; --soft: #8882; }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 62rem; padding: 1rem; }
h2 { border-bottom: 2px solid var(--line); margin-top: 2.5rem; }
nav ul { columns: 3 14rem; padding-left: 1rem; }
details { border: 1px solid var(--line); border-radius: .4rem; margin: .5rem 0; padding: .4rem .8rem; }
summary { cursor: pointer; }
summary:focus-visible, a:focus-visible { outline: 3px solid; outline-offset: 2px; }
code, pre { font-family: ui-monospace, monospace; font-size: .9em; }
pre { background: var(--soft); border-radius: .4rem; max-height: 26rem; overflow: auto; padding: .6rem; }
.verb { display: inline-block; font-weight: 700; min-width: 4.5rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .25rem .5rem; text-align: left; vertical-align: top; }
"""


def operations(description: dict[str, Any]) -> list[Operation]:
    """The page, its style and the description, ready to be served."""
    page = rendered(description).encode()
    text = orjson.dumps(description)
    router = APIRouter(tags=["Description"])

    @on(router, "GET", "/docs", "La description, à lire", NOBODY)
    async def get_docs() -> Page:
        return Page("text/html; charset=utf-8", page)

    @on(router, "GET", "/docs/style.css", "Son apparence", NOBODY)
    async def get_style() -> Page:
        return Page("text/css; charset=utf-8", STYLE.encode())

    @on(router, "GET", "/openapi.json", "La description, pour les programmes", NOBODY)
    async def get_openapi() -> Page:
        return Page("application/json", text)

    return operations_of([router])


def rendered(description: dict[str, Any]) -> str:
    """The HTML page of an OpenAPI description."""
    by_tag: dict[str, list[str]] = defaultdict(list)
    shared = description["components"]["responses"]
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            by_tag[operation["tags"][0]].append("".join(_operation(method, path, operation, shared)))
    info = description["info"]
    menu = "".join(f'<li><a href="#{_anchor(tag)}">{_text(tag)}</a></li>' for tag in by_tag)
    body = "".join(
        f'<section aria-labelledby="{_anchor(tag)}"><h2 id="{_anchor(tag)}">{_text(tag)}</h2>{"".join(shown)}</section>'
        for tag, shown in by_tag.items()
    )
    introduction = "".join(
        f"<p>{_text(part).replace('**', '')}</p>"
        for part in info["description"].replace("\n- ", "\n\n- ").split("\n\n")
    )
    return (
        '<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>'
        f'{_text(info["title"])}</title><meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="stylesheet" href="/docs/style.css"></head><body><header>'
        f'<h1>{_text(info["title"])}</h1>{introduction}<p><a href="/openapi.json">openapi.json</a></p></header>'
        f'<nav aria-label="Ressources"><ul>{menu}</ul></nav><main>{body}</main></body></html>'
    )


def _operation(method: str, path: str, operation: dict[str, Any], shared: dict[str, Any]) -> Iterator[str]:
    authz = operation["x-authz"]
    yield f'<details id="{operation["operationId"]}"><summary><span class="verb">{method.upper()}</span>'
    yield f" <code>{_text(path)}</code> — {_text(operation['summary'])}</summary>"
    yield f"<p>{_text(operation.get('description', ''))}</p>"
    kinds = ", ".join(authz["kinds"]) or "tout le monde"
    fresh = f", connexion de moins de {authz['max_age']} s" if "max_age" in authz else ""
    yield f"<p>Qui peut : {_text(kinds)} ; acr {authz['acr']} au moins{fresh}.</p>"
    if operation.get("parameters"):
        yield "<table><thead><tr><th>Paramètre</th><th>Où</th><th>Sens</th></tr></thead><tbody>"
        for one in operation["parameters"]:
            needed = " (obligatoire)" if one.get("required") else ""
            meaning = one.get("description") or one.get("schema", {}).get("description", "")
            name = f"<code>{_text(one['name'])}</code>{needed}"
            yield f"<tr><td>{name}</td><td>{one['in']}</td><td>{_text(meaning)}</td></tr>"
        yield "</tbody></table>"
    yield from _contents("Envoyer", operation.get("requestBody", {}))
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            yield from _contents(f"Réponse {status}", answer)
        else:
            told = shared[answer["$ref"].rsplit("/", 1)[1]]["description"]
            yield f"<p><strong>{status}</strong> {_text(told)}</p>"
    yield "</details>"


def _contents(title: str, about: dict[str, Any]) -> Iterator[str]:
    for media_type, content in about.get("content", {}).items():
        shown = content.get("example", content.get("schema"))
        text = orjson.dumps(shown, option=orjson.OPT_INDENT_2).decode()
        yield f"<h3>{_text(title)} <code>{_text(media_type)}</code></h3><pre>{_text(text)}</pre>"


def _anchor(tag: str) -> str:
    return "tag-" + "".join(character if character.isalnum() else "-" for character in tag.lower())


def _text(text: object) -> str:
    return html.escape(str(text))
