"""The journal: everything decided is in it, what is in it is proven, and nothing can be changed unseen."""

import importlib.util
import json
import random
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from terresante.consent.v1 import consent_service_pb2 as pb
from terresante.consent.v1 import decision_service_pb2 as decisions_pb
from terresante.consent.v1 import journal_service_pb2 as journal_pb
from terresante_consent.journal.chain import Signer, key_id
from terresante_consent.journal.check import Checker, Checkpoint, Unsound, check
from terresante_consent.journal.merkle import leaf_hash, root
from terresante_platform import migrations
from terresante_platform.ids import new_id
from terresante_platform.testing.postgres import Server

from .house import MONDAY, House, reason

VERIFIER = Path(__file__).parents[1] / "verify" / "verify_journal.py"


def verifier() -> ModuleType:
    """The stand-alone verifier, loaded from its file."""
    made = importlib.util.spec_from_file_location("verify_journal", VERIFIER)
    assert made is not None
    assert made.loader is not None
    module = importlib.util.module_from_spec(made)
    made.loader.exec_module(module)
    return module


async def exported(house: House, patient: UUID) -> dict[str, Any]:
    asked = journal_pb.ExportJournalRequest(patient_id=str(patient))
    text = b"".join([part.chunk async for part in house.journal.ExportJournal(asked)])
    made: dict[str, Any] = json.loads(text)
    assert text == orjson.dumps(made, option=orjson.OPT_SORT_KEYS)
    return made


async def lived(house: House) -> UUID:
    """A patient with some history, among other patients' entries; the calls that follow are the patient's."""
    doctor, nurse = house.directory.professional(), house.directory.professional("60")
    patient = await house.consented(doctor)
    await house.consented(doctor)
    await house.invites(patient, nurse)
    for professional in (doctor, nurse):
        house.professional(professional)
        for _ in range(3):
            await house.decided(patient, "READ", resource_id=new_id())
            await house.decided(new_id(), "READ")
    house.person(patient)
    return patient


async def test_allowed_and_refused_each_leave_a_line_that_says_who_what_and_why(house: House) -> None:
    doctor, nurse = house.directory.professional(), house.directory.professional("60")
    patient, letter = await house.consented(doctor), new_id()
    await house.decided(patient, "READ", resource_id=letter)
    house.professional(nurse)
    await house.decided(patient, "READ", resource_id=letter)
    house.person(patient)

    own, refused, allowed, consent = await house.lines(patient)

    assert own.sentence == "Consultation du journal des accès. Permis : demande du patient."
    assert (refused.allowed, refused.actor_id, list(refused.reasons)) == (False, str(nurse), ["NOT_IN_CIRCLE"])
    assert refused.sentence == "Lecture. Refusé : ce professionnel n'est pas membre du cercle de soins."
    assert (allowed.allowed, allowed.actor_id, allowed.resource_id) == (True, str(doctor), str(letter))
    assert allowed.sentence == "Lecture. Permis : membre du cercle de soins."
    assert (allowed.profession, allowed.category) == ("10", "letter")
    assert allowed.place_id == house.directory.place(doctor)
    assert allowed.structure_id
    assert consent.action == 11  # ACTION_RECORD_CONSENT
    assert [line.patient_sequence for line in (own, refused, allowed, consent)] == [4, 3, 2, 1]


async def test_a_refused_act_is_written_down_though_nothing_changed(house: House) -> None:
    stranger = house.directory.professional()
    patient = await house.consented(house.directory.professional())
    house.professional(stranger)
    assert await reason(house.invites(patient, stranger)) == "NOT_IN_CIRCLE"
    house.person(patient)

    refused = (await house.lines(patient))[1]

    assert (refused.action, refused.allowed, refused.about_id) == (14, False, str(stranger))  # ACTION_INVITE_MEMBER


async def test_looking_for_a_person_is_written_down_though_there_is_no_patient(house: House, database_url: str) -> None:
    house.professional(house.directory.professional())

    found = await house.decided(None, "SEARCH_PERSONS")

    assert found.allowed
    connection = await asyncpg.connect(database_url)
    row = await connection.fetchrow("select entry_id, patient_id from journal_entry")
    await connection.close()
    assert (str(row["entry_id"]), row["patient_id"]) == (found.entry_id, None)


async def test_a_professional_reads_only_their_own_lines(house: House) -> None:
    doctor, nurse = house.directory.professional(), house.directory.professional("60")
    patient = await house.consented(doctor)
    house.professional(nurse)
    await house.decided(patient, "READ")

    lines = await house.lines(patient)

    assert {line.actor_id for line in lines} == {str(nurse)}
    assert len(lines) == 2


