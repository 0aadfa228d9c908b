"""How each wants to be told, their address, absences and on call, through the running service."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import insert, select
from terresante.directory.v1 import directory_service_pb2 as directory_pb
from terresante.directory.v1 import ror_service_pb2 as ror_pb
from terresante.directory.v1.directory_service_pb2_grpc import (
    DirectoryServiceServicer,
    DirectoryServiceStub,
    add_DirectoryServiceServicer_to_server,
)
from terresante.directory.v1.ror_service_pb2_grpc import (
    RorServiceServicer,
    RorServiceStub,
    add_RorServiceServicer_to_server,
)
from terresante.messaging.v1 import telling_service_pb2 as pb
from terresante.messaging.v1.telling_service_pb2_grpc import TellingServiceStub, add_TellingServiceServicer_to_server
from terresante_messaging.domain.people import Recipient
from terresante_messaging.domain.threads import ThreadKind
from terresante_messaging.rpc.deciding import Deciding
from terresante_messaging.rpc.telling import TellingDesk, TellingService
from terresante_messaging.store.telling_tables import address, mail
from terresante_messaging.store.webhook_tables import webhook
from terresante_platform.database import Database
from terresante_platform.refusals import Conflict, Denied, Invalid, Refusal, Stale, TooMany, Unauthenticated, Unknown
from terresante_platform.rpc.allow import allow

from .telling_world import MASTERS, NOON, World, telling_world

NURSE = "marie.nurse@mail.example"


def stamp(at: datetime) -> Timestamp:
    made = Timestamp()
    made.FromDatetime(at)
    return made


def span(begins: float, ends: float) -> dict[str, Timestamp]:
    """Hours from now."""
    return {"from": stamp(NOON + timedelta(hours=begins)), "until": stamp(NOON + timedelta(hours=ends))}


@dataclass
class Known:
    """What the directory of a test knows: by structure, who practises there, and its secure mailboxes."""

    places: dict[UUID, list[UUID]]
    mailboxes: dict[UUID, list[str]]


class Directory(DirectoryServiceServicer):
    def __init__(self, known: Known) -> None:
        self._known = known

    @allow("professional", services=("messaging",))
    async def BatchGetProfessionals(self, request: Any, _: Any) -> directory_pb.BatchGetProfessionalsResponse:
        """See the contract."""
        return directory_pb.BatchGetProfessionalsResponse(
            professionals=[
                directory_pb.Professional(
                    professional_id=id,
                    places=[
                        directory_pb.Place(structure_id=str(structure))
                        for structure, team in self._known.places.items()
                        if UUID(id) in team
                    ],
                )
                for id in request.professional_ids
            ]
        )


class Ror(RorServiceServicer):
    def __init__(self, known: Known) -> None:
        self._known = known

    @allow("professional", services=("messaging",))
    async def GetStructureSheet(self, request: Any, _: Any) -> ror_pb.GetStructureSheetResponse:
        """See the contract."""
        telecoms = [ror_pb.Telecom(channel="phone", value="0102030405")]
        boxes = self._known.mailboxes.get(UUID(request.structure_id), [])
        telecoms += [ror_pb.Telecom(channel="mssante", value=box) for box in boxes]
        sheet = ror_pb.StructureSheet(
            content=ror_pb.StructureContent(telecoms=telecoms), known_from=stamp(NOON - timedelta(days=3))
        )
        return ror_pb.GetStructureSheetResponse(sheet=sheet)

    @allow("professional", services=("messaging",))
    async def SearchOffers(self, _: Any, __: Any) -> ror_pb.SearchOffersResponse:
        """See the contract."""
        return ror_pb.SearchOffersResponse()


Directory.__abstractmethods__ = frozenset()  # the rest is not asked by messaging
Ror.__abstractmethods__ = frozenset()


@pytest_asyncio.fixture
async def world(database: Database, serve: Any, dial: Any) -> AsyncIterator[World]:
    async with telling_world(database, serve, dial) as made:
        yield made


@pytest.fixture
def known() -> Known:
    return Known({}, {})


@pytest_asyncio.fixture
async def telling(world: World, known: Known, serve: Any, dial: Any) -> Any:
    """The real server behind the real client."""

    def register(server: Any) -> None:
        add_DirectoryServiceServicer_to_server(Directory(known), server)  # type: ignore[abstract]
        add_RorServiceServicer_to_server(Ror(known), server)  # type: ignore[abstract]

    channel = await dial(await serve("directory", register), "directory", as_="messaging")
    desk = TellingDesk(
        world.database,
        Deciding(world.decisions),
        world.readers,
        MASTERS,
        DirectoryServiceStub(channel),
        RorServiceStub(channel),
        world.clock,
    )
    served = await serve("messaging", partial(add_TellingServiceServicer_to_server, TellingService(desk)))
    return TellingServiceStub(await dial(served, "messaging"))


@pytest.fixture
def being(calling_as: Any) -> Any:
    """The calls that follow are theirs."""

    def become(who: Recipient) -> None:
        calling_as("professional" if who.realm.value == "professional" else "patient", who.id)

    return become


async def preferences(telling: Any) -> pb.Preferences:
    found: pb.Preferences = (await telling.GetPreferences(pb.GetPreferencesRequest())).preferences
    return found


async def changed(telling: Any, wanted: pb.Preferences) -> pb.Preferences:
    reply = await telling.ChangePreferences(pb.ChangePreferencesRequest(preferences=wanted))
    found: pb.Preferences = reply.preferences
    return found


async def code_in_mail(world: World) -> str:
    await world.mailing.round()
    text = world.inbox.mails[-1].get_body(("plain",))
    assert text is not None
    (code,) = re.findall(r"\d{8}", text.get_content())
    return str(code)


async def refused(call: Any, kind: type[Refusal], reason: str) -> Refusal:
    with pytest.raises(kind) as caught:
        await call
    assert caught.value.reason == reason
    assert caught.value.sentence and caught.value.todo
    return caught.value


async def test_until_somebody_chooses_the_platforms_choices_hold(telling: Any, world: World, being: Any) -> None:
    being(world.himself)
    kept = await preferences(telling)

    assert [one.topic for one in kept.choices] == list(range(1, 10))
    mail_about = [one.topic for one in kept.choices if pb.CHANNEL_EMAIL in one.channels]
    assert mail_about == [pb.TOPIC_URGENT_MESSAGE, pb.TOPIC_STANDING]
    assert (kept.quiet_from, kept.quiet_until, kept.version, kept.email_shown) == (21 * 60, 7 * 60, 1, "")


async def test_choices_are_replaced_and_each_has_ones_own(telling: Any, world: World, being: Any) -> None:
    being(world.nurse)
    wanted = pb.Preferences(
        choices=[pb.Choice(topic=pb.TOPIC_RECORD, channels=[pb.CHANNEL_EMAIL], pace=pb.PACE_DAILY)],
        quiet_from=0,
        quiet_until=360,
        daily_hour=18,
        urgent_minutes=30,
        version=1,
    )
    kept = await changed(telling, wanted)
    assert (kept.version, kept.daily_hour, kept.urgent_minutes, kept.urgent_breaks_quiet) == (2, 18, 30, False)
    assert [one.topic for one in kept.choices if one.channels] == [pb.TOPIC_RECORD]
    assert await preferences(telling) == kept
    assert (await changed(telling, kept)).version == 3

    being(world.gp)
    assert (await preferences(telling)).version == 1


async def test_choices_made_from_an_older_version_are_refused(telling: Any, world: World, being: Any) -> None:
    being(world.nurse)
    first = await changed(telling, pb.Preferences(version=1))

    await refused(changed(telling, pb.Preferences(version=1)), Stale, "VERSION_STALE")
    assert await preferences(telling) == first


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (pb.Preferences(daily_hour=24), "daily_hour"),
        (pb.Preferences(quiet_from=-5), "quiet_from"),
        (pb.Preferences(urgent_minutes=1), "urgent_minutes"),
        (pb.Preferences(choices=[pb.Choice()]), "choices"),
        (pb.Preferences(choices=[pb.Choice(topic=pb.TOPIC_STAY, channels=[99])]), "choices"),  # type: ignore[list-item]
        (pb.Preferences(choices=[pb.Choice(topic=pb.TOPIC_STAY)] * 2), "choices"),
    ],
)
async def test_choices_that_cannot_be_are_refused_by_their_field(
    telling: Any, world: World, being: Any, wanted: pb.Preferences, field: str
) -> None:
    being(world.nurse)

    caught = await refused(changed(telling, wanted), Invalid, "PREFERENCES_INVALID")
    assert caught.details["field"] == field


async def test_a_portal_is_chosen_among_those_that_are_there(telling: Any, world: World, being: Any) -> None:
    being(world.nurse)
    portal = await portal_of(world)
    (shown,) = (await telling.ListPortals(pb.ListPortalsRequest())).portals
    assert (shown.portal_id, shown.label) == (str(portal), "Mon portail")

    kept = await changed(telling, pb.Preferences(portal_ids=[str(portal)], version=1))
    assert list(kept.portal_ids) == [str(portal)]
    wanted = pb.Preferences(portal_ids=[str(uuid4())], version=2)
    await refused(changed(telling, wanted), Unknown, "PORTAL_UNKNOWN")


async def portal_of(world: World) -> UUID:
    id = uuid4()
    row = {"id": uuid4(), "portal_id": id, "label": "Mon portail", "url": b"sealed", "secret": b"sealed"}
    row |= {"paused": False, "registered_at": NOON, "version": 1, "failures": 0, "last_failure": ""}
    async with world.database.transaction() as transaction:
        await transaction.execute(insert(webhook), [row])
    return id


async def test_an_address_is_taken_once_the_code_that_went_to_it_is_given_back(
    telling: Any, world: World, being: Any
) -> None:
    being(world.nurse)
    reply = await telling.GiveEmail(pb.GiveEmailRequest(email=NURSE))
    assert reply.code_ends_at == stamp(NOON + timedelta(minutes=15))
    before = await preferences(telling)
    assert (before.email_shown, before.email_confirmed) == ("m…e@…example", False)

    code = await code_in_mail(world)
    assert world.inbox.to == [NURSE] and world.inbox.subjects == ["Votre code de confirmation"]
    confirmed = (await telling.ConfirmEmail(pb.ConfirmEmailRequest(code=code))).preferences

    assert (confirmed.email_shown, confirmed.email_confirmed) == ("m…e@…example", True)
    assert (await world.address(world.nurse)).confirmed == NURSE
    await refused(telling.ConfirmEmail(pb.ConfirmEmailRequest(code=code)), Invalid, "CODE_INVALID")


async def test_neither_address_nor_code_is_kept_in_clear(telling: Any, world: World, being: Any) -> None:
    being(world.nurse)
    await telling.GiveEmail(pb.GiveEmailRequest(email=NURSE))
    rows = [*await world.one(lambda: select(address)), *await world.one(lambda: select(mail))]
    code = await code_in_mail(world)
    rows += [*await world.one(lambda: select(address)), *await world.one(lambda: select(mail))]

    kept = b"".join(value for row in rows for value in row if isinstance(value, bytes)) + repr(rows).encode()
    assert NURSE.encode() not in kept and code.encode() not in kept
    (sent,) = await world.one(lambda: select(mail))
    assert (sent.state, sent.code) == ("SENT", None)


async def test_five_wrong_codes_end_the_right_one(telling: Any, world: World, being: Any) -> None:
    being(world.nurse)
    await telling.GiveEmail(pb.GiveEmailRequest(email=NURSE))
    code = await code_in_mail(world)
    wrong = str((int(code) + 1) % 10**8).zfill(8)

    for _ in range(5):
        await refused(telling.ConfirmEmail(pb.ConfirmEmailRequest(code=wrong)), Invalid, "CODE_INVALID")
    await refused(telling.ConfirmEmail(pb.ConfirmEmailRequest(code=code)), Invalid, "CODE_INVALID")
    assert (await world.address(world.nurse)).confirmed == ""


async def test_a_code_is_taken_for_a_quarter_of_an_hour_and_by_its_owner_only(
    telling: Any, world: World, being: Any
) -> None:
    being(world.nurse)
    await telling.GiveEmail(pb.GiveEmailRequest(email=NURSE))
    code = await code_in_mail(world)
    being(world.gp)
    await refused(telling.ConfirmEmail(pb.ConfirmEmailRequest(code=code)), Invalid, "CODE_INVALID")

    being(world.nurse)
    world.clock.pass_(minutes=15)
    await refused(telling.ConfirmEmail(pb.ConfirmEmailRequest(code=code)), Invalid, "CODE_INVALID")


async def test_a_new_code_ends_the_former_one_also_where_it_has_not_left_yet(
    telling: Any, world: World, being: Any
) -> None:
    being(world.nurse)
    await telling.GiveEmail(pb.GiveEmailRequest(email="other@mail.example"))
    await telling.GiveEmail(pb.GiveEmailRequest(email=NURSE))

    code = await code_in_mail(world)

    assert world.inbox.to == [NURSE]
    await telling.ConfirmEmail(pb.ConfirmEmailRequest(code=code))
    assert (await world.address(world.nurse)).confirmed == NURSE


async def test_a_code_that_is_too_old_does_not_leave(telling: Any, world: World, being: Any) -> None:
    being(world.nurse)
    await telling.GiveEmail(pb.GiveEmailRequest(email=NURSE))
    world.clock.pass_(minutes=15)

    await world.mailing.round()

    assert world.inbox.taken == []


async def test_three_codes_an_hour_and_no_more_also_after_forgetting(telling: Any, world: World, being: Any) -> None:
    being(world.nurse)
    for _ in range(3):
        await telling.GiveEmail(pb.GiveEmailRequest(email=NURSE))
    await telling.ForgetEmail(pb.ForgetEmailRequest())

    await refused(telling.GiveEmail(pb.GiveEmailRequest(email=NURSE)), TooMany, "EMAIL_TOO_OFTEN")
    world.clock.pass_(hours=1)
    await telling.GiveEmail(pb.GiveEmailRequest(email=NURSE))


async def test_until_a_new_address_is_confirmed_mail_goes_to_the_former_one(
    telling: Any, world: World, being: Any
) -> None:
    await world.has_mail(world.nurse, "former@mail.example")
    being(world.nurse)
    await telling.GiveEmail(pb.GiveEmailRequest(email=NURSE))

    assert (await world.address(world.nurse)).confirmed == "former@mail.example"
    assert (await preferences(telling)).email_shown == "f…r@…example"


async def test_the_same_address_may_be_two_peoples_and_no_answer_tells(telling: Any, world: World, being: Any) -> None:
    replies = []
    for who in (world.nurse, world.gp):
        being(who)
        replies.append(await telling.GiveEmail(pb.GiveEmailRequest(email=NURSE)))

    assert replies[0] == replies[1]


async def test_a_forgotten_address_gets_nothing_more(telling: Any, world: World, being: Any) -> None:
    await world.has_mail(world.nurse, NURSE)
    being(world.nurse)
    await telling.GiveEmail(pb.GiveEmailRequest(email=NURSE))
    await telling.ForgetEmail(pb.ForgetEmailRequest())

    await world.mailing.round()

    assert world.inbox.taken == []
    kept = await preferences(telling)
    assert (kept.email_shown, kept.email_confirmed) == ("", False)


@pytest.mark.parametrize("email", ["", "marie", "marie@localhost", "a@b.fr\nBcc: c@d.fr", "x" * 100_000 + "@b.fr"])
async def test_what_is_no_address_is_refused(telling: Any, world: World, being: Any, email: str) -> None:
    being(world.nurse)

    await refused(telling.GiveEmail(pb.GiveEmailRequest(email=email)), Invalid, "EMAIL_INVALID")
    assert await world.one(lambda: select(mail)) == []


async def test_an_absence_is_declared_listed_and_ended(telling: Any, world: World, being: Any) -> None:
    being(world.nurse)
    wanted = pb.DeclareAbsenceRequest(delegate_professional_id=str(world.gp.id), **span(0, 24))
    made = (await telling.DeclareAbsence(wanted)).absence
    assert list((await telling.ListAbsences(pb.ListAbsencesRequest())).absences) == [made]
    await refused(telling.DeclareAbsence(pb.DeclareAbsenceRequest(**span(23, 48))), Conflict, "ABSENCE_ALREADY")

    world.clock.pass_(hours=2)
    ended = (await telling.EndAbsence(pb.EndAbsenceRequest(absence_id=made.absence_id))).absence

    assert ended.until == stamp(NOON + timedelta(hours=2))
    again = telling.EndAbsence(pb.EndAbsenceRequest(absence_id=made.absence_id))
    await refused(again, Unknown, "ABSENCE_UNKNOWN")
    await telling.DeclareAbsence(pb.DeclareAbsenceRequest(**span(23, 48)))


async def test_another_professionals_absence_is_unknown(telling: Any, world: World, being: Any) -> None:
    being(world.nurse)
    made = (await telling.DeclareAbsence(pb.DeclareAbsenceRequest(**span(0, 24)))).absence
    being(world.gp)

    await refused(telling.EndAbsence(pb.EndAbsenceRequest(absence_id=made.absence_id)), Unknown, "ABSENCE_UNKNOWN")
    assert not (await telling.ListAbsences(pb.ListAbsencesRequest())).absences


async def test_who_cannot_stand_in_is_refused(telling: Any, world: World, being: Any) -> None:
    being(world.nurse)
    suspended = uuid4()
    world.consent.closed.add(suspended)

    for delegate in (world.nurse.id, suspended):
        wanted = pb.DeclareAbsenceRequest(delegate_professional_id=str(delegate), **span(0, 24))
        await refused(telling.DeclareAbsence(wanted), Invalid, "DELEGATE_INVALID")


@pytest.mark.parametrize("wanted", [{}, span(2, 1), span(-48, 1), span(0, 24 * 400)])
async def test_a_period_that_cannot_be_is_refused(telling: Any, world: World, being: Any, wanted: Any) -> None:
    being(world.nurse)

    await refused(telling.DeclareAbsence(pb.DeclareAbsenceRequest(**wanted)), Invalid, "PERIOD_INVALID")


async def test_a_team_says_who_is_on_call(telling: Any, world: World, being: Any) -> None:
    structure = uuid4()
    world.consent.teams[structure] = [world.nurse.id, world.gp.id]
    being(world.nurse)
    wanted = pb.PutOnCallRequest(structure_id=str(structure), professional_id=str(world.gp.id), **span(0, 12))
    made = (await telling.PutOnCall(wanted)).time
    await refused(telling.PutOnCall(wanted), Conflict, "ON_CALL_ALREADY")

    being(world.gp)
    asked = pb.ListOnCallRequest(structure_id=str(structure), **span(-24, 24))
    assert list((await telling.ListOnCall(asked)).times) == [made]
    await telling.TakeOffCall(pb.TakeOffCallRequest(on_call_id=made.on_call_id))
    assert not (await telling.ListOnCall(asked)).times
    await refused(telling.TakeOffCall(pb.TakeOffCallRequest(on_call_id=made.on_call_id)), Unknown, "ON_CALL_UNKNOWN")


async def test_who_does_not_practise_there_neither_sees_nor_changes_who_is_on_call(
    telling: Any, world: World, being: Any
) -> None:
    structure = uuid4()
    world.consent.teams[structure] = [world.nurse.id]
    being(world.nurse)
    put = {"structure_id": str(structure), **span(0, 12)}
    made = (await telling.PutOnCall(pb.PutOnCallRequest(professional_id=str(world.nurse.id), **put))).time
    await refused(
        telling.PutOnCall(pb.PutOnCallRequest(professional_id=str(world.gp.id), **put)), Denied, "NOT_IN_TEAM"
    )

    being(world.gp)
    for call in (
        telling.ListOnCall(pb.ListOnCallRequest(**put)),
        telling.PutOnCall(pb.PutOnCallRequest(professional_id=str(world.nurse.id), **put)),
        telling.TakeOffCall(pb.TakeOffCallRequest(on_call_id=made.on_call_id)),
    ):
        await refused(call, Denied, "NOT_IN_TEAM")


async def test_more_than_62_days_of_on_call_are_not_listed(telling: Any, world: World, being: Any) -> None:
    being(world.nurse)
    asked = pb.ListOnCallRequest(structure_id=str(uuid4()), **span(0, 63 * 24))

    await refused(telling.ListOnCall(asked), Invalid, "PERIOD_INVALID")


async def addressees(telling: Any, patient: UUID) -> list[pb.Addressee]:
    reply = await telling.ListAddressees(pb.ListAddresseesRequest(patient_id=str(patient)))
    return list(reply.addressees)


async def test_the_ways_to_those_around_a_patient_come_best_first(
    telling: Any, world: World, known: Known, being: Any
) -> None:
    cabinet = uuid4()
    known.places, known.mailboxes = {cabinet: [world.gp.id]}, {cabinet: ["cabinet@mssante.example"]}
    direct = await world.open(ThreadKind.DIRECT, first_id=world.nurse.id, second_id=world.gp.id)
    await world.post(world.nurse)
    await world.has_read(world.gp)
    await world.away(world.doctor, world.gp, days=1)
    being(world.nurse)

    gp, box, doctor = await addressees(telling, world.patient)

    assert (gp.professional_id, gp.away) == (str(world.gp.id), False)
    assert [(way.kind, way.thread_id) for way in gp.ways] == [
        (pb.WAY_KIND_CIRCLE_THREAD, str(world.thread)),
        (pb.WAY_KIND_DIRECT_THREAD, str(direct)),
    ]
    assert gp.ways[0].fresh_at == stamp(NOON)
    assert (box.structure_id, [way.address for way in box.ways]) == (str(cabinet), ["cabinet@mssante.example"])
    assert (doctor.away, doctor.delegate_professional_id) == (True, str(world.gp.id))


async def test_who_is_on_call_is_a_way_to_their_structure_if_they_may_read(
    telling: Any, world: World, being: Any
) -> None:
    await world.on_call(world.gp)
    being(world.nurse)

    first = (await addressees(telling, world.patient))[0]
    assert first.structure_id and not first.professional_id
    assert [(way.kind, way.professional_id) for way in first.ways] == [(pb.WAY_KIND_ON_CALL, str(world.gp.id))]

    del world.consent.circles[world.patient][world.gp.id]
    assert not any(one.structure_id for one in await addressees(telling, world.patient))


async def test_who_may_not_read_around_the_patient_is_refused_with_the_decision(
    telling: Any, world: World, being: Any
) -> None:
    being(world.nurse)
    del world.consent.circles[world.patient][world.nurse.id]

    caught = await refused(addressees(telling, world.patient), Denied, "NOT_IN_CIRCLE")
    assert caught.details["entry_id"]


async def test_nobody_and_patients_are_refused_what_is_not_theirs(
    telling: Any, world: World, being: Any, calling_as: Any
) -> None:
    calling_as(None)
    await refused(preferences(telling), Unauthenticated, "LOGIN_REQUIRED")
    being(world.himself)
    for call in (
        telling.ListAbsences(pb.ListAbsencesRequest()),
        telling.DeclareAbsence(pb.DeclareAbsenceRequest(**span(0, 1))),
        addressees(telling, world.patient),
    ):
        await refused(call, Denied, "KIND_NOT_ALLOWED")
