"""/accounts, /account-openings, /account-acts: a territory's accounts together, many opened at once; lost means."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from msgspec import Meta, Struct
from pydantic import Field
from terresante.directory.v1 import enrolment_service_pb2 as pb

from terresante_gateway import words
from terresante_gateway.operation import Authz, Id, To, on
from terresante_gateway.pages import ListQuery, Pages
from terresante_gateway.routes.accounts import MEANS, LoginMeans, NewAccount
from terresante_gateway.routes.directory_acts import patiently
from terresante_gateway.routes.professionals import ACCOUNTS, AccountState
from terresante_gateway.routes.sheets import ADMINISTRATORS, Code, Why, moment, stamp
from terresante_gateway.words import Input, Line, Moment, OpaqueId

router = APIRouter(prefix="/v1", tags=["Comptes des professionnels"])

OPENING_SECONDS = 60.0
"""Half a second an account, at worst."""
OPENING = ("TERRITORY_NOT_YOURS", "PROFESSIONAL_UNKNOWN", "ACCOUNT_ALREADY", "ACCOUNT_BUSY", "ACCOUNT_SUSPENDED",
    "ACCOUNT_CARD_TAKEN", "ACCOUNT_MEANS_INVALID", "ACCOUNTS_UNAVAILABLE")  # fmt: skip
"""Reasons of single lines."""
_LOST = ("PROFESSIONAL_UNKNOWN", "TERRITORY_NOT_YOURS", "ACCOUNT_UNKNOWN", "ACCOUNT_MEANS_INVALID", "WHY_INVALID",
    "ADMINISTRATOR_UNKNOWN")  # fmt: skip


class AccountLine(Struct):
    """Un compte et à qui il est."""

    professional_id: str
    name: Annotated[str, Meta(examples=["Caradec Inès"])]
    profession_label: Annotated[str, Meta(examples=["Infirmier"])]
    state: AccountState | None
    means: LoginMeans | None
    settled: Annotated[bool, Meta(description="Le service de connexion est d’accord")]
    last_login: Annotated[datetime | None, Meta(description="null : jamais, ou pas encore lu")]
    locked: Annotated[bool, Meta(description="Fermé pour un temps, après trop d’erreurs")]
    difference: Annotated[
        str | None,
        Meta(description="En quoi le service de connexion diffère : missing_there, state, card, kind ; null : en rien"),
    ]
    with_card: Annotated[bool, Meta(description="Une carte l’ouvre, ou l’ouvrait avant sa perte")]
    card_lost: Annotated[datetime | None, Meta(description="Depuis quand sa carte perdue n’ouvre plus rien")]
    phone_asked: Annotated[datetime | None, Meta(description="Depuis quand un autre téléphone reste à demander")]

    @classmethod
    def of(cls, one: pb.Account) -> "AccountLine":
        """From the service's message."""
        return cls(
            one.professional_id,
            one.name,
            one.profession_label,
            ACCOUNTS.word.get(one.state),
            MEANS.word.get(one.means),
            one.settled,
            moment(one, "last_login"),
            one.locked,
            one.difference or None,
            one.with_card,
            moment(one, "card_lost"),
            moment(one, "phone_asked"),
        )


class AccountLines(Struct):
    """Une page de comptes, par nom."""

    items: list[AccountLine]
    next_cursor: str | None
    strangers: Annotated[
        int, Meta(description="Avec differing=true : connexions du service qui ne sont d’aucun compte, dans la région")
    ]
    evidence: Annotated[
        dict[str, str],
        Meta(description="Façons de vérifier une identité (perte du téléphone), par code", examples=[{"video": "vu"}]),
    ]


class AccountsQuery(ListQuery):
    """Quels comptes ; les filtres s’ajoutent."""

    territory_code: Line = Field("", max_length=32, examples=["94-ouest"])
    state: AccountState | None = None
    not_since: Moment | None = Field(None, description="Sans connexion depuis")
    text: Line = Field("", max_length=200, description="Mots du nom")
    professional_id: OpaqueId | None = None
    locked: bool = Field(False, description="Fermés pour un temps, après trop d’erreurs")
    unsettled: bool = Field(False, description="Que le service de connexion n’a pas encore confirmés")
    differing: bool = Field(False, description="Dont le service de connexion dit autre chose")
    enrolled_alone: bool = Field(False, description="De qui s’est inscrit soi-même récemment")


class AccountAct(Struct):
    """Ce qui a été fait d’un compte ; jamais un secret."""

    id: str
    account_id: str
    holder_name: str
    holder_kind: Literal["professional", "administrator"]
    kind: Annotated[str, Meta(description="opened, suspended, phone_replaced, card_lost…", examples=["card_lost"])]
    at: datetime
    by_name: Annotated[str | None, Meta(description="null : la plateforme elle-même")]
    by_holder: bool
    why: str
    evidence: Annotated[str | None, Meta(description="Comment l’identité a été vérifiée")]
    territory_codes: list[str]

    @classmethod
    def of(cls, one: pb.AccountAct) -> "AccountAct":
        """From the service's message."""
        return cls(
            one.act_id,
            one.account_id,
            one.holder_name,
            one.holder_kind,  # type: ignore[arg-type]  # one of the directory's two
            one.kind,
            words.read(one.at),
            one.by_name or None,
            one.by_holder,
            one.why,
            one.evidence or None,
            list(one.territory_codes),
        )


class AccountActs(Struct):
    """Une page d’actes, le plus récent d’abord."""

    items: list[AccountAct]
    next_cursor: str | None


class AccountActsQuery(ListQuery):
    """De quel compte ; absent : de tous ceux des territoires de l’administrateur."""

    account_id: OpaqueId | None = Field(None, description="D’un professionnel ou d’un administrateur")


