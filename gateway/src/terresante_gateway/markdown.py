"""The Markdown of our texts as HTML: CommonMark, with anchors on headings and French spaces that no line breaks at."""

import re
from collections.abc import Iterator
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

_MARKDOWN = MarkdownIt("commonmark", {"html": False})
_BEFORE = re.compile(r" ([:;?!»])")


def inline(text: object) -> str:
    """One line or paragraph. What looks like HTML in it is shown as it is."""
    (paragraph,) = _MARKDOWN.parseInline(str(text))
    return _shown([paragraph])


def anchor(title: str) -> str:
    """The id of a heading."""
    return re.sub(r"\W+", "-", title.lower()).strip("-")


def blocks(text: str) -> Iterator[str]:
    """A text, block by block."""
    block: list[Token] = []
    for token in _MARKDOWN.parse(text):
        block.append(token)
        if token.level == 0 and token.nesting <= 0:
            yield _shown(block)
            block = []


def headings(text: str) -> list[str]:
    """Its headings, in order."""
    tokens = _MARKDOWN.parse(text)
    return [inner.content for token, inner in pairwise(tokens) if token.type == "heading_open"]


def _shown(block: list[Token]) -> str:
    if block[0].type == "heading_open":
        block[0].attrSet("id", anchor(block[1].content))
    for token in block:
        for child in token.children or ():
            if child.type == "text":
                child.content = _BEFORE.sub("\u00a0\\1", child.content).replace("« ", "«\u00a0")
    html: str = _MARKDOWN.renderer.render(block, _MARKDOWN.options, {})
    return html.strip().replace("<pre>", '<pre tabindex="0">')  # what scrolls must be reached by keyboard
