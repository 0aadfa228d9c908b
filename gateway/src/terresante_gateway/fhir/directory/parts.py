"""The parts that resources of the directory share: metadata, identifiers, addresses, contacts, coded values."""

from collections.abc import Iterable
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from terresante.directory.v1 import extract_service_pb2 as pb
from terresante.directory.v1 import ror_service_pb2 as ror

from terresante_gateway import words
from terresante_gateway.fhir import terms
from terresante_gateway.fhir.directory import names

Json = dict[str, Any]
SYSTEMS = {
    "1": "phone", "2": "phone", "3": "email", "4": "url", "6": "fax", "8": "phone", "9": "email",
    "phone": "phone", "email": "email", "mssante": "email", "url": "url", "fax": "fax", "sms": "sms",
}  # fmt: skip
"""ContactPoint.system by channel: codes of TRE_R200, and the words that older content has."""
SECURE_MAIL = "mssante"
FREE = 1


def instant(stamp: Timestamp) -> str:
    """To the microsecond, in UTC."""
    return words.read(stamp).isoformat().replace("+00:00", "Z")


def meta(dates: pb.ExtractDates, profiles: list[str], territory: str = "", version: int = 0) -> Json:
    """`territory`: blank if it has none. `version`: 0 if it has none."""
    tags = [{"system": names.REGIONS, "code": names.REGION}]
    if territory:
        tags.append({"system": names.TERRITORIES, "code": territory})
    found: Json = {"versionId": str(version)} if version else {}
    return found | {"lastUpdated": instant(dates.changed_at), "profile": profiles, "tag": tags}


def created(dates: pb.ExtractDates) -> Json:
    """Since when the directory knows it."""
    return {"url": names.CREATED, "valueDateTime": instant(dates.known_since)}


def concept(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}


def number(kind: str, system: str, value: str, use: str = "official") -> Json:
    """A national identifier. `kind`: its type in fr-core-cs-v2-0203."""
    return {"use": use, "type": concept(names.NUMBERS, kind), "system": system, "value": value}


def own_number(id: str, type_system: str, type_code: str) -> Json:
    """The platform's own id as an identifier, with the type that the profile wants."""
    return {
        "use": "secondary",
        "type": concept(type_system, type_code),
        "system": terms.URIS,
        "value": f"{terms.UUID}{id}",
    }


def reference(type: str, id: str) -> Json:
    return {"reference": f"{type}/{id}"}


def address(content: ror.StructureContent) -> Json:
    """Blank if nothing is known of it."""
    found: Json = {}
    if content.address_line:
        found["line"] = [content.address_line]
    if content.commune:
        found["city"] = content.commune
    if content.postal_code:
        found["postalCode"] = content.postal_code
    if content.commune_code:
        coding = {"system": names.COMMUNES, "code": content.commune_code}
        found["extension"] = [{"url": names.INSEE_CODE, "valueCoding": coding}]
    return found


def level(telecom: ror.Telecom) -> int:
    return telecom.confidentiality or FREE


def _marks(telecom: ror.Telecom) -> list[Json]:
    """Channel, usage and level, as the ROR adds them to a way of reaching somebody. A channel of ours is text."""
    coded = telecom.channel.isdigit()
    channel = concept(names.CHANNELS, telecom.channel) if coded else {"text": telecom.channel}
    found: list[Json] = [{"url": names.CHANNEL, "valueCodeableConcept": channel}]
    if telecom.label:
        found.append({"url": names.USAGE, "valueString": telecom.label})
    found.append(confidential(names.TELECOM_LEVEL, telecom))
    return found


def confidential(url: str, telecom: ror.Telecom) -> Json:
    return {"url": url, "valueCodeableConcept": concept(names.LEVELS, str(level(telecom)))}


def contact_point(telecom: ror.Telecom) -> Json:
    """A ContactPoint of the ROR."""
    system = SYSTEMS.get(telecom.channel, "other")
    return {"extension": _marks(telecom), "system": system, "value": telecom.value}


def offer_contact(telecom: ror.Telecom) -> Json:
    """A way of reaching an offer, as the extension ror-healthcareservice-contact."""
    way = {"url": names.CONTACT_TELECOM, "extension": [*_marks(telecom), _address_of(telecom)]}
    return {"url": names.CONTACT, "extension": [confidential(names.CONTACT_LEVEL, telecom), way]}


def _address_of(telecom: ror.Telecom) -> Json:
    return {"url": "telecomAddress", "valueString": telecom.value}


def secure(telecoms: Iterable[ror.Telecom], wanted: bool) -> list[ror.Telecom]:
    """Those that are secure mailboxes (MSSanté), or those that are not."""
    return [one for one in telecoms if (one.channel == SECURE_MAIL) is wanted]
