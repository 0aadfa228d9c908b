"""/patients/{patient}/consents: what the patient agreed to, and its end."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from msgspec import Meta, Struct
from pydantic import Field
from terresante.consent.v1 import consent_service_pb2 as pb

from terresante_gateway import words
from terresante_gateway.codes import codes_of
from terresante_gateway.operation import CARE, Authz, Id, To, VersionIfGiven, on
from terresante_gateway.words import Input, Line, Moment, OpaqueId, Text

router = APIRouter(prefix="/v1/patients/{patient}/consents", tags=["Consentements"])

Form = Literal["oral", "written", "electronic"]
FORMS = codes_of(pb.ConsentForm, "CONSENT_FORM_")
GiverKind = Literal["parent", "guardian"]
GIVERS = codes_of(pb.RepresentationKind, "REPRESENTATION_KIND_")


class Consent(Struct):
    """Un consentement au partage entre les membres du cercle de soins."""

    id: str
    form: Annotated[Form, Meta(description="oral, écrit, ou électronique (donné dans le portail)")]
    given_at: datetime
    withdrawn_at: Annotated[datetime | None, Meta(description="null tant qu’il est en vigueur")]
    given_by: Annotated[str, Meta(description="Le patient, ou son représentant")]
    recorded_by: Annotated[str | None, Meta(description="Le professionnel qui l’a recueilli ; null dans le portail")]
    notice_version: Annotated[str, Meta(examples=["2026-01"])]
    information_given: str
    version: Annotated[int, Meta(ge=1)]

    @classmethod
    def of(cls, consent: pb.Consent) -> "Consent":
        """From the service's message."""
        return cls(
            consent.consent_id,
            FORMS.word[consent.form],
            words.read(consent.given_at),
            words.read(consent.withdrawn_at) if consent.HasField("withdrawn_at") else None,
            consent.given_by,
            consent.recorded_by or None,
            consent.notice_version,
            consent.information_given,
            consent.version,
        )


class Consents(Struct):
    """Tous les consentements, le plus récent d’abord."""

    items: list[Consent]


class NewConsent(Input):
    """À quoi la personne a consenti, et comment."""

    form: Form = Field(description="Comment il a été donné", examples=["oral"])
    given_at: Moment = Field(description="Quand il a été donné", examples=["2026-03-02T09:30:00+01:00"])
    given_by: OpaqueId | None = Field(
        None,
        description="Le parent ou le tuteur qui l’a donné à la place du patient ; absent : le patient. "
        "Dans le portail patient : la personne connectée, toujours",
    )
    given_as: GiverKind | None = Field(
        None,
        description="À quel titre, si cette personne n’est pas encore enregistrée comme représentant : elle l’est "
        "alors avec le consentement. Recueil par un professionnel seulement",
    )
    represents_until: Moment | None = Field(
        None,
        description="Fin de cette représentation ; nécessaire pour un parent : la majorité de l’enfant",
        examples=["2041-06-14T00:00:00+02:00"],
    )
    notice_version: Line = Field(
        min_length=1, max_length=50, description="Version de la notice remise", examples=["2026-01"]
    )
    information_given: Text = Field(
        min_length=1,
        max_length=4000,
        description="Ce qui a été expliqué",
        examples=["Le partage, le cercle de soins, le droit de retirer son accord à tout moment."],
    )


@on(router, "GET", "", "Consentements du patient", Authz("consent", "list", CARE), "ACCESS_REFUSED")
async def list_consents(patient: Id, peers: To) -> Consents:
    """Tous les consentements du patient, retirés compris."""
    reply = await peers.consent.ListConsents(pb.ListConsentsRequest(patient_id=patient))
    return Consents([Consent.of(one) for one in reply.consents])


@on(router, "POST", "", "Recueillir un consentement", Authz("consent", "record", CARE), "CONSENT_ALREADY_IN_FORCE",
    "PATIENT_MERGED", "CONSENT_BLOCKED", "CONSENT_DATE_INVALID", "CONSENT_INFORMATION_MISSING",
    "CONSENT_GIVER_NOT_ENTITLED",
    "PERSON_UNKNOWN", "REPRESENTATIVE_KIND_MISSING", "REPRESENTATIVE_PERIOD_INVALID", "REPRESENTATIVE_ALREADY",
    "IDENTITY_UNAVAILABLE", "DATE_INVALID", "PLACE_REQUIRED", "PLACE_UNKNOWN", "ACCESS_REFUSED",
    "IDEMPOTENCY_KEY_REUSED", status=201, etag=True, keyed=True)  # fmt: skip
async def record_consent(patient: Id, new: NewConsent, peers: To) -> Consent:
    """Le premier ouvre le dossier et le cercle de soins ; un nouveau, après un retrait, les rouvre en l’état.

    Il est donné par le patient, ou par qui agit à sa place : un parent ou un tuteur déjà enregistré, ou enregistré avec
    lui (given_as). Si le patient a déjà un cercle de soins, seul un membre de ce cercle enregistre un représentant.
    """
    reply = await peers.consent.RecordConsent(
        pb.RecordConsentRequest(
            patient_id=patient,
            form=FORMS.number[new.form],
            given_at=words.timestamp(new.given_at),
            given_by=new.given_by or "",
            given_as=GIVERS.number_of(new.given_as),
            represents_until=words.timestamp(new.represents_until) if new.represents_until else None,
            notice_version=new.notice_version,
            information_given=new.information_given,
        )
    )
    return Consent.of(reply.consent)


@on(router, "POST", "/{consent}/withdrawal", "Retirer le consentement", Authz("consent", "withdraw", CARE),
    "CONSENT_UNKNOWN", "CONSENT_NOT_YOURS", "CONSENT_ALREADY_WITHDRAWN", "VERSION_STALE", etag=True,
    vital=True)  # fmt: skip
async def withdraw_consent(patient: Id, consent: Id, version: VersionIfGiven, peers: To) -> Consent:
    """Dès la réponse, plus personne ne lit, sauf le patient et chaque auteur ce qu’il a écrit."""
    reply = await peers.consent.WithdrawConsent(
        pb.WithdrawConsentRequest(patient_id=patient, consent_id=consent, version=version)
    )
    return Consent.of(reply.consent)
