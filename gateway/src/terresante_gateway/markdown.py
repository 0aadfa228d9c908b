"""The little Markdown that our texts use, as HTML: headings, paragraphs, lists, code, stress. All of it is escaped."""

import html
import re
from collections.abc import Iterator

_BLOCKS = re.compile(r"^```\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"`([^`]+)`")
_STRONG = re.compile(r"\*\*([^*]+)\*\*")
_BEFORE = re.compile(r" ([:;?!»])")
"""French has a space before these, at which no line may break."""
_STRESSED = re.compile(r"\*([^*]+)\*")


def inline(text: object) -> str:
    """One line or paragraph."""
    pieces = _CODE.split(html.escape(str(text)))
    return "".join(f"<code>{piece}</code>" if at % 2 else _stressed(piece) for at, piece in enumerate(pieces))


def anchor(title: str) -> str:
    """The id of a heading."""
    return re.sub(r"\W+", "-", title.lower()).strip("-")


def blocks(text: str) -> Iterator[str]:
    """A text, block by block."""
    for at, piece in enumerate(_BLOCKS.split(text)):
        if at % 2:
            yield f'<pre tabindex="0"><code>{html.escape(piece.rstrip())}</code></pre>'
        else:
            yield from map(_block, filter(None, re.split(r"\n\n+", piece.strip())))


def headings(text: str) -> list[str]:
    """Its headings, in order."""
    return re.findall(r"^## (.+)$", text, re.MULTILINE)


def _block(text: str) -> str:
    if text.startswith("## "):
        title = text.removeprefix("## ")
        return f'<h2 id="{anchor(title)}">{inline(title)}</h2>'
    if text.startswith("- "):
        items = re.split(r"^- ", text, flags=re.MULTILINE)[1:]
        return "<ul>" + "".join(f"<li>{inline(' '.join(item.split()))}</li>" for item in items) + "</ul>"
    return f"<p>{inline(' '.join(text.split()))}</p>"


def _stressed(text: str) -> str:
    text = _BEFORE.sub("\u00a0\\1", text).replace("« ", "«\u00a0")
    return _STRESSED.sub(r"<em>\1</em>", _STRONG.sub(r"<strong>\1</strong>", text))
