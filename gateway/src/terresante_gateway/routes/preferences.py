"""/me/preferences, /me/email, /portals: how the caller wants to be told, and by which portals."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from msgspec import Meta, Struct
from pydantic import Field
from terresante.messaging.v1 import telling_service_pb2 as pb

from terresante_gateway import words
from terresante_gateway.codes import codes_of
from terresante_gateway.operation import CARE, Authz, To, Version, on
from terresante_gateway.words import Input, Line, OpaqueId

router = APIRouter(prefix="/v1", tags=["Préférences"])
Topic = Literal[
    "message", "urgent_message", "mention", "record", "stay", "threshold", "standing", "emergency", "account",
]  # fmt: skip
Channel = Literal["email", "webhook"]
Pace = Literal["at_once", "hourly", "daily"]
TOPICS = codes_of(pb.Topic, "TOPIC_")
CHANNELS = codes_of(pb.Channel, "CHANNEL_")
PACES = codes_of(pb.Pace, "PACE_")
MINUTES_A_DAY = 1_440


class Choice(Struct):
    """Par où être prévenu d’une sorte de chose, en plus du portail."""

    topic: Topic
    channels: list[Channel]
    pace: Annotated[Pace, Meta(description="Quand part le courriel")]

    @classmethod
    def of(cls, choice: pb.Choice) -> "Choice":
        """From the service's message."""
        channels: list[Any] = [CHANNELS.word[one] for one in choice.channels if one != pb.CHANNEL_PORTAL]
        return cls(TOPICS.word[choice.topic], channels, PACES.word.get(choice.pace, "at_once"))


class Preferences(Struct):
    """Comment l’appelant veut être prévenu."""

    choices: list[Choice]
    quiet_from: Annotated[int, Meta(description="Minutes après minuit, heure de Paris", ge=0, lt=MINUTES_A_DAY)]
    quiet_until: Annotated[int, Meta(description="Égal à quiet_from : pas d’heures calmes", ge=0, lt=MINUTES_A_DAY)]
    urgent_breaks_quiet: Annotated[bool, Meta(description="L’urgent vient aussi aux heures calmes")]
    daily_hour: Annotated[int, Meta(description="Heure du courriel quotidien, à Paris", ge=0, le=23)]
    urgent_minutes: Annotated[
        int, Meta(description="Après quoi un message urgent non lu va au suivant ; 0 : la règle de la plateforme", ge=0)
    ]
    portal_ids: list[str]
    email_shown: Annotated[str | None, Meta(description="L’adresse, à demi cachée", examples=["m…e@…fr"])]
    email_confirmed: bool
    email_failed_at: Annotated[datetime | None, Meta(description="Le dernier courriel n’a pas pu être remis")]
    version: Annotated[int, Meta(description="À renvoyer dans If-Match", ge=0)]

    @classmethod
    def of(cls, found: pb.Preferences) -> "Preferences":
        """From the service's message."""
        return cls(
            [Choice.of(one) for one in found.choices],
            found.quiet_from,
            found.quiet_until,
            found.urgent_breaks_quiet,
            found.daily_hour,
            found.urgent_minutes,
            list(found.portal_ids),
            found.email_shown or None,
            found.email_confirmed,
            words.read(found.email_failed_at) if found.HasField("email_failed_at") else None,
            found.version,
        )


class NewChoice(Input):
    """Par où être prévenu d’une sorte de chose."""

    topic: Topic
    channels: list[Channel] = Field(max_length=2, description="En plus du portail, qui dit toujours")
    pace: Pace = Field("at_once", description="Quand part le courriel")


