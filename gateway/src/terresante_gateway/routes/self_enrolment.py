"""/enrolments: professionals enrol by themselves, with their card; /me/leaving: and leave."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from msgspec import Meta, Struct
from pydantic import Field
from terresante.directory.v1 import enrolment_service_pb2 as pb
from terresante_platform import calls

from terresante_gateway import words
from terresante_gateway.operation import Admission, Authz, To, Version, on
from terresante_gateway.routes.professionals import Professional
from terresante_gateway.words import Input, Line, OpaqueId

router = APIRouter(prefix="/v1", tags=["Inscription par soi-même"])

CARD = 3
PROFESSIONALS: tuple[Literal["professional"], ...] = ("professional",)


class NewEnrolment(Input):
    """Le numéro de qui demande son inscription."""

    rpps: Line = Field(pattern="^[0-9]{11}$", description="11 chiffres", examples=["10002813839"])


class AskedEnrolment(Struct):
    """La même réponse pour tous, que le numéro soit connu, déjà inscrit, ou non."""

    until: Annotated[datetime, Meta(description="Jusqu’à quand la carte est attendue")]
    next: Annotated[str, Meta(description="Ce qu’il faut faire ensuite, en français")]


class PracticePlace(Struct):
    """Un lieu d’exercice que donne l’Annuaire Santé."""

    structure_name: str
    finess: str | None
    siret: str | None
    postal_code: str
    commune: str
    structure_id: Annotated[str | None, Meta(description="La structure de la plateforme ; null : inconnue ici")]

    @classmethod
    def of(cls, one: pb.KnownPlace) -> "PracticePlace":
        """From the service's message."""
        return cls(
            one.structure_name,
            one.finess or None,
            one.siret or None,
            one.postal_code,
            one.commune,
            one.structure_id or None,
        )


class Enrolment(Struct):
    """Où en est l’inscription de l’appelant, et ce qu’il accepterait."""

    professional_id: str
    done: bool
    terms_version: Annotated[str, Meta(description="À renvoyer en acceptant", examples=["2026-11"])]
    terms: Annotated[str, Meta(description="Les conditions, en français")]
    places: Annotated[list[PracticePlace], Meta(description="Parmi lesquels choisir")]


class EnrolmentCompletion(Input):
    """Les conditions acceptées et le lieu choisi."""

    terms_version: Line = Field(min_length=1, max_length=64, description="Celle qui a été lue", examples=["2026-11"])
    structure_id: OpaqueId = Field(description="Un `structure_id` de `places`")
    role: Line = Field("", max_length=100, description="Fonction dans ce lieu", examples=["infirmière libérale"])


class Left(Struct):
    """Le départ est fait."""

    sentence: Annotated[str, Meta(description="Ce que devient ce qui a été écrit, en français")]


NEXT = (
    "Si ce numéro est le vôtre et que l’Annuaire Santé le connaît, connectez-vous avec votre carte CPS d’ici un quart "
    "d’heure et terminez votre inscription. Sinon, adressez-vous à l’administrateur de votre territoire."
)


@on(router, "POST", "/enrolments", "Demander son inscription", Authz("enrolment", "ask", (), 0), "RPPS_INVALID",
    "RATE_LIMITED", "DIRECTORY_UNAVAILABLE", "DATABASE_UNAVAILABLE", status=202)  # fmt: skip
async def ask_to_enrol(new: NewEnrolment, admission: Admission, peers: To) -> AskedEnrolment:
    """Sans connexion ; compté par adresse. Le numéro d’un autre n’ouvre rien : seule sa carte ouvre le compte."""
    calls.current().client = admission()
    reply = await peers.enrolment.AskToEnrol(pb.AskToEnrolRequest(rpps=new.rpps))
    return AskedEnrolment(words.read(reply.until), NEXT)


@on(router, "GET", "/enrolments/mine", "Mon inscription", Authz("enrolment", "read", PROFESSIONALS),
    "ENROLMENT_UNKNOWN", "CALLER_SUSPENDED")  # fmt: skip
async def get_enrolment(peers: To) -> Enrolment:
    """Où elle en est, les conditions, et les lieux d’exercice que donne l’Annuaire Santé."""
    reply = await peers.enrolment.GetEnrolment(pb.GetEnrolmentRequest())
    return Enrolment(
        reply.professional_id,
        reply.done,
        reply.terms_version,
        reply.terms,
        [PracticePlace.of(one) for one in reply.places],
    )


@on(router, "POST", "/enrolments/mine", "Terminer mon inscription",
    Authz("enrolment", "complete", PROFESSIONALS, CARD), "ENROLMENT_UNKNOWN", "ENROLMENT_DONE", "TERMS_VERSION_STALE",
    "PLACE_INVALID", "STRUCTURE_UNKNOWN", "STRUCTURE_CLOSED", "PROFESSION_UNKNOWN", "PROFESSIONAL_ALREADY",
    "PLACE_ALREADY", "CALLER_SUSPENDED", status=201, etag=True)  # fmt: skip
async def complete_enrolment(completion: EnrolmentCompletion, peers: To) -> Professional:
    """Avec la carte : les conditions acceptées et un lieu choisi, on est un professionnel comme les autres."""
    reply = await peers.enrolment.CompleteEnrolment(pb.CompleteEnrolmentRequest(**completion.model_dump()))
    return Professional.of(reply.professional)


@on(router, "POST", "/me/leaving", "Quitter la plateforme", Authz("me", "leave", PROFESSIONALS, max_age=300),
    "PROFESSIONAL_UNKNOWN", "VERSION_STALE", "VERSION_REQUIRED", "CALLER_SUSPENDED",
    "LOGIN_TOO_OLD", status=201)  # fmt: skip
async def leave(version: Version, peers: To) -> Left:
    """Les lieux d’exercice prennent fin, le compte ferme ; ce qui a été écrit reste dans les dossiers."""
    reply = await peers.enrolment.Leave(pb.LeaveRequest(version=version))
    return Left(reply.sentence)
