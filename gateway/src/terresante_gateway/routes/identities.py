"""A person's traits and identity acts, as JSON: shapes shared by /me and /patients, and the acts on an identity."""

import re
from datetime import datetime
from typing import Annotated, Literal, Self

from fastapi import APIRouter
from msgspec import Meta, Struct
from pydantic import AfterValidator, Field
from terresante.identity.v1 import identity_service_pb2 as pb

from terresante_gateway import words
from terresante_gateway.codes import codes_of
from terresante_gateway.operation import Authz, Id, To, Version, on
from terresante_gateway.words import Input, Line

router = APIRouter(prefix="/v1/patients/{patient}", tags=["Identités"])

Sex = Literal["F", "M", "I"]
Status = Literal["PROV", "RECUP", "VALI", "QUAL"]
Flag = Literal["homonyme", "douteuse", "fictive"]
ValidationMode = Literal["AN", "CC", "CE", "CM", "CN", "CS", "LE", "PA", "PC", "TC", "DC", "AC", "IE"]
SEXES = codes_of(pb.Sex, "SEX_", {"female": "F", "male": "M", "unknown": "I"})
STATUSES = codes_of(
    pb.IdentityStatus,
    "IDENTITY_STATUS_",
    {"provisional": "PROV", "retrieved": "RECUP", "validated": "VALI", "qualified": "QUAL"},
)
FLAGS = codes_of(
    pb.IdentityFlag, "IDENTITY_FLAG_", {"homonym": "homonyme", "doubtful": "douteuse", "fictitious": "fictive"}
)
_DATE = re.compile(r"(1[89]|2[01])\d\d-\d\d-\d\d")
TRAIT_REASONS = (
    "IDENTITY_NAME_MISSING",
    "IDENTITY_NAME_TOO_LONG",
    "IDENTITY_NAME_INVISIBLE_CHARACTER",
    "IDENTITY_NAME_CHARACTER",
    "IDENTITY_NAME_SHAPE",
    "IDENTITY_FIRST_NAME_NOT_FIRST",
    "IDENTITY_BIRTH_DATE_IMPOSSIBLE",
    "IDENTITY_BIRTH_DATE_IN_FUTURE",
    "IDENTITY_BIRTH_DATE_TOO_EARLY",
    "IDENTITY_BIRTH_COUNTRY_UNKNOWN",
    "IDENTITY_BIRTH_POSTAL_CODE_MISSING",
    "IDENTITY_BIRTH_POSTAL_CODE_UNKNOWN",
    "IDENTITY_SEX_MISSING",
)


def _birth_date(text: str) -> str:
    if not _DATE.fullmatch(text):
        raise ValueError("La forme attendue est AAAA-MM-JJ, avec 00 pour un jour ou un mois inconnu.")
    return text


BirthDate = Annotated[
    str,
    AfterValidator(_birth_date),
    Field(
        description="AAAA-MM-JJ ; 00 pour un jour ou un mois inconnu",
        examples=["1951-03-14"],
        json_schema_extra={"pattern": "^(1[89]|2[01])[0-9]{2}-[0-9]{2}-[0-9]{2}$"},
    ),
]


class GivenTraits(Input):
    """Les traits d’une personne, tels qu’ils sont écrits sur son document d’identité."""

    birth_name: Line = Field("", max_length=100, description="Nom de naissance", examples=["CARADEC"])
    first_name: Line = Field("", max_length=100, description="Premier prénom de naissance", examples=["SOLENE"])
    given_names: Line = Field(
        "", max_length=300, description="Liste des prénoms de naissance", examples=["SOLENE ANNE MARIE"]
    )
    birth_date: BirthDate
    sex: Sex | None = Field(None, description="F, M, ou I (indéterminé)", examples=["F"])
    birth_country: Line = Field(
        "", max_length=2, pattern="^([A-Z]{2})?$", description="Pays de naissance, ISO 3166-1", examples=["FR"]
    )
    birth_postal_code: Line = Field(
        "", pattern="^([0-9]{5})?$", description="Code postal de naissance, en France", examples=["94000"]
    )
    used_name: Line = Field("", max_length=100, description="Nom utilisé, s’il est connu", examples=["LE GOFF"])
    used_first_name: Line = Field("", max_length=100, description="Prénom utilisé, s’il est connu")

    def told(self) -> pb.Traits:
        """As identity reads them."""
        year, month, day = self.birth_date.split("-")
        return pb.Traits(
            birth_name=self.birth_name,
            first_name=self.first_name,
            given_names=self.given_names,
            birth_date=pb.BirthDate(year=int(year), month=int(month), day=int(day)),
            sex=SEXES.number_of(self.sex),
            birth_country=self.birth_country,
            birth_postal_code=self.birth_postal_code,
            used_name=self.used_name,
            used_first_name=self.used_first_name,
        )


