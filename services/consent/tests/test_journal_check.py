"""Nothing in the journal can be changed unseen, not even by the owner of the database."""

import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from terresante_consent.journal.chain import Signer
from terresante_consent.journal.check import Checker, Checkpoint, Unsound, check
from terresante_consent.journal.merkle import leaf_hash, root
from terresante_platform import migrations
from terresante_platform.ids import new_id
from terresante_platform.testing.postgres import Server

from .house import MONDAY, House, lived


async def checked(url: str, signer: Signer, checkpoint: Checkpoint | None = None) -> Checker:
    checker = Checker({signer.id: signer.public}, checkpoint)
    await check(url, checker)
    return checker


async def test_a_journal_as_it_was_written_is_sound(house: House, database_url: str, signer: Signer) -> None:
    await lived(house)

    checker = await checked(database_url, signer)

    assert checker.total > 10
    assert checker.last is not None
    again = Checkpoint(checker.number, checker.last.hash.hex(), checker.total)
    await checked(database_url, signer, again)


ROW = "(select entry_id from journal_entry order by batch, position offset {n} limit 1)"


DEEDS: dict[str, tuple[str, ...]] = {
    "an entry's bytes": ("update journal_entry set leaf = set_byte(leaf, {byte}, (get_byte(leaf, {byte}) + 1) % 128)"
                         " where entry_id = {row}",),
    "an answer": ("update journal_entry set leaf = convert_to(replace(convert_from(leaf, 'UTF8'), '\"allowed\":',"
                  " '\"allowed\": '), 'UTF8') where entry_id = {row}",),
    "a patient's column": ("update journal_entry set patient_id = gen_random_uuid(), patient_sequence = 1"
                           " where entry_id = {row}",),
    "an actor's column": ("update journal_entry set actor_id = gen_random_uuid() where entry_id = {row}",),
    "an id": ("update journal_entry set entry_id = gen_random_uuid() where entry_id = {row}",),
    "an entry dropped": ("delete from journal_entry where entry_id = {row}",),
    "an entry added": ("insert into journal_entry select gen_random_uuid(), batch, 1000, null, null, actor_id, leaf"
                       " from journal_entry where entry_id = {row}",),
    "an entry before the first": ("insert into journal_entry select gen_random_uuid(), 0, 0, null, null, actor_id, leaf"
                                  " from journal_entry where entry_id = {row}",),
    "an entry after the last": ("insert into journal_entry select gen_random_uuid(), 9999, 0, null, null, actor_id,"
                                " leaf from journal_entry where entry_id = {row}",),
    "two entries swapped": (
        "update journal_entry a set leaf = b.leaf from journal_entry b where (a.entry_id, b.entry_id) in"
        " (({row}, {other}), ({other}, {row}))",
    ),
    "a head": ("update journal_batch set head = set_byte(head, {byte}, (get_byte(head, {byte}) + 1) % 128)"
               " where number = {batch}",),
    "a signature": ("update journal_batch set signature = set_byte(signature, {byte} % 64,"
                    " (get_byte(signature, {byte} % 64) + 1) % 256) where number = {batch}",),
    "leaves": ("update journal_batch set leaves = set_byte(leaves, {byte} % 32, (get_byte(leaves, {byte} % 32) + 1)"
               " % 256) where number = {batch}",),
    "a batch dropped": ("delete from journal_batch where number = {batch}",),
    "a batch dropped with its entries": ("delete from journal_batch where number = {batch}",
                                         "delete from journal_entry where batch = {batch}"),
    "the tail cut": ("delete from journal_batch where number >= {batch}",
                     "delete from journal_entry where batch >= {batch}"),
    "two batches renumbered": ("update journal_batch set number = -1 where number = {batch}",
                               "update journal_batch set number = {batch} where number = {last}",
                               "update journal_batch set number = {last} where number = -1"),
}  # fmt: skip


async def test_a_thousand_manipulations_by_the_owner_of_the_database_are_found(
    house: House, database_url: str, signer: Signer
) -> None:
    await lived(house)
    whole = await checked(database_url, signer)
    assert whole.last is not None
    checkpoint = Checkpoint(whole.number, whole.last.hash.hex(), whole.total)
    chance = random.Random(7)  # noqa: S311
    owner = await asyncpg.connect(database_url)
    rounds = 1000
    names = list(DEEDS)
    for number in range(rounds):
        name = names[number % len(names)]
        first, second = chance.sample(range(whole.total), 2)
        batch = chance.randrange(1, whole.number)
        words = {
            "row": ROW.format(n=first), "other": ROW.format(n=second), "byte": chance.randrange(60),
            "batch": batch, "last": whole.number,
        }  # fmt: skip
        undo = owner.transaction()
        await undo.start()
        for statement in DEEDS[name]:
            await owner.execute(statement.format(**words))
        with pytest.raises(Unsound, match=r"batch|entry"):
            await _checked_in(owner, signer, checkpoint)
            pytest.fail(f"not found: {name}")
        await undo.rollback()
    async with owner.transaction():
        await _checked_in(owner, signer, checkpoint)
    await owner.close()


