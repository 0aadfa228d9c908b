"""What a mail says, in French: that there is something, and where to read it. No name, no id, nothing of what it is."""

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape
from uuid import UUID

from terresante_messaging.domain.mails import Gist


@dataclass(frozen=True, slots=True)
class Letterhead:
    """From whom mail comes, and where it sends people to."""

    sender: str
    portal_url: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """One mail's own."""

    id: UUID
    to: str
    at: datetime


def news(head: Letterhead, envelope: Envelope, gist: Gist) -> bytes:
    """That there is something new."""
    first, rest = subject(gist), _where(head)
    return _mail(
        head,
        envelope,
        first,
        (
            f"{first} sur Terr-eSanté.",
            f"Pour {'le' if gist.conversations + gist.others == 1 else 'les'} voir, {rest}",
            "Pour votre sécurité, ce courriel ne contient ni nom ni information de santé. Merci de ne pas y répondre.",
            "Pour choisir ce qui vous est envoyé et à quelles heures, ou ne plus rien recevoir : vos préférences, "
            "sur le portail.",
        ),
    )


def code(head: Letterhead, envelope: Envelope, digits: str) -> bytes:
    """The code that proves whose the address is."""
    return _mail(
        head,
        envelope,
        "Votre code de confirmation",
        (
            f"Votre code de confirmation : {digits}",
            "Saisissez-le sur le portail Terr-eSanté dans les quinze minutes, pour confirmer cette adresse.",
            "Si vous n’avez rien demandé, ignorez ce courriel : sans ce code, rien ne vous sera envoyé.",
        ),
    )


def subject(gist: Gist) -> str:
    """The first line: all that is told."""
    if gist.urgent:
        return "Vous avez un message urgent"
    if gist.conversations + gist.others > 1:
        return f"Vous avez {gist.conversations + gist.others} nouveautés"
    return "Vous avez un nouveau message" if gist.conversations else "Vous avez un nouvel avis"


def _where(head: Letterhead) -> str:
    return f"connectez-vous : {head.portal_url}" if head.portal_url else "connectez-vous à votre portail."


def _mail(head: Letterhead, envelope: Envelope, title: str, paragraphs: tuple[str, ...]) -> bytes:
    made = EmailMessage(SMTP)
    made["From"] = f"Terr-eSanté <{head.sender}>"
    made["To"] = envelope.to
    made["Subject"] = title
    made["Date"] = format_datetime(envelope.at)
    made["Message-ID"] = f"<{envelope.id}@{head.sender.rpartition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content("\n\n".join(("Bonjour,", *paragraphs)) + "\n")
    shown = "".join(f"<p>{_linked(head, paragraph)}</p>" for paragraph in ("Bonjour,", *paragraphs))
    page = f'<html lang="fr"><meta charset="utf-8"><title>{escape(title)}</title>'
    made.add_alternative(f"<!doctype html>{page}<body>{shown}</body></html>", subtype="html")
    return made.as_bytes()


def _linked(head: Letterhead, paragraph: str) -> str:
    text, url = escape(paragraph), escape(head.portal_url)
    return text.replace(url, f'<a href="{url}">{url}</a>') if url else text