class PhoneLoss(Input):
    """Comment l’identité a été vérifiée, et pourquoi."""

    evidence: Code = Field(min_length=1, description="Voir `evidence` de la liste des comptes", examples=["in_person"])
    why: Why = ""


class CardLoss(Input):
    """Pourquoi."""

    why: Why = ""


class NewAccounts(NewAccount):
    """De qui ouvrir le compte, et comment ils se connecteront."""

    professional_ids: list[OpaqueId] = Field(min_length=1, max_length=100)


class OpenedAccount(Struct):
    """Un compte ouvert, ou le motif et la phrase du refus."""

    professional_id: str
    opened: bool
    username: str | None
    starting_password: Annotated[str | None, Meta(description="À usage unique, montré une seule fois")]
    reason: str | None
    sentence: str | None

    @classmethod
    def of(cls, one: pb.OpenedAccount) -> "OpenedAccount":
        """From the service's message."""
        opened = one.opened
        return cls(
            one.professional_id,
            not one.reason,
            opened.username or None,
            opened.starting_password or None,
            one.reason or None,
            one.sentence or None,
        )


class OpenedAccounts(Struct):
    """Un résultat par demande, dans l’ordre."""

    items: list[OpenedAccount]


@on(router, "GET", "/accounts", "Comptes des professionnels", Authz("account", "list", ADMINISTRATORS),
    "ADMINISTRATOR_UNKNOWN", "TERRITORY_NOT_YOURS", "ACCOUNT_STATE_INVALID", "MOMENT_INVALID", "SEARCH_INVALID",
    "CURSOR_INVALID")  # fmt: skip
async def list_accounts(query: Annotated[AccountsQuery, Query()], pages: Pages, peers: To) -> AccountLines:
    """Ceux dont répondent les territoires de l’administrateur, avec leur état et leur dernière connexion."""
    reply = await peers.enrolment.ListAccounts(
        pb.ListAccountsRequest(
            territory_code=query.territory_code,
            state=ACCOUNTS.number_of(query.state),
            not_since=stamp(query.not_since),
            text=query.text,
            professional_id=query.professional_id or "",
            locked=query.locked,
            unsettled=query.unsettled,
            differing=query.differing,
            enrolled_alone=query.enrolled_alone,
            cursor=pages.open(query),
            limit=query.limit,
        )
    )
    found = [AccountLine.of(one) for one in reply.accounts]
    return AccountLines(found, pages.seal(query, reply.next_cursor), reply.strangers, dict(reply.evidence))


@on(router, "GET", "/account-acts", "Ce qui a été fait des comptes", Authz("account", "list", ADMINISTRATORS),
    "ADMINISTRATOR_UNKNOWN", "TERRITORY_NOT_YOURS", "ADMINISTRATOR_OTHER_UNKNOWN", "SEARCH_INVALID",
    "CURSOR_INVALID")  # fmt: skip
async def list_account_acts(query: Annotated[AccountActsQuery, Query()], pages: Pages, peers: To) -> AccountActs:
    """Qui a ouvert, suspendu, rétabli, remplacé quoi, quand et pourquoi."""
    reply = await peers.enrolment.ListAccountActs(
        pb.ListAccountActsRequest(account_id=query.account_id or "", cursor=pages.open(query), limit=query.limit)
    )
    return AccountActs([AccountAct.of(one) for one in reply.acts], pages.seal(query, reply.next_cursor))


@on(router, "POST", "/account-openings", "Ouvrir des comptes", Authz("account", "open", ADMINISTRATORS, max_age=300),
    "TOO_MANY_IDS", "ADMINISTRATOR_UNKNOWN", "LOGIN_TOO_OLD", *OPENING, seconds=OPENING_SECONDS)  # fmt: skip
async def open_accounts(new: NewAccounts, peers: To) -> OpenedAccounts:
    """Jusqu’à cent à la fois : chacun est ouvert, ou dit pourquoi non."""
    request = pb.OpenAccountsRequest(professional_ids=new.professional_ids, means=MEANS.number[new.means])
    reply = await patiently(peers.enrolment.OpenAccounts, request, OPENING_SECONDS)
    return OpenedAccounts([OpenedAccount.of(one) for one in reply.accounts])


@on(router, "POST", "/professionals/{professional}/account/phone-replacement", "Remplacer un téléphone perdu",
    Authz("account", "recover", ADMINISTRATORS, max_age=300), *_LOST, "ACCOUNT_SUSPENDED", "EVIDENCE_INVALID",
    "ACCOUNTS_UNAVAILABLE", "LOGIN_TOO_OLD", "ADMINISTRATOR_OTHER_UNKNOWN", "ADMINISTRATOR_SELF",
    status=201)  # fmt: skip
async def replace_phone(professional: Id, loss: PhoneLoss, peers: To) -> AccountLine:
    """Après une vérification d’identité, qui est gardée : les anciens codes ne valent plus, le mot de passe reste."""
    request = pb.ReplacePhoneRequest(professional_id=professional, evidence=loss.evidence, why=loss.why)
    return AccountLine.of((await peers.enrolment.ReplacePhone(request)).account)


@on(router, "POST", "/professionals/{professional}/account/card-loss", "Signaler une carte perdue",
    Authz("account", "suspend", ADMINISTRATORS), *_LOST, status=201, vital=True)  # fmt: skip
async def report_card_lost(professional: Id, loss: CardLoss, peers: To) -> AccountLine:
    """Elle n’ouvre plus rien, que son autorité l’ait déjà révoquée ou non ; la suivante ouvrira le compte."""
    request = pb.ReportCardLostRequest(professional_id=professional, why=loss.why)
    return AccountLine.of((await peers.enrolment.ReportCardLost(request)).account)