async def test_pages_of_the_journal_follow_each_other_without_gap_or_double(house: House) -> None:
    patient = await lived(house)
    seen: list[int] = []
    cursor = ""
    while True:
        asked = journal_pb.ListEntriesRequest(patient_id=str(patient), cursor=cursor, limit=3)
        page = await house.journal.ListEntries(asked)
        seen += [line.patient_sequence for line in page.entries]
        cursor = page.next_cursor
        if not cursor:
            break

    assert len(seen) == len(set(seen))
    assert seen == sorted(seen, reverse=True)
    assert seen[-1] == 1
    for bad in ("x", "-1", "9" * 30):
        asked = journal_pb.ListEntriesRequest(patient_id=str(patient), cursor=bad)
        assert await reason(house.journal.ListEntries(asked)) == "CURSOR_INVALID"


async def test_what_is_hidden_from_the_reader_stays_untold_in_the_journal(house: House, signer: Signer) -> None:
    doctor = house.directory.professional()
    patient, secret = await house.consented(doctor), new_id()
    hidden = await house.decided(patient, "PUBLISH", resource_id=secret, category="oncology", hidden_from_patient=True)
    house.person(patient)

    line = (await house.lines(patient))[1]
    export = await exported(house, patient)

    assert (line.entry_id, line.category, line.resource_id, line.resource_kind) == (hidden.entry_id, "", "", 0)
    assert line.actor_id == str(doctor)
    assert "oncology" not in json.dumps(export)
    assert str(secret) not in json.dumps(export)
    assert verifier().verify(export, {signer.id: signer.public}) == len(export["entries"])