class Traits(Struct):
    """Les traits d’une personne."""

    birth_name: Annotated[str, Meta(examples=["CARADEC"])]
    first_name: Annotated[str, Meta(examples=["SOLENE"])]
    given_names: Annotated[str, Meta(examples=["SOLENE ANNE MARIE"])]
    birth_date: Annotated[str, Meta(description="AAAA-MM-JJ, 00 pour une partie inconnue", examples=["1951-03-14"])]
    sex: Sex | None
    birth_country: Annotated[str, Meta(examples=["FR"])]
    birth_postal_code: Annotated[str, Meta(examples=["94000"])]
    birth_place_codes: Annotated[list[str], Meta(description="Communes possibles (COG)", examples=[["94028"]])]
    used_name: str
    used_first_name: str

    @classmethod
    def of(cls, traits: pb.Traits) -> "Traits":
        """From identity's message."""
        date = traits.birth_date
        return cls(
            traits.birth_name,
            traits.first_name,
            traits.given_names,
            f"{date.year:04}-{date.month:02}-{date.day:02}",
            SEXES.word.get(traits.sex),
            traits.birth_country,
            traits.birth_postal_code,
            list(traits.birth_place_codes),
            traits.used_name,
            traits.used_first_name,
        )


class Ins(Struct):
    """L’identité nationale de santé."""

    matricule: Annotated[str, Meta(description="15 caractères", examples=["251039402812392"])]
    oid: Annotated[str, Meta(examples=["1.2.250.1.213.1.4.10"])]


class Person(Struct):
    """Une personne, telle que la région la connaît."""

    id: str
    traits: Traits
    status: Annotated[Status, Meta(description="Statut RNIV : provisoire, récupérée, validée, qualifiée")]
    flags: Annotated[list[Flag], Meta(description="Attributs RNIV")]
    ins: Ins | None
    version: Annotated[int, Meta(description="À renvoyer dans If-Match", ge=1)]
    created_at: datetime
    registered_by: Annotated[str | None, Meta(description="Professionnel, ou système, qui a créé l’identité")]
    merged_into: Annotated[
        str | None, Meta(description="La personne que celle-ci est devenue par une fusion ; null sinon")
    ] = None

    @classmethod
    def of(cls, person: pb.Person) -> Self:
        """From identity's message."""
        return cls(
            person.person_id,
            Traits.of(person.traits),
            STATUSES.word[person.status],
            [FLAGS.word[flag] for flag in person.flags],
            Ins(person.ins_matricule, person.ins_oid) if person.ins_matricule else None,
            person.version,
            words.read(person.created_at),
            person.registered_by or None,
            person.merged_into or None,
        )


class WholePerson(Person):
    """Une personne, avec celles qui le sont devenues."""

    absorbed: Annotated[
        list[str],
        Meta(
            description="Les personnes devenues celle-ci par des fusions : dossier, cercle et fils de chacune restent "
            "sous son identifiant, où ils se lisent selon les droits de l’appelant"
        ),
    ] = []

    @classmethod
    def of(cls, person: pb.Person) -> Self:
        """From identity's message, asked for with whom they absorbed."""
        made = super().of(person)
        made.absorbed = list(person.absorbed_ids)
        return made


