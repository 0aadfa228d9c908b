"""What the directory keeps: found again as it was, unique where it must be, searched as people type."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from terresante_directory.domain.accounts import (
    LEASE,
    Account,
    AccountCardTaken,
    Kind,
    Means,
    State,
    ask,
    carried_out,
    released,
)
from terresante_directory.domain.identifiers import PlaceId, ProfessionalId, Rpps, StructureId, TerritoryCode
from terresante_directory.domain.professionals import (
    NewPlace,
    Professional,
    ProfessionalAlready,
    ProfessionalUnknown,
    add_place,
    end_place,
)
from terresante_directory.domain.structures import Structure, StructureAlready
from terresante_directory.domain.territories import Administrator, AdministratorUnknown
from terresante_directory.domain.words import searched
from terresante_directory.store import accounts, administrators, professionals, structures
from terresante_directory.store.professionals import Filters
from terresante_platform.database import Database
from terresante_platform.ids import new_id

from .enrolling import enrolled, practising

AStructure = Callable[..., Structure]
AProfessional = Callable[..., Professional]
SUD = TerritoryCode("95-sud")


async def kept(database: Database, *things: Structure | Professional) -> None:
    async with database.transaction() as transaction:
        await enrolled(transaction, *things)


async def test_a_structure_comes_back_as_it_was(database: Database, a_structure: AStructure) -> None:
    site = replace(a_structure("Hôpital"), finess="940110018", siret="73282932000074")
    service = replace(a_structure("Urgences"), part_of=site.id)
    await kept(database, site, service)

    async with database.reading() as connection:
        assert await structures.get_many(connection, [service.id, site.id, StructureId(uuid4())]) == {
            site.id: site,
            service.id: service,
        }


async def test_a_finess_belongs_to_one_structure_and_a_siret_alone_too(
    database: Database, a_structure: AStructure
) -> None:
    await kept(database, replace(a_structure(), finess="940110018", siret="73282932000074"))
    await kept(database, replace(a_structure(), finess="940110026", siret="73282932000074"))
    await kept(database, replace(a_structure(), siret="35600000000048"), a_structure(), a_structure())

    with pytest.raises(StructureAlready):
        await kept(database, replace(a_structure(), finess="940110018"))
    with pytest.raises(StructureAlready):
        await kept(database, replace(a_structure(), siret="35600000000048"))


async def test_structures_are_found_by_beginnings_of_words_without_accents(
    database: Database, a_structure: AStructure
) -> None:
    tilleuls, elysee = a_structure("Cabinet des Tilleuls"), a_structure("Pharmacie de l'Élysée", SUD)
    await kept(database, tilleuls, elysee)

    async def found(words: str, territory: str = "") -> list[StructureId]:
        async with database.reading() as connection:
            return [each.id for each in await structures.search(connection, searched(words), territory, None, 50)]

    assert await found("TILL") == [tilleuls.id]
    assert await found("elys phar") == [elysee.id]
    assert await found("lleuls") == []
    assert await found("creteil") == [tilleuls.id, elysee.id]
    assert await found("creteil", SUD) == [elysee.id]
    assert await found("%_") == [tilleuls.id, elysee.id]


async def test_pages_follow_each_other_without_gap_or_double(database: Database, a_structure: AStructure) -> None:
    await kept(database, *(a_structure(f"Cabinet {rank % 3}") for rank in range(7)))
    pages: list[StructureId] = []

    async with database.reading() as connection:
        while page := await structures.search(connection, [], "", pages[-1] if pages else None, 3):
            pages += [each.id for each in page]
        everything = await structures.search(connection, [], "", None, 50)

    assert pages == [each.id for each in everything]
    assert len(set(pages)) == 7


async def test_a_professional_comes_back_as_they_were_with_all_their_places(
    database: Database, a_structure: AStructure, a_professional: AProfessional
) -> None:
    here, there = a_structure(), a_structure("Ailleurs", SUD)
    someone = a_professional(here, there, rpps="10002813839")
    await kept(database, here, there, someone)

    async with database.reading() as connection:
        assert await professionals.get_many(connection, [someone.id, ProfessionalId(uuid4())]) == {someone.id: someone}


async def test_an_rpps_belongs_to_one_professional_and_none_to_many(
    database: Database, a_structure: AStructure, a_professional: AProfessional
) -> None:
    here = a_structure()
    await kept(database, here, a_professional(here, rpps="10002813839"), a_professional(here), a_professional(here))

    with pytest.raises(ProfessionalAlready):
        await kept(database, a_professional(here, rpps="10002813839"))


async def test_places_begin_and_end_in_what_is_kept(
    database: Database,
    a_structure: AStructure,
    a_professional: AProfessional,
    ouest: Administrator,
    monday: datetime,
) -> None:
    here, there = a_structure(), a_structure("Ailleurs")
    someone = a_professional(here)
    await kept(database, here, there, someone)
    tuesday = monday + timedelta(days=1)

    async with database.transaction() as transaction:
        locked = await professionals.get_for_update(transaction, someone.id)
        moved = add_place(locked, NewPlace(PlaceId(new_id()), there, "remplaçante"), version=1, by=ouest, at=tuesday)
        moved = replace(end_place(moved, moved.places[0].id, version=2, by=ouest, at=tuesday), version=2)
        await practising(transaction, moved, tuesday)

    async with database.reading() as connection:
        assert (await professionals.get_many(connection, [someone.id]))[someone.id] == moved


async def test_an_unknown_professional_cannot_be_changed(database: Database) -> None:
    async with database.transaction() as transaction:
        with pytest.raises(ProfessionalUnknown):
            await professionals.get_for_update(transaction, ProfessionalId(uuid4()))


async def test_professionals_are_found_by_names_profession_structure_and_territory(
    database: Database,
    a_structure: AStructure,
    a_professional: AProfessional,
    ouest: Administrator,
    monday: datetime,
) -> None:
    here, there = a_structure(), a_structure("Ailleurs", SUD)
    zoe = a_professional(here, family_name="Œuvrard-Lefèbvre", given_name="Zoé")
    adam = a_professional(there, family_name="Adam", given_name="Noé", code="60")
    gone = a_professional(here, family_name="Zola", given_name="Émile")
    await kept(database, here, there, zoe, adam, gone)
    async with database.transaction() as transaction:
        ended = end_place(gone, gone.places[0].id, version=1, by=ouest, at=monday + timedelta(hours=1))
        await practising(transaction, ended, monday + timedelta(hours=1))

    async def found(
        words: str = "", profession: str = "", structure: Structure | None = None, territory: str = ""
    ) -> list[str]:
        at = monday + timedelta(days=1)
        wanted = Filters(searched(words), profession, structure.id if structure else None, territory, at)
        async with database.reading() as connection:
            return [each.family_name for each in await professionals.search(connection, wanted, None, 50)]

    assert await found() == ["Adam", "Œuvrard-Lefèbvre", "Zola"]
    assert await found("lefe zo") == ["Œuvrard-Lefèbvre"]
    assert await found("oeuv") == ["Œuvrard-Lefèbvre"]
    assert await found("vrard") == []
    assert await found("zo") == ["Œuvrard-Lefèbvre", "Zola"]
    assert await found(profession="60") == ["Adam"]
    assert await found(structure=here) == ["Œuvrard-Lefèbvre"]
    assert await found(territory=SUD) == ["Adam"]
    assert await found("adam", structure=here) == []


async def test_a_search_by_words_uses_the_index_of_words(database: Database) -> None:
    async with database.transaction() as transaction:
        await transaction.execute(
            text(
                "insert into professional (id, family_name, given_name, profession, search) select gen_random_uuid(),"
                " '', '', '10', ' ' || substr(md5(i::text), 1, 8) || ' ' || substr(md5(i::text), 9, 8)"
                " from generate_series(1, 20000) i"
            )
        )
    async with database.reading() as connection:
        await connection.execute(text("vacuum analyze professional"))
        plan = await connection.execute(
            text("explain select id from professional where search like '% c4ca%' order by search, id limit 50")
        )
        assert "professional_words" in str(plan.all())


def asked(at: datetime, rpps: Rpps | None = None, username: str = "") -> Account:
    uid = new_id()
    name = username or f"p-{uid.hex[-10:]}"
    return ask(None, uid=uid, kind=Kind.PROFESSIONAL, rpps=rpps, means=Means.PASSWORD_AND_CODE, username=name, at=at)


async def test_an_account_comes_back_as_it_was_and_shows_in_the_professional(
    database: Database, a_structure: AStructure, a_professional: AProfessional, monday: datetime
) -> None:
    here = a_structure()
    someone = a_professional(here)
    await kept(database, here, someone)
    account = replace(asked(monday, Rpps("10002813839")), uid=someone.id)
    done = carried_out(account, account.turn)

    async with database.transaction() as transaction:
        await accounts.save(transaction, account)
        assert await accounts.get_for_update(transaction, someone.id) == account
        await accounts.save(transaction, done)
        assert await accounts.get_for_update(transaction, someone.id) == done
        assert await accounts.get(transaction, uuid4()) is None
        assert (await professionals.get_many(transaction, [someone.id]))[someone.id].account is State.OPEN


async def test_a_card_opens_one_account_only(database: Database, monday: datetime) -> None:
    async with database.transaction() as transaction:
        await accounts.save(transaction, asked(monday, Rpps("10002813839")))

    with pytest.raises(AccountCardTaken):
        async with database.transaction() as transaction:
            await accounts.save(transaction, asked(monday, Rpps("10002813839")))


async def test_what_keycloak_may_not_agree_with_is_found_once_nobody_acts_on_it(
    database: Database, monday: datetime
) -> None:
    leased, left, settled = asked(monday), released(asked(monday)), asked(monday)
    async with database.transaction() as transaction:
        for account in (leased, left, carried_out(settled, settled.turn)):
            await accounts.save(transaction, account)

    async with database.reading() as connection:
        assert await accounts.unsettled(connection, monday, 10) == [left.uid]
        assert await accounts.unsettled(connection, monday + LEASE, 10) == [left.uid, leased.uid]
        assert await accounts.unsettled(connection, monday + LEASE, 1) == [left.uid]


async def test_an_administrator_comes_back_with_their_territories(database: Database, ouest: Administrator) -> None:
    both = replace(ouest, territories=ouest.territories | {SUD})
    async with database.transaction() as transaction:
        await administrators.add(transaction, both)

    async with database.reading() as connection:
        assert await administrators.get(connection, both.id) == both
        with pytest.raises(AdministratorUnknown):
            await administrators.get(connection, uuid4())
