"""Activation letters as one PDF, to print or hand over. Each holds a username and perhaps a code that serves once.

Made by reportlab with fonts that every reader has: nothing of the machine is needed (docs/decisions/0011-workbench.md).
"""

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from xml.sax.saxutils import escape

from reportlab.lib.enums import TA_CENTER  # type: ignore[import-untyped]
from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped]
from reportlab.lib.styles import ParagraphStyle  # type: ignore[import-untyped]
from reportlab.lib.units import mm  # type: ignore[import-untyped]
from reportlab.platypus import (  # type: ignore[import-untyped]
    Flowable,
    PageBreak,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
)

from terresante_directory.workbench import words

TEXT = ParagraphStyle("text", fontName="Helvetica", fontSize=11, leading=16, spaceAfter=8)
TITLE = ParagraphStyle("title", parent=TEXT, fontName="Helvetica-Bold", fontSize=16, leading=20, spaceAfter=14)
SECRET = ParagraphStyle("secret", parent=TEXT, fontName="Courier-Bold", fontSize=14, leading=20, alignment=TA_CENTER)
SMALL = ParagraphStyle("small", parent=TEXT, fontSize=9, leading=12)
FONT_CHARACTERS = "cp1252"


@dataclass(frozen=True, slots=True)
class Letter:
    """What it says. `starting_password`: blank for an account that only a card opens.

    `role`: profession, or what an administrator administers. `door`: where they log in, with its article.
    """

    name: str = field(repr=False)
    role: str
    username: str = field(repr=False)
    starting_password: str = field(repr=False)
    made_at: datetime
    door: str = "votre portail"
    lost: str = "demandez une nouvelle lettre à l’administrateur de votre territoire"


def steps(letter: Letter) -> list[str]:
    """What its holder does with it."""
    if not letter.starting_password:
        return [
            "Insérez votre carte CPS dans le lecteur.",
            f"Ouvrez {letter.door} et choisissez la connexion par carte.",
            "Saisissez le code de votre carte.",
        ]
    return [
        "Installez sur votre téléphone une application de codes à usage unique.",
        f"Ouvrez {letter.door} et saisissez l’identifiant et le mot de passe de départ ci-dessus.",
        "Choisissez votre propre mot de passe (12 caractères au moins) : celui de départ ne servira plus.",
        "Photographiez le carré affiché avec l’application, puis recopiez le code qu’elle montre.",
    ]


def pdf(*letters: Letter) -> bytes:
    """The letters, an A4 page each."""
    story = [line for letter in letters for line in (*_page(letter), PageBreak())]
    made = BytesIO()
    document = SimpleDocTemplate(
        made, pagesize=A4, leftMargin=25 * mm, rightMargin=25 * mm, topMargin=25 * mm, title="Ouverture de compte"
    )
    document.build(story)
    return made.getvalue()


def _page(letter: Letter) -> list[Flowable]:
    story: list[Flowable] = [
        _line("Terr-eSanté : ouverture de votre compte", TITLE),
        _line(f"{letter.name}, {letter.role}", TEXT),
        _line(f"Lettre faite le {words.day(letter.made_at)}. Elle remplace toute lettre précédente.", TEXT),
        Spacer(1, 4 * mm),
        _line("Votre identifiant", TEXT),
        _line(letter.username, SECRET),
    ]
    if letter.starting_password:
        story += [_line("Votre mot de passe de départ, qui sert une seule fois", TEXT)]
        story += [_line(letter.starting_password, SECRET)]
    story += [Spacer(1, 4 * mm), _line("Que faire", TEXT)]
    story += [_line(f"{number}. {step}", TEXT) for number, step in enumerate(steps(letter), 1)]
    story += [
        Spacer(1, 6 * mm),
        _line(
            "Ne donnez ce courrier à personne. Personne ne vous demandera votre mot de passe ni vos codes. "
            f"Si vous l’avez perdu, {letter.lost}.",
            SMALL,
        ),
    ]
    return story


def _line(text: str, style: ParagraphStyle) -> Paragraph:
    return Paragraph(escape(_printable(text)), style)


def _printable(text: str) -> str:
    """The text in characters that the fonts have; a letter with a mark they lack is printed without it."""
    return "".join(_character(one) for one in text)


def _character(one: str) -> str:
    for form in (one, unicodedata.normalize("NFKD", one)[:1]):
        try:
            form.encode(FONT_CHARACTERS)
        except UnicodeEncodeError:
            continue
        return form
    return "?"
