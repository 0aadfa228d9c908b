"""What a patient takes home proves itself to the stand-alone verifier, and deceives nobody when changed."""

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
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from terresante.consent.v1 import journal_service_pb2 as journal_pb
from terresante_consent.journal.chain import Signer, key_id
from terresante_platform.ids import new_id

from .house import House, lived, reason

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
