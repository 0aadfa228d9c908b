"""What FHIR clients send: a Parameters resource, read strictly as to types and limits. Elements that this platform does
not use are passed over, as FHIR asks of a receiver; those that change the meaning of others are refused.
"""

import re
from typing import Annotated, Any, Literal

import msgspec
from fastapi import Depends
from msgspec import Meta, Struct

from terresante_gateway import reading
from terresante_gateway.exchange import Exchange
from terresante_gateway.problems import FieldError, FieldsInvalid

_FHIR_JSON = b"application/fhir+json"
MEDIA_TYPES = reading.JSON | {_FHIR_JSON, _FHIR_JSON + b";charset=utf-8", _FHIR_JSON + b";fhirversion=4.0"}
_PLACE = re.compile(r" - at `\$\.?([^`]*)`$")
_SENTENCES = (
    ("Invalid enum value", "Cette valeur n’est pas attendue ici."),
    ("Object missing required field", "Il manque un élément obligatoire : {element}."),
    ("of length", "Cet élément est trop long."),
    ("Expected `object", "Un objet JSON est attendu."),
    ("Expected `array", "Une liste est attendue."),
    ("Expected `str", "Un texte est attendu."),
    ("Expected `int", "Un nombre entier est attendu."),
    ("Expected `bool", "Vrai ou faux est attendu."),
)
_ELEMENT = re.compile(r"required field `(\w+)`")

Word = Annotated[str, Meta(max_length=64)]
Name = Annotated[str, Meta(max_length=300)]
Uri = Annotated[str, Meta(max_length=255)]


class Element(Struct, rename="camel"):
    """What a FHIR element is read as: what is not named here is passed over."""


class Coding(Element):
    """A code."""

    system: Uri | None = None
    code: Word | None = None


class CodeableConcept(Element):
    """A notion, by its codes."""

    coding: Annotated[list[Coding], Meta(max_length=20)] = []


class Identifier(Element):
    """A number, and who gives it."""

    use: Word | None = None
    type: CodeableConcept | None = None
    system: Uri | None = None
    value: Annotated[str, Meta(max_length=128)] | None = None


class Extension(Element):
    """An extension; read for those that `terms` names."""

    url: Uri | None = None
    value_string: Name | None = None
    value_coding: Coding | None = None
    value_address: "Address | None" = None


class Address(Element):
    """A place."""

    country: Word | None = None
    postal_code: Word | None = None
    extension: Annotated[list[Extension], Meta(max_length=20)] = []


class HumanName(Element):
    """A name. A given name may be `null` where only its extension is known."""

    use: Word | None = None
    family: Name | None = None
    given: Annotated[list[Name | None], Meta(max_length=20)] = []
    extension: Annotated[list[Extension], Meta(max_length=20)] = []


class Patient(Element):
    """A person who is asked for."""

    resource_type: Literal["Patient"]
    identifier: Annotated[list[Identifier], Meta(max_length=50)] = []
    name: Annotated[list[HumanName], Meta(max_length=20)] = []
    gender: Literal["male", "female", "other", "unknown"] | None = None
    birth_date: Annotated[str, Meta(max_length=32)] | None = None
    extension: Annotated[list[Extension], Meta(max_length=50)] = []
    modifier_extension: list[Any] = []
    implicit_rules: Uri | None = None


class Parameter(Element):
    """One argument of an operation."""

    name: Word
    resource: Patient | None = None
    value_boolean: bool | None = None
    value_integer: int | None = None
    value_identifier: Identifier | None = None
    value_uri: Uri | None = None


class Parameters(Element):
    """The arguments of an operation."""

    resource_type: Literal["Parameters"]
    parameter: Annotated[list[Parameter], Meta(max_length=50)] = []
    implicit_rules: Uri | None = None

    def one(self, name: str, value: str, needed: str = "") -> Any:
        """The value of the parameter `name` in its element `value`; None without it. Refuses with FIELDS_INVALID if it
        comes twice, has another kind of value, or lacks although `needed` says in French what it is.
        """
        found = self.every(name, value)
        if len(found) > 1:
            raise refused("Parameters.parameter", f"Le paramètre {name} est donné deux fois.")
        if not found and needed:
            raise refused("Parameters.parameter", f"Il manque le paramètre {name} : {needed}.")
        return found[0] if found else None

    def every(self, name: str, value: str) -> list[Any]:
        """The values of all parameters `name`. Refuses with FIELDS_INVALID one without such a value."""
        found = []
        for index, one in enumerate(self.parameter):
            if one.name == name:
                if getattr(one, value) is None:
                    shown = msgspec.structs.fields(Parameter)
                    element = next(field.encode_name for field in shown if field.name == value)
                    raise refused(f"Parameters.parameter[{index}]", f"Le paramètre {name} se donne par {element}.")
                found.append(getattr(one, value))
        return found

    def only(self, *names: str) -> None:
        """Refuses with FIELDS_INVALID a parameter of another name, and rules that would give all another meaning."""
        if self.implicit_rules:
            raise refused("Parameters.implicitRules", "Des règles implicites ne sont pas acceptées.")
        for index, one in enumerate(self.parameter):
            if one.name not in names:
                known = ", ".join(names)
                raise refused(f"Parameters.parameter[{index}].name", f"Ce paramètre n’existe pas ici : {known}.")


class Resource:
    """The body of one request, to be read once."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def parameters(self) -> Parameters:
        """Refuses with the reasons of JSON bodies and FIELDS_INVALID."""
        exchange = self._exchange
        body = await reading.json_body(exchange.given, exchange.receive, exchange.body_seconds, media_types=MEDIA_TYPES)
        reading.strict_json(body)
        try:
            return msgspec.json.decode(body, type=Parameters)
        except msgspec.ValidationError as error:
            raise _told(str(error)) from None


def _resource_of(exchange: Exchange) -> Resource:
    return Resource(exchange)


Given = Annotated[Resource, Depends(_resource_of)]


def refused(element: str, sentence: str) -> FieldsInvalid:
    """The refusal of one element, named by its FHIRPath."""
    return FieldsInvalid([FieldError(element, sentence)])


def _told(message: str) -> FieldsInvalid:
    """What msgspec found, in French, without the value that was given."""
    place = _PLACE.search(message)
    element = "Parameters" + (f".{place[1]}" if place and place[1] else "")
    sentence = next((told for found, told in _SENTENCES if found in message), "Cette valeur n’est pas acceptée.")
    lacking = _ELEMENT.search(message)
    return refused(element, sentence.format(element=lacking[1] if lacking else ""))
