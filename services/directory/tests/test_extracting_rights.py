"""Who is told what of an extract: sensitive offers, contacts by level; nobody who may not read."""

from uuid import UUID, uuid4

from sqlalchemy import update
from terresante.directory.v1 import extract_service_pb2 as pb
from terresante.directory.v1 import ror_service_pb2 as ror
from terresante_directory.domain.accounts import State
from terresante_directory.joining import Joining
from terresante_directory.settling import Settling
from terresante_directory.store.tables import account
from terresante_platform.database import Database

from . import offering
from .counter import Counter
from .desk import CallingAs, reason
from .joining import FINESS, invited
from .test_extracting import OFFERS, STRUCTURES, Extract, extract, names
from .tree import Tree

__all__ = ["extract"]


async def test_contacts_and_sensitive_offers_are_told_to_those_who_may_know_them(
    tree: Tree, extract: Extract, calling_as: CallingAs
) -> None:
    await tree.desk.administrator("94-ouest")
    levels = [ror.Telecom(channel="2", value=f"0{level}", confidentiality=level) for level in (1, 2, 3)]
    site = await tree.enrol(telecoms=levels)
    await offering.enrol(tree, site.structure_id, telecoms=levels)
    await offering.enrol(tree, site.structure_id, name="Unité fermée", sensitive=True)

    async def seen() -> tuple[list[int], list[int], list[str]]:
        structure = (await extract(STRUCTURES)).structures[0]
        offers = (await extract(OFFERS)).offers
        return (
            [one.confidentiality for one in structure.sheet.content.telecoms],
            [one.confidentiality for one in offers[0].sheet.content.telecoms],
            [one.sheet.content.name for one in offers],
        )

    both = ["Consultation mémoire", "Unité fermée"]
    assert await seen() == ([1, 2, 3], [1, 2, 3], both)
    await tree.desk.administrator("95-sud")
    assert await seen() == ([1, 2], [1, 2], both)
    calling_as("professional", uuid4())
    assert await seen() == ([1, 2], [1, 2], both)
    calling_as("system", uuid4())
    assert await seen() == ([1], [1], ["Consultation mémoire"])
    assert names(await extract(STRUCTURES, [pb.ALONG_OFFERS])) == ["Hôpital du Port", "Consultation mémoire"]
    assert (await extract(OFFERS, with_total=True)).total == 1


async def test_patients_extract_nothing(extract: Extract, calling_as: CallingAs) -> None:
    calling_as("patient", uuid4())

    assert await reason(extract(OFFERS)) == "KIND_NOT_ALLOWED"


async def test_an_inert_account_extracts_nothing(
    tree: Tree, extract: Extract, counter: Counter, joining: Joining, settling: Settling, database: Database
) -> None:
    await tree.desk.administrator("94-ouest")
    await tree.desk.structure(finess=FINESS)
    uid = await invited(counter, joining, settling, database)
    counter.calling_as("professional", uid, acr=3)

    assert await reason(extract(OFFERS)) == "ENROLMENT_INCOMPLETE"


async def test_a_suspended_system_or_professional_extracts_nothing(
    tree: Tree, extract: Extract, calling_as: CallingAs, database: Database
) -> None:
    feeder = await tree.desk.feeder(await tree.desk.hospital())
    someone = await tree.desk.professional(feeder.structure_id)
    await tree.desk.open(someone.professional_id)
    async with database.transaction() as transaction:
        await transaction.execute(update(account).values(state=State.SUSPENDED.value))

    for kind, id in (("system", feeder.feeder_id), ("professional", someone.professional_id)):
        calling_as(kind, UUID(id))
        assert await reason(extract(OFFERS)) == "CALLER_SUSPENDED"