class NewPreferences(Input):
    """Toutes les préférences : celles-ci remplacent les précédentes. L’adresse ne se change pas ici."""

    choices: list[NewChoice] = Field(max_length=len(TOPICS.number))
    quiet_from: int = Field(ge=0, lt=MINUTES_A_DAY, description="Minutes après minuit, heure de Paris", examples=[1260])
    quiet_until: int = Field(ge=0, lt=MINUTES_A_DAY, examples=[420])
    urgent_breaks_quiet: bool
    daily_hour: int = Field(ge=0, le=23, examples=[8])
    urgent_minutes: int = Field(ge=0, le=MINUTES_A_DAY, examples=[15])
    portal_ids: list[OpaqueId] = Field(max_length=20)

    def told(self, version: int) -> pb.Preferences:
        """As messaging reads it."""
        return pb.Preferences(
            choices=[
                pb.Choice(
                    topic=TOPICS.number_of(one.topic),
                    channels=[CHANNELS.number_of(channel) for channel in one.channels],
                    pace=PACES.number_of(one.pace),
                )
                for one in self.choices
            ],
            version=version,
            **self.model_dump(exclude={"choices"}),
        )


class NewEmail(Input):
    """Où écrire."""

    email: Line = Field(min_length=3, max_length=254, examples=["prenom.nom@exemple.fr"])


class EmailCode(Input):
    """Ce que dit le courriel."""

    code: str = Field(pattern=r"^[0-9]{8}$", examples=["40318275"])


class CodeSent(Struct):
    """Un code est en route."""

    code_ends_at: Annotated[datetime, Meta(description="Après quoi il ne vaut plus")]


class Portal(Struct):
    """Un portail que l’on peut choisir."""

    id: str
    label: Annotated[str, Meta(examples=["Mon espace du territoire"])]


class Portals(Struct):
    """Les portails, par nom."""

    items: list[Portal]


@on(router, "GET", "/me/preferences", "Mes préférences", Authz("preferences", "read", CARE), "CONSENT_UNAVAILABLE",
    etag=True)  # fmt: skip
async def get_preferences(peers: To) -> Preferences:
    """Ce que l’appelant a choisi, ou ce qui vaut pour tous tant qu’il n’a rien choisi."""
    reply = await peers.telling.GetPreferences(pb.GetPreferencesRequest())
    return Preferences.of(reply.preferences)


@on(router, "PUT", "/me/preferences", "Choisir comment être prévenu", Authz("preferences", "change", CARE),
    "PREFERENCES_INVALID", "PORTAL_UNKNOWN", "VERSION_STALE", etag=True)  # fmt: skip
async def change_preferences(new: NewPreferences, version: Version, peers: To) -> Preferences:
    """Remplace toutes les préférences."""
    reply = await peers.telling.ChangePreferences(pb.ChangePreferencesRequest(preferences=new.told(version)))
    return Preferences.of(reply.preferences)


@on(router, "PUT", "/me/email", "Donner une adresse électronique", Authz("email", "give", CARE), "EMAIL_INVALID",
    "EMAIL_TOO_OFTEN")  # fmt: skip
async def give_email(new: NewEmail, peers: To) -> CodeSent:
    """Un code y est envoyé ; rien d’autre n’y part tant qu’il n’est pas rendu."""
    reply = await peers.telling.GiveEmail(pb.GiveEmailRequest(email=new.email))
    return CodeSent(words.read(reply.code_ends_at))


@on(router, "POST", "/me/email/confirm", "Rendre le code", Authz("email", "confirm", CARE), "CODE_INVALID", etag=True)
async def confirm_email(given: EmailCode, peers: To) -> Preferences:
    """L’adresse sert à partir de maintenant."""
    reply = await peers.telling.ConfirmEmail(pb.ConfirmEmailRequest(code=given.code))
    return Preferences.of(reply.preferences)


@on(router, "DELETE", "/me/email", "Oublier l’adresse", Authz("email", "forget", CARE), status=204)
async def forget_email(peers: To) -> None:
    """Plus aucun courriel, et l’adresse est oubliée."""
    await peers.telling.ForgetEmail(pb.ForgetEmailRequest())


@on(router, "GET", "/portals", "Portails que l’on peut choisir", Authz("portal", "list", CARE))
async def list_portals(peers: To) -> Portals:
    """Ceux qui peuvent être prévenus à la place de l’appelant (webhooks)."""
    reply = await peers.telling.ListPortals(pb.ListPortalsRequest())
    return Portals([Portal(one.portal_id, one.label) for one in reply.portals])