async def test_an_export_is_accepted_by_the_stand_alone_verifier(house: House, signer: Signer, tmp_path: Path) -> None:
    patient = await lived(house)
    first = await exported(house, patient)
    second = await exported(house, patient)
    for name, made in (("first", first), ("second", second)):
        (tmp_path / f"{name}.json").write_text(json.dumps(made))
    (tmp_path / "key.pem").write_bytes(signer.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", str(VERIFIER), *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    good = run("second.json", "--earlier", "first.json", "--key", "key.pem")
    backwards = run("first.json", "--earlier", "second.json", "--key", "key.pem")
    unnamed = run("second.json")

    assert (good.returncode, good.stdout.split(",")[0]) == (
        0,
        f"verified: {len(second['entries'])} entries (0 withheld)",
    )
    assert backwards.returncode == 1
    assert "missing" in backwards.stdout
    assert second["entries"][-1]["leaf"]["action"] == "EXPORT_JOURNAL"
    assert unnamed.returncode == 0
    assert unnamed.stdout.startswith(f"signed by the key {signer.id}: compare it")


async def test_an_export_shows_nothing_of_other_patients(house: House, database_url: str) -> None:
    patient = await lived(house)

    text = json.dumps(await exported(house, patient))

    connection = await asyncpg.connect(database_url)
    others = await connection.fetch("select distinct patient_id from journal_entry where patient_id <> $1", patient)
    await connection.close()
    assert len(others) > 3
    assert not any(str(other["patient_id"]) in text for other in others)


def _manipulated(export: dict[str, Any], chance: random.Random) -> str:
    """One change to an export that is meant to deceive; gives what was done."""
    entries, heads = export["entries"], export["heads"]
    entry, head = chance.choice(entries), chance.choice(heads)

    def flip_leaf() -> None:
        leaf = entry["leaf"]
        name = chance.choice(sorted(leaf))
        value = leaf[name]
        leaf[name] = (not value) if isinstance(value, bool) else value + 1 if isinstance(value, int) else (
            [*value, "X"] if isinstance(value, list) else f"{value}0"
        )  # fmt: skip

    def invent() -> None:
        entry["leaf"]["invented"] = "yes"

    def forget() -> None:
        entry["leaf"].pop(chance.choice(sorted(set(entry["leaf"]) - {"patient_sequence"})))

    def drop() -> None:
        entries.remove(entry)

    def cut() -> None:
        del entries[-chance.randint(1, len(entries) - 1) :]

    def double() -> None:
        entries.insert(chance.randrange(len(entries)), json.loads(json.dumps(entry)))

    def swap() -> None:
        first, second = chance.sample(range(len(entries)), 2)
        entries[first], entries[second] = entries[second], entries[first]

    def flip_proof() -> None:
        entry["proof"] = [*entry["proof"], "00" * 32]

    def move() -> None:
        entry["position"] += 1

    def flip_head() -> None:
        name = chance.choice(["at", "batch", "entries", "previous", "root", "total"])
        head["head"][name] = head["head"][name] + (1 if isinstance(head["head"][name], int) else "0")

    def flip_signature() -> None:
        at = chance.randrange(64) * 2
        signature = head["signature"]
        changed = int(signature[at : at + 2], 16) ^ (1 << chance.randrange(8))
        head["signature"] = f"{signature[:at]}{changed:02x}{signature[at + 2 :]}"

    def drop_head() -> None:
        used = {one["batch"] for one in entries}
        heads.remove(chance.choice([one for one in heads if one["head"]["batch"] in used]))

    deed = chance.choice(
        [flip_leaf, invent, forget, drop, cut, double, swap, flip_proof, move, flip_head, flip_signature, drop_head]
    )
    deed()
    return deed.__name__


async def test_a_thousand_manipulations_of_an_export_are_found(house: House, signer: Signer) -> None:
    patient = await lived(house)
    house.clock.passes(hours=1)
    text = json.dumps(await exported(house, patient))
    module, keys = verifier(), {signer.id: signer.public}
    chance = random.Random(19)  # noqa: S311
    assert module.verify(json.loads(text), keys) > 5

    for _ in range(1000):
        changed = json.loads(text)
        deed = _manipulated(changed, chance)
        with pytest.raises(module.Fault):
            module.verify(changed, keys)
            pytest.fail(f"not found: {deed}")


async def test_an_export_signed_by_another_key_is_not_believed(house: House, signer: Signer) -> None:
    patient = await lived(house)
    made = await exported(house, patient)
    stranger = Ed25519PrivateKey.generate().public_key()
    module = verifier()

    with pytest.raises(module.Fault):
        module.verify(made, {key_id(stranger): stranger})
    with pytest.raises(module.Fault):
        module.verify(made, {signer.id: stranger})


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


async def test_every_line_is_there_before_the_answer(house: House, database_url: str) -> None:
    doctor = house.directory.professional()
    patient = await house.consented(doctor)
    connection = await asyncpg.connect(database_url)
    for _ in range(30):
        decision = await house.decided(patient, "READ")
        kept = await connection.fetchval(
            "select count(*) from journal_entry where entry_id = $1", UUID(decision.entry_id)
        )
        assert kept == 1
    await connection.close()


async def test_a_decision_is_explained_to_whom_it_concerns(house: House) -> None:
    doctor, nurse, other = house.directory.professional(), house.directory.professional("60"), new_id()
    patient = await house.consented(doctor)
    house.professional(nurse)
    refused = await house.decided(patient, "READ")
    asked = decisions_pb.GetDecisionRequest(patient_id=str(patient), entry_id=refused.entry_id)
    mine = await house.portal_decisions.GetDecision(asked)
    house.person(patient)
    theirs = await house.portal_decisions.GetDecision(asked)

    assert mine == theirs
    assert dict(mine.would_flip) == {"member": "true"}
    assert (mine.facts["consent_in_force"], mine.facts["member"], mine.facts["profession"]) == ("true", "false", "60")
    assert mine.decision.sentence == refused.sentence
    assert mine.at.seconds == int(house.clock.at.timestamp())
    for stranger in ("professional", "patient"):
        house.call_as(stranger, doctor if stranger == "professional" else other)
        assert await reason(house.portal_decisions.GetDecision(asked)) == "DECISION_UNKNOWN"


async def test_only_the_patient_takes_the_journal_home_and_only_freshly_logged_in(house: House) -> None:
    doctor = house.directory.professional()
    patient = await house.consented(doctor)
    asked = journal_pb.ExportJournalRequest(patient_id=str(patient))

    async def export() -> None:
        async for _ in house.journal.ExportJournal(asked):
            pass

    assert await reason(export()) == "KIND_NOT_ALLOWED"
    house.person(new_id())
    assert await reason(export()) == "NOT_CONCERNED"
    house.person(patient, logged_in_ago=400)
    assert await reason(export()) == "LOGIN_TOO_OLD"
    house.person(patient)
    await export()


async def test_no_reason_of_an_emergency_is_in_the_outbox_or_the_journal(house: House, database_url: str) -> None:
    patient = await house.consented(house.directory.professional())
    house.professional(house.directory.professional())
    asked = pb.OpenEmergencyAccessRequest(patient_id=str(patient), reason="CANARI inconscient aux urgences")
    await house.consents.OpenEmergencyAccess(asked)

    connection = await asyncpg.connect(database_url)
    rows = await connection.fetch("select payload as bytes from outbox union all select leaf from journal_entry")
    await connection.close()
    assert len(rows) > 3
    assert not any(b"CANARI" in row["bytes"] for row in rows)
