"""Who is around a patient and how each is best reached: an access to the circle, decided and in the journal."""

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from terresante.directory.v1 import directory_service_pb2 as directory_pb
from terresante.directory.v1 import ror_service_pb2 as ror_pb
from terresante.messaging.v1 import telling_service_pb2 as pb
from terresante_platform.ids import parsed
from terresante_platform.rpc.allow import allow

from terresante_messaging.domain.absences import OnCall
from terresante_messaging.domain.addressees import Addressee, Way, WayKind, ranked
from terresante_messaging.domain.people import PatientId, Realm, Recipient
from terresante_messaging.rpc.deciding import caller
from terresante_messaging.rpc.telling.desk import TellingDesk
from terresante_messaging.store import absences, addresses, ways
from terresante_messaging.store.absences import Away
from terresante_messaging.store.ways import ThreadWay
from terresante_messaging.wire import telling as wire

SECURE_MAILBOX = "mssante"
"""A code of the directory's value set `telecom_channel`."""
MOST_PROFESSIONALS = 200
MOST_STRUCTURES = 30
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known here of those around the patient."""

    circle: ThreadWay | None
    direct: dict[UUID, ThreadWay]
    away: dict[UUID, Away]
    on_call: list[OnCall]
    mail_failed: dict[Recipient, datetime | None]
    mailboxes: dict[UUID, list[Way]] = field(default_factory=dict)
    """By structure."""


class AddresseeCalls:
    """See the module."""

    _desk: TellingDesk

    @allow("professional")
    async def ListAddressees(self, request: pb.ListAddresseesRequest, _: Any) -> pb.ListAddresseesResponse:
        """Best reached first. Of a circle of more than 200, those with the least ids."""
        desk, patient = self._desk, PatientId(parsed(request.patient_id, "patient_id"))
        await desk.deciding.read_around(patient)
        readers = await desk.readers.of_patient(patient)
        professionals = sorted({one.who.id for one in readers if one.who.realm is Realm.PROFESSIONAL} - {caller().id})
        around = professionals[:MOST_PROFESSIONALS]
        known = await self._known(patient, around)
        found = [*(_professional(id, known) for id in around), *_structures(known)]
        return pb.ListAddresseesResponse(addressees=map(wire.addressee_to_proto, ranked(found, desk.now())))

    async def _known(self, patient: PatientId, around: Collection[UUID]) -> _Known:
        now, me = self._desk.now(), caller().id
        mailboxes = await self._mailboxes(around)
        async with self._desk.database.reading() as connection:
            return _Known(
                await ways.circle_thread(connection, patient),
                await ways.direct_threads(connection, me, around),
                await absences.away(connection, around, now),
                await absences.on_call_now(connection, around, now),
                await addresses.reachable(connection, [Recipient(Realm.PROFESSIONAL, id) for id in around]),
                mailboxes,
            )

    async def _mailboxes(self, around: Collection[UUID]) -> dict[UUID, list[Way]]:
        """The secure mailboxes of the structures where they practise, as the directory tells them to the caller."""
        if not around:
            return {}
        asked = directory_pb.BatchGetProfessionalsRequest(professional_ids=map(str, around))
        reply = await self._desk.directory.BatchGetProfessionals(asked)
        places = [place for one in reply.professionals for place in one.places if not place.HasField("until")]
        structures = sorted({place.structure_id for place in places})[:MOST_STRUCTURES]
        turn = asyncio.Semaphore(_AT_ONCE)
        found = await asyncio.gather(*(self._of_structure(id, turn) for id in structures))
        return {UUID(id): boxes for id, boxes in zip(structures, found, strict=True) if boxes}

    async def _of_structure(self, id: str, turn: asyncio.Semaphore) -> list[Way]:
        """Its own, and those of the offers it gives."""
        ror = self._desk.ror
        async with turn:
            sheet = (await ror.GetStructureSheet(ror_pb.GetStructureSheetRequest(structure_id=id))).sheet
            offers = (await ror.SearchOffers(ror_pb.SearchOffersRequest(structure_id=id))).offers
        boxes = _boxes(sheet.content.telecoms, _moment(sheet, "known_from"))
        for offer in offers:
            boxes |= _boxes(offer.content.telecoms, _moment(offer, "confirmed_at"))
        return [Way(WayKind.SECURE_MAILBOX, address=address, fresh_at=at) for address, at in boxes.items()]


def _boxes(telecoms: Iterable[ror_pb.Telecom], at: datetime | None) -> dict[str, datetime | None]:
    return {one.value: at for one in telecoms if one.channel == SECURE_MAILBOX and one.value}


def _moment(message: Any, field_name: str) -> datetime | None:
    return getattr(message, field_name).ToDatetime(UTC) if message.HasField(field_name) else None


def _professional(id: UUID, known: _Known) -> Addressee:
    away, failed_at = known.away.get(id), known.mail_failed.get(Recipient(Realm.PROFESSIONAL, id))
    circle, direct = known.circle, known.direct.get(id)
    found = [
        Way(
            WayKind.CIRCLE_THREAD,
            circle.thread if circle else None,
            fresh_at=circle.seen.get(id) if circle else None,
            failed_at=failed_at,
        ),
        Way(
            WayKind.DIRECT_THREAD,
            direct.thread if direct else None,
            fresh_at=direct.seen.get(id) if direct else None,
            failed_at=failed_at,
        ),
    ]
    return Addressee(id, None, tuple(found), away is not None, away.delegate if away else None)


def _structures(known: _Known) -> list[Addressee]:
    by_structure: dict[UUID, list[Way]] = {id: list(boxes) for id, boxes in known.mailboxes.items()}
    for time in known.on_call:
        way = Way(WayKind.ON_CALL, professional=time.professional, fresh_at=time.period.begins)
        by_structure.setdefault(time.structure, []).append(way)
    return [Addressee(None, id, tuple(found)) for id, found in sorted(by_structure.items())]
