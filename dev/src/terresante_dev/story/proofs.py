"""Steps 13 and 14: the journal proves itself, and a trace can be followed without telling anything."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import asyncpg
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from terresante_dev import settings_of, trace
from terresante_dev import stack as stacks
from terresante_dev.stack import ROOT
from terresante_dev.story.stage import Stage, soon, true

VERIFIER = ROOT / "services" / "consent" / "verify" / "verify_journal.py"


def prove_journal(stage: Stage) -> str:
    """13. The patient's export is accepted by the stand-alone verifier; a row changed by SQL is named."""
    patient = stage.who("patient")
    patient.log_in()
    export = patient.get(stage.path("/journal/proof"))
    true(export.status == 200, "the patient downloads the journal with its proof", export)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "journal.json"
        file.write_bytes(export.content)
        public = Path(folder) / "public.pem"
        public.write_bytes(_public_key(stage.stack))
        good = _verify(file, public)
        true(good.returncode == 0, "the verifier accepts the export", good.stdout + good.stderr)
        told = json.loads(export.content)
        told["entries"] = told["entries"][:-1]
        file.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
        true(_verify(file, public).returncode != 0, "the verifier refuses an export with a row left out")
    true(check(stage.stack).returncode == 0, "the whole journal is sound")
    tampered = asyncio.run(_tamper(stage))
    after = check(stage.stack)
    true(after.returncode == 0, "put back, the journal is sound again", after.stdout + after.stderr)
    return f"export of {len(export.content) // 1024} KiB accepted; a row changed by SQL was named: {tampered}"


def _verify(file: Path, key: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(VERIFIER), str(file), "--key", str(key)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _public_key(stack: Mapping[str, Any]) -> bytes:
    """The journal's public key, which operations publish."""
    private = stacks.reopened(stack["stack"]).secret("consent.journal.pem").encode()
    return (
        load_pem_private_key(private, None).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )


def check(stack: Mapping[str, Any], *options: str) -> subprocess.CompletedProcess[str]:
    """`make verify-journal` on a stack."""
    ours = stacks.reopened(stack["stack"])
    settings = settings_of.of(ours, "consent", stack["issuers"])
    wanted = ("TERRESANTE_CONSENT_DATABASE_URL", "TERRESANTE_CONSENT_JOURNAL_KEY_FILE")
    environment = {**os.environ, **{name: settings[name] for name in wanted}}
    command = [sys.executable, "-m", "terresante_consent.journal.check", *options]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


async def _tamper(stage: Stage) -> str:
    """Turns a refused access of the patient into an allowed one, as the database's owner could; then puts it back."""
    database = await asyncpg.connect(stage.stack["databases"]["consent"]["owner_url"])
    try:
        row = await database.fetchrow(
            "select entry_id, leaf from journal_entry where patient_id = $1 order by patient_sequence limit 1",
            stage.made["patient"],
        )
        wrong = bytes(row["leaf"]).replace(b'"allowed":false', b'"allowed":true', 1)
        if wrong == row["leaf"]:
            wrong = bytes(row["leaf"])[:-2] + b' "}'
        await database.execute("update journal_entry set leaf = $1 where entry_id = $2", wrong, row["entry_id"])
        try:
            found = check(stage.stack)
        finally:
            await database.execute(
                "update journal_entry set leaf = $1 where entry_id = $2", row["leaf"], row["entry_id"]
            )
    finally:
        await database.close()
    said = found.stdout + found.stderr
    true(found.returncode == 1 and str(row["entry_id"]) in said, "the changed row is named", said)
    return f"row {row['entry_id']}"


def follow_trace(stage: Stage) -> str:
    """14. One trace id goes through gateway, services and event consumers, and tells no name, number or content."""
    folder = Path(stage.stack["telemetry"]["folder"])
    seen: set[str] = set()

    def whole() -> bool:
        seen.clear()
        seen.update(span["service"] for span in _spans(folder, stage.traces[0]))
        return {"gateway", "consent", "messaging"} <= seen

    soon(whole, "the invitation's trace reaches gateway, consent and messaging's consumer")
    for place in (folder, Path(stage.stack["logs"])):
        for file in place.rglob("*"):
            text = file.read_text(errors="replace") if file.is_file() else ""
            for word in filter(None, stage.secrets()):
                true(word not in text, f"no telemetry or log holds what is secret ({file.name})")
    return f"make trace ID={stage.traces[0]} goes through {', '.join(sorted(seen))}; no secret in any log or span"


def _spans(folder: Path, trace_id: str) -> list[dict[str, Any]]:
    try:
        return trace.read(folder, trace_id)
    except stacks.NotPossible:
        return []
