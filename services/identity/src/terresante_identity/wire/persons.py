"""Persons, traits, statuses and candidates; ids and moments."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from google.protobuf.timestamp_pb2 import Timestamp
from terresante.identity.v1 import identity_service_pb2 as pb
from terresante_platform.ids import parsed
from terresante_platform.refusals import Invalid

from terresante_identity.domain.births import UNKNOWN_COG, Gazetteer
from terresante_identity.domain.identity import InsiAnswer, Person, PersonId
from terresante_identity.domain.ins import Environment, received_ins
from terresante_identity.domain.matching import BIRTH_PLACE, Candidate
from terresante_identity.domain.status import Flag, Status
from terresante_identity.domain.traits import Sex, Traits, TypedTraits, parsed_insi_traits

MOST_IDS = 200
DEFAULT_CANDIDATES, MOST_CANDIDATES = 20, 50

SEXES: dict[Sex, pb.Sex.ValueType] = {
    Sex.FEMALE: pb.SEX_FEMALE,
    Sex.MALE: pb.SEX_MALE,
    Sex.UNKNOWN: pb.SEX_UNKNOWN,
}
STATUSES: dict[Status, pb.IdentityStatus.ValueType] = {
    Status.PROVISIONAL: pb.IDENTITY_STATUS_PROVISIONAL,
    Status.RETRIEVED: pb.IDENTITY_STATUS_RETRIEVED,
    Status.VALIDATED: pb.IDENTITY_STATUS_VALIDATED,
    Status.QUALIFIED: pb.IDENTITY_STATUS_QUALIFIED,
}
FLAGS: dict[Flag, pb.IdentityFlag.ValueType] = {
    Flag.HOMONYM: pb.IDENTITY_FLAG_HOMONYM,
    Flag.DOUBTFUL: pb.IDENTITY_FLAG_DOUBTFUL,
    Flag.FICTITIOUS: pb.IDENTITY_FLAG_FICTITIOUS,
}


class TooManyIds(Invalid):
    reason = "IDENTITY_TOO_MANY_IDS"


class IdsInvalid(Invalid):
    reason = "IDS_INVALID"


class LimitInvalid(Invalid):
    reason = "IDENTITY_LIMIT_INVALID"


class FlagUnknown(Invalid):
    reason = "IDENTITY_FLAG_UNKNOWN"


def person_id(text: str, field: str = "person_id") -> PersonId:
    """An id of a person. Refuses with ID_INVALID."""
    return PersonId(parsed(text, field))


def person_ids(texts: Iterable[str], field: str) -> list[PersonId]:
    """Up to `MOST_IDS` ids, each once, in the order given."""
    ids = list(dict.fromkeys(person_id(text, field) for text in texts))
    if len(ids) > MOST_IDS:
        raise TooManyIds(
            f"Au plus {MOST_IDS} identifiants par demande.", "Découpez la demande en plusieurs.", field=field
        )
    return ids


def asked_ids(texts: Sequence[str]) -> list[PersonId]:
    """1 to `MOST_IDS` ids. Refuses with IDS_INVALID none and too many, with ID_INVALID what is no id."""
    if not 1 <= len(texts) <= MOST_IDS:
        raise IdsInvalid(
            "Le nombre d’identifiants ne convient pas.", f"Donnez 1 à {MOST_IDS} identifiants.", field="person_ids"
        )
    return person_ids(texts, "person_ids")


def typed_traits(traits: pb.Traits, with_code: bool = False) -> TypedTraits:
    """Traits as they came. `with_code`: a COG code of the birth place, as documents and INSi give it, counts too."""
    codes = list(traits.birth_place_codes) if with_code else []
    return TypedTraits(
        birth_name=traits.birth_name,
        first_name=traits.first_name,
        given_names=traits.given_names,
        birth_year=traits.birth_date.year,
        birth_month=traits.birth_date.month,
        birth_day=traits.birth_date.day,
        sex=next((ours for ours, theirs in SEXES.items() if theirs == traits.sex), None),
        birth_country=traits.birth_country,
        birth_postal_code=traits.birth_postal_code,
        birth_cog=codes[0] if codes else "",
        used_name=traits.used_name,
        used_first_name=traits.used_first_name,
    )


def flags(values: Iterable[pb.IdentityFlag.ValueType]) -> frozenset[Flag]:
    """Attributes. Refuses one that is not known."""
    known = {theirs: ours for ours, theirs in FLAGS.items()}
    found = set(values)
    if not found <= set(known):
        raise FlagUnknown(
            "Cet attribut d’identité n’existe pas (EXI SI 09).", "Homonyme, douteuse ou fictive.", field="flags"
        )
    return frozenset(known[value] for value in found)


def limit(asked: int) -> int:
    """How many candidates to give; 0 means the default."""
    if not 0 <= asked <= MOST_CANDIDATES:
        raise LimitInvalid(f"De 1 à {MOST_CANDIDATES} candidats.", "Laissez la limite vide.", field="limit")
    return asked or DEFAULT_CANDIDATES


def insi_answer(
    request: pb.RecordInsiAnswerRequest, environment: Environment, places: Gazetteer, today: date
) -> InsiAnswer:
    """What INSi answered: its INS with a wrong key is kept (R-ID4), one of the other environment refused (R-ID5)."""
    if not request.ins_matricule and not request.HasField("traits"):
        return InsiAnswer(request.code, accepted=request.accepted)
    return InsiAnswer(
        request.code,
        received_ins(request.ins_matricule, request.ins_oid, environment),
        parsed_insi_traits(typed_traits(request.traits, with_code=True), places, today),
        request.accepted,
    )


def timestamp(at: datetime) -> Timestamp:
    """A moment, to the microsecond."""
    made = Timestamp()
    made.FromDatetime(at)
    return made


def person_to_proto(person: Person, absorbed: Iterable[PersonId] = (), *, with_ins: bool = True) -> pb.Person:
    """A person, and whom they absorbed; without their INS where only a choice among candidates is offered."""
    shown = person.ins if with_ins else None
    return pb.Person(
        person_id=str(person.id),
        traits=traits_to_proto(person.traits),
        status=STATUSES[person.standing.status],
        flags=[FLAGS[flag] for flag in sorted(person.standing.flags)],
        ins_matricule=shown.whole if shown else "",
        ins_oid=shown.oid.value if shown else "",
        version=person.version,
        created_at=timestamp(person.created_at),
        registered_by=str(person.registered_by),
        merged_into=str(person.merged_into) if person.merged_into else "",
        absorbed_ids=map(str, absorbed),
    )


def traits_to_proto(traits: Traits) -> pb.Traits:
    """Traits, with the candidate codes of the birth place: 99999 when nobody knows it."""
    year, month, day = traits.birth_date.parts
    return pb.Traits(
        birth_name=traits.birth_name.typed,
        first_name=traits.first_name.typed,
        given_names=traits.given_names.typed if traits.given_names else "",
        birth_date=pb.BirthDate(year=year, month=month, day=day),
        sex=SEXES[traits.sex],
        birth_country=traits.birth_place.country,
        birth_postal_code=traits.birth_place.postal_code,
        birth_place_codes=sorted(traits.birth_place.codes) or [UNKNOWN_COG],
        used_name=traits.used_name.typed if traits.used_name else "",
        used_first_name=traits.used_first_name.typed if traits.used_first_name else "",
    )


def candidate_to_proto(candidate: Candidate) -> pb.Candidate:
    """A candidate; the birth place goes by the name of the field that holds its codes."""
    names = {BIRTH_PLACE: "birth_place_codes"}
    return pb.Candidate(
        person=person_to_proto(candidate.person, with_ins=False),
        equal_traits=sorted(names.get(trait, trait) for trait in candidate.equal),
        same=candidate.same,
    )
