"""`helm test` of the demo: the story of `make story`, told through the gateway's Service from inside the cluster.

People of this telling only are enrolled, log in by card and by code, consent, share, are refused, write and talk; the
patient's journal proves itself with the stand-alone verifier. Steps that need the machine's own files (rows changed by
SQL, the folder of traces) are left to `make story`. What is made stays, as it would in a record: nothing of it can be
removed.
"""

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx2
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from terresante_dev import pki, settings_of, stack
from terresante_dev.enrolment import NotEnrolled, cards
from terresante_dev.login import LoginFailed
from terresante_dev.personas import Login
from terresante_dev.portal import Person
from terresante_dev.story import STEPS, NotTrue, Stage
from terresante_dev.story.proofs import VERIFIER
from terresante_dev.story.sharing import pdf
from terresante_dev.story.stage import done, refused, soon, true

NAME = "cluster"
RUN = Path("/run/terresante")
MACHINE_ONLY = ("logins", "proof", "traces")
"""Steps that look behind the doors, at this machine's files and databases; the first and second are told here in
another form, without cards that Keycloak's list of revoked ones would have to learn of."""


def stage(gateway: str, keycloak: str, seed: int) -> Stage:
    """The demo, described as `make up` describes a stack."""
    ours = stack.opened(NAME, 1)
    shutil.rmtree(ours.pki / "cards", ignore_errors=True)
    shutil.copytree(RUN / "cards", ours.pki / "cards", ignore=shutil.ignore_patterns("..*"), dirs_exist_ok=True)
    stack.write_private(ours.secrets / "keycloak.admin.password", (RUN / "admin" / "admin.password").read_text())
    documents = ours.folder / "documents"
    if not documents.is_symlink():
        documents.symlink_to(RUN / "documents")
    authority = str(RUN / "tls" / "ca.crt")
    told: dict[str, Any] = {
        "stack": NAME,
        "folder": str(ours.folder),
        "replicas": 1,
        "gateway": {"url": gateway, "urls": [gateway], "docs": f"{gateway}/docs"},
        "issuers": {realm: f"{keycloak}/realms/{realm}" for realm in settings_of.KINDS},
        "clients": settings_of.CLIENTS,
        "ca": dict.fromkeys(("gateway", "issuers", "internal"), authority),
    }
    ours.file.write_text(json.dumps(told))
    return Stage(told, seed)


def logged_in(playing: Stage) -> str:
    """The card gives acr 3, password and code acr 2; a password alone and a look-alike card give nothing."""
    gp, nurse = playing.who("gp"), playing.who("nurse")
    true(gp.log_in()["acr"] == "3", "the GP's card gives acr 3")
    true(nurse.log_in()["acr"] == "2", "the nurse's password and code give acr 2")
    with nurse.browser() as browser:
        page = browser.login(nurse.login.username, nurse.login.password)
        true(page.code is None and browser.tokens is None, "a password alone gives no token at the portal", page)
    holder = playing.professional("gp")
    named = (holder.rpps, holder.family_name, holder.given_name, holder.title)
    wrong = pki.issue_card(cards(playing.stack), *named, name=f"foreign-{playing.seed}", authority="foreign")
    login = Login("pro", "", "", card_file=str(wrong.certificate), key_file=str(wrong.key))
    try:
        _, claims = Person(playing.stack, login, playing.gateway).try_log_in()
    except httpx2.TransportError:
        claims = None  # refused in the TLS handshake
    true(claims is None, "a look-alike card opens nothing")
    return "card: acr 3; password and code: acr 2; a password alone, another authority's card: refused"


def talked(playing: Stage) -> str:
    """A message with a file in the thread of the circle: the nurse is told, reads it, gets the same bytes; whoever is
    not in the circle finds no such thread.
    """
    gp, nurse, outside = playing.who("gp"), playing.who("nurse"), playing.who("emergency-physician")
    thread = gp.post("/v1/threads", {"kind": "circle", "patient_id": playing.made["patient"]})
    true(thread.status in (200, 201), "the GP finds the thread of the circle", f"{thread} {thread.body}")
    address, content = f"/v1/threads/{thread.body['id']}", pdf("ordonnance")
    file = done(gp.publish(f"{address}/attachments", {"name": "ordonnance.pdf"}, content, "application/pdf"), 201)
    words = f"Pansement à refaire {playing.seed}."
    posted = done(gp.post(f"{address}/messages", {"text": words, "attachment_ids": [file["id"]]}), 201)
    soon(lambda: words in _texts(nurse, address), "the nurse reads the message")
    back = nurse.get(f"{address}/attachments/{file['id']}/content")
    true(back.status == 200 and back.content == content, "the bytes of the file come back identical", back)
    soon(lambda: posted["id"] in _feed(nurse), "the nurse's feed tells of it")
    refused(outside.get(f"{address}/messages?limit=10&after=0"), 404, "THREAD_UNKNOWN")
    return "message and file sent; the nurse is told and reads both; whoever is outside of the circle: unknown"


def _texts(reader: Person, address: str) -> list[str]:
    return [one["text"] for one in done(reader.get(f"{address}/messages?limit=100&after=0"))["items"]]


def _feed(reader: Person) -> str:
    return json.dumps(done(reader.get("/v1/events?limit=1000"))["items"])


def journal_proved(playing: Stage) -> str:
    """The patient's export is accepted by the stand-alone verifier, and not when a line is left out."""
    patient = playing.who("patient")
    patient.log_in()
    export = patient.get(playing.path("/journal/proof"))
    true(export.status == 200, "the patient downloads the journal with its proof", export)
    private = load_pem_private_key((RUN / "journal" / "journal.pem").read_bytes(), None)
    with tempfile.TemporaryDirectory() as folder:
        key, file = Path(folder) / "public.pem", Path(folder) / "journal.json"
        key.write_bytes(private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
        command = [sys.executable, str(VERIFIER), str(file), "--key", str(key)]
        file.write_bytes(export.content)
        whole = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        true(whole.returncode == 0, "the verifier accepts the export", whole.stdout + whole.stderr)
        told = json.loads(export.content)
        told["entries"] = told["entries"][:-1]
        file.write_text(json.dumps(told))
        short = subprocess.run(command, capture_output=True, check=False)  # noqa: S603
        true(short.returncode != 0, "the verifier refuses an export with a line left out")
    return f"{len(told['entries']) + 1} lines proved"


def main() -> int:
    """0 if all of it is true."""
    seed = secrets.randbelow(10**9)
    playing = stage(os.environ["TERRESANTE_PROOF_GATEWAY"], os.environ["TERRESANTE_PROOF_KEYCLOAK"], seed)
    first, *rest = [(step.name, step.play) for step in STEPS if step.name not in MACHINE_ONLY]
    sharing = next(place for place, (name, _) in enumerate(rest, 1) if name == "sharing")
    rest.insert(sharing, ("a message", talked))
    steps = (first, ("logins", logged_in), *rest, ("the journal's proof", journal_proved))
    for number, (name, play) in enumerate(steps, 1):
        began = time.monotonic()
        try:
            seen = play(playing)
        except (NotTrue, NotEnrolled, LoginFailed, httpx2.HTTPError) as fault:
            sys.stdout.write(f"✗ {number:>2} {name}: NOT TRUE: {fault}  (seed {seed})\n")
            return 1
        sys.stdout.write(f"✓ {number:>2} {name}: {seen}  ({time.monotonic() - began:.1f} s)\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