class Candidate(Struct):
    """Une personne qui pourrait être celle que l’on cherche."""

    person: Person
    equal_traits: Annotated[list[str], Meta(description="Traits égaux", examples=[["birth_date", "sex"]])]
    same: Annotated[bool, Meta(description="Les cinq traits sont égaux")]

    @classmethod
    def of(cls, candidate: pb.Candidate) -> "Candidate":
        """From identity's message."""
        return cls(Person.of(candidate.person), list(candidate.equal_traits), candidate.same)


class DocumentCheck(Input):
    """Le contrôle des traits sur un document d’identité à haut niveau de confiance."""

    validation_mode: ValidationMode = Field(description="Mode de validation (CN : carte d’identité, PA : passeport…)")
    traits: GivenTraits


class InsiAnswer(Input):
    """Ce que le téléservice INSi a répondu."""

    code: Literal["00", "01", "02"] = Field(description="00 une identité, 01 aucune, 02 plusieurs")
    ins_matricule: Line = Field("", max_length=15, description="15 caractères, avec le code 00")
    ins_oid: Line = Field("", max_length=64, pattern="^[0-9.]*$")
    traits: GivenTraits | None = None
    accepted: bool = Field(False, description="Le professionnel a vu la réponse et l’accepte")


class Flags(Input):
    """Les attributs que l’identité doit avoir."""

    flags: list[Flag] = Field(max_length=3, examples=[["homonyme"]])


_CHANGES = ("PERSON_UNKNOWN", "IDENTITY_FLAGGED", "VERSION_STALE", "PERSON_MERGED", "ACCESS_REFUSED")
_AUTHZ = Authz("identity", "change", ("professional",))


@on(router, "POST", "/identity-checks", "Contrôler l’identité sur un document", _AUTHZ, "IDENTITY_TRAITS_DIFFER",
    "IDENTITY_VALIDATION_MODE_UNKNOWN", *TRAIT_REASONS, *_CHANGES, etag=True)  # fmt: skip
async def check_identity_document(patient: Id, check: DocumentCheck, version: Version, peers: To) -> Person:
    """Enregistre que les traits sont égaux à ceux d’un document à haut niveau de confiance (fait C du RNIV)."""
    reply = await peers.identity.CheckIdentityDocument(
        pb.CheckIdentityDocumentRequest(
            person_id=patient, version=version, validation_mode=check.validation_mode, traits=check.traits.told()
        )
    )
    return Person.of(reply.person)


@on(router, "POST", "/insi-answers", "Enregistrer une réponse d’INSi", _AUTHZ, "INS_ANSWER_CODE_UNKNOWN",
    "INS_ANSWER_INCOMPLETE", "INS_HELD_BY_ANOTHER", "INS_MALFORMED", "INS_KEY_WRONG", "INS_OID_UNKNOWN",
    "INS_OID_OF_OTHER_ENVIRONMENT", "IDENTITY_SEX_UNKNOWN_TO_INSI", "IDENTITY_TRAITS_DIFFER", *_CHANGES,
    etag=True)  # fmt: skip
async def record_insi_answer(patient: Id, answer: InsiAnswer, version: Version, peers: To) -> Person:
    """Enregistre ce que le téléservice INSi a répondu et que le professionnel a accepté (fait I du RNIV)."""
    reply = await peers.identity.RecordInsiAnswer(
        pb.RecordInsiAnswerRequest(
            person_id=patient,
            version=version,
            code=answer.code,
            ins_matricule=answer.ins_matricule,
            ins_oid=answer.ins_oid,
            traits=answer.traits.told() if answer.traits else None,
            accepted=answer.accepted,
        )
    )
    return Person.of(reply.person)


@on(router, "PUT", "/identity-flags", "Fixer les attributs de l’identité", _AUTHZ, "IDENTITY_FLAGS_EXCLUSIVE",
    *_CHANGES, etag=True)  # fmt: skip
async def flag_identity(patient: Id, flags: Flags, version: Version, peers: To) -> Person:
    """Pose ou retire homonyme, douteuse, fictive. Douteuse ou fictive : le statut redevient provisoire."""
    reply = await peers.identity.FlagIdentity(
        pb.FlagIdentityRequest(
            person_id=patient,
            version=version,
            flags=[FLAGS.number[flag] for flag in flags.flags],
        )
    )
    return Person.of(reply.person)
