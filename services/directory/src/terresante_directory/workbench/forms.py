"""What people type: read within limits, kept whole for the form that is shown again, and never taken from elsewhere."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from terresante_platform.refusals import Denied, Invalid, TooLarge, Unsupported

LARGEST_BODY = 64 * 1024
MOST_FIELDS = 500
BODY_SECONDS = 10.0
FORM = "application/x-www-form-urlencoded"
OWN = frozenset({"_jeton", "_envoi"})
"""Fields of our own: the session's token, and what makes one sending of a form known again."""


class FormForeign(Denied):
    """A form that another site sent, or that does not say where it comes from."""

    reason = "FORM_FOREIGN"


class FormInvalid(Invalid):
    """A body that is no form of ours."""

    reason = "FORM_INVALID"


class FormTooLarge(TooLarge):
    """More than a form holds."""

    reason = "FORM_TOO_LARGE"


class FormUnsupported(Unsupported):
    """Another kind of content than a form."""

    reason = "FORM_UNSUPPORTED"


class FormTooSlow(Invalid):
    """The body did not come in time."""

    reason = "REQUEST_TOO_SLOW"


class Typed:
    """The fields of a form, as typed. A field that is not there is blank."""

    def __init__(self, fields: Mapping[str, Sequence[str]]) -> None:
        self.fields = {name: list(values) for name, values in fields.items()}

    @classmethod
    def of(cls, **values: str | Iterable[str]) -> "Typed":
        """A form that begins with these values."""
        return cls({name: [value] if isinstance(value, str) else list(value) for name, value in values.items()})

    def one(self, name: str) -> str:
        """The field's text."""
        return next(iter(self.fields.get(name, ())), "")

    def all(self, name: str) -> list[str]:
        """The texts of a field that is there several times."""
        return self.fields.get(name, [])

    def number(self, name: str) -> int:
        """The field as a whole number; 0 if it is none."""
        return whole(self.one(name))

    def kept(self) -> dict[str, list[str]]:
        """What a person typed, without our own fields."""
        return {name: values for name, values in self.fields.items() if name not in OWN}


def whole(text: str) -> int:
    """A whole number of at most 18 digits; 0 for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


async def read(request: Request) -> Typed:
    """The form in a request's body. Raises refusals for what is none, too large or too slow."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise FormUnsupported("Ce contenu n’est pas celui d’un formulaire.", "Envoyez le formulaire de la page.")
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                body += part
                if len(body) > LARGEST_BODY:
                    raise FormTooLarge("Ce formulaire est trop long.", "Raccourcissez les textes saisis.")
    except TimeoutError:
        raise FormTooSlow("Le formulaire n’est pas arrivé à temps.", "Vérifiez votre réseau, puis réessayez.") from None
    except ClientDisconnect:
        raise FormInvalid("Le formulaire n’est pas arrivé entier.", "Envoyez-le de nouveau.") from None
    return parsed(bytes(body))


def parsed(body: bytes) -> Typed:
    """The fields of an encoded form. Raises `FormInvalid`."""
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(body),
            encoding="utf-8",
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError:
        raise FormInvalid("Ce contenu n’est pas celui d’un formulaire.", "Rechargez la page, puis réessayez.") from None
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value.replace("\r\n", "\n"))
    return Typed(fields)


def token_sent(request: Request, typed: Typed) -> tuple[str, str]:
    """What a form carries: the token of its session, and the mark of whom it was made for. Either may be made up."""
    token, _, whose = (typed.one("_jeton") or request.headers.get("x-jeton", "")).partition(".")
    return token, whose


def must_be_ours(request: Request, origin: str) -> None:
    """Raises `FormForeign` unless the browser says that the request comes from a page of ours.

    Browsers send `Origin` with every POST and `Sec-Fetch-Site` with every request; a program that sends neither has no
    cookie to be abused, but no business here either.
    """
    said = request.headers.get("origin", "")
    site = request.headers.get("sec-fetch-site", "same-origin")
    if said != origin or site != "same-origin":
        raise FormForeign(
            "Ce formulaire ne vient pas d’une page de cet outil : rien n’a été fait.",
            "Si vous n’avez rien demandé, fermez cette page. Sinon, recommencez depuis l’accueil.",
        )