async def _checked_in(connection: Any, signer: Signer, checkpoint: Checkpoint) -> None:
    """The same check on what an open transaction sees, so that a thousand of them need no thousand databases."""
    checker = Checker({signer.id: signer.public}, checkpoint)
    await checker.follow(connection)


async def test_a_journal_written_anew_from_some_row_on_differs_from_the_checkpoint(
    house: House, database_url: str, signer: Signer
) -> None:
    """Who holds the signing key too can write a chain that is sound in itself; a checkpoint kept elsewhere tells."""
    await lived(house)
    whole = await checked(database_url, signer)
    assert whole.last is not None
    owner = await asyncpg.connect(database_url)
    await owner.execute("delete from journal_entry; delete from journal_batch")
    await owner.close()

    other = Checkpoint(whole.number, whole.last.hash.hex(), whole.total)
    with pytest.raises(Unsound, match="cut off"):
        await checked(database_url, signer, other)
    with pytest.raises(Unsound, match="checkpoint"):
        await _rewritten(database_url, signer, other)


async def _rewritten(database_url: str, signer: Signer, checkpoint: Checkpoint) -> None:
    previous = None
    owner = await asyncpg.connect(database_url)
    for _ in range(checkpoint.batch):
        id, actor = new_id(), new_id()
        leaf = orjson.dumps({"actor": str(actor), "entry": str(id)}, option=orjson.OPT_SORT_KEYS)
        previous = signer.sign(previous, root([leaf_hash(leaf)]), 1, MONDAY)
        await owner.execute(
            "insert into journal_batch values ($1, $2, $3, $4)",
            previous.number, previous.text, previous.signature, leaf_hash(leaf),
        )  # fmt: skip
        await owner.execute(
            "insert into journal_entry values ($1, $2, 0, null, null, $3, $4)", id, previous.number, actor, leaf
        )
    await owner.close()
    await checked(database_url, signer, checkpoint)


async def test_the_command_names_the_first_bad_row_and_notes_a_sound_end(
    house: House, database_url: str, signer: Signer, tmp_path: Path
) -> None:
    await lived(house)
    key, checkpoint = tmp_path / "key.pem", tmp_path / "checkpoint.json"
    key.write_bytes(signer._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))

    def run() -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": "", "TERRESANTE_CONSENT_DATABASE_URL": database_url, "TERRESANTE_CONSENT_JOURNAL_KEY_FILE": str(key)
        }  # fmt: skip
        command = [sys.executable, "-m", "terresante_consent.journal.check", "--checkpoint", str(checkpoint)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    sound = run()
    owner = await asyncpg.connect(database_url)
    entry = await owner.fetchval("delete from journal_entry where batch = 3 returning entry_id")
    await owner.close()
    unsound = run()

    assert (sound.returncode, sound.stdout[:6]) == (0, "sound:")
    assert checkpoint.exists()
    assert entry is not None
    assert (unsound.returncode, unsound.stdout) == (1, "UNSOUND: the entry at batch 3, position 0 is missing\n")


def test_the_run_time_role_may_not_change_or_delete_a_line(postgres: Server, package: str) -> None:
    """Sets the roles up as operations do, migrates as the owner, then acts as the run-time role."""
    name = f"roles_{new_id().hex[-12:]}"
    postgres.sql(f"create database {name}")
    postgres.sql("create role consent login")
    try:
        everything = (
            "alter default privileges in schema public grant select, insert, update, delete on tables to consent"
        )
        postgres.sql(everything, name)
        migrations.upgrade(package, postgres.url(name))
        postgres.sql("set role consent; update circle set version = version; select * from journal_entry", name)
        for deed in (
            "update journal_entry set leaf = leaf",
            "update journal_batch set head = head",
            "delete from journal_entry",
            "delete from journal_batch",
            "truncate journal_entry",
            "truncate journal_batch",
        ):
            with pytest.raises(subprocess.CalledProcessError) as refused:
                postgres.sql(f"set role consent; {deed}", name)
            assert "permission denied" in refused.value.stderr
    finally:
        postgres.sql(f"drop database {name} with (force)")
        postgres.sql("drop role consent")
