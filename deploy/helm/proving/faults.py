"""Upgrades that go wrong: one whose migration cannot be done, one that is begun while another goes on."""

import json
from concurrent.futures import ThreadPoolExecutor

from proving import claims, cluster
from proving.cluster import RELEASE, NotSo, helm, kubectl
from proving.database import asked

OWNER = "identity_owner"
MIGRATION = "terresante/migrates=identity"


def migration_failed(tag: str) -> str:
    """The owner of identity's database may not log in: the upgrade fails, the pods of before serve, the Job's log says
    why; with the role put right and the Job removed, the same upgrade succeeds.
    """
    before = _serving()
    if not before:
        raise NotSo("identity did not serve before")
    kubectl("delete", "job", "-l", MIGRATION)  # one that has migrated to that image before would be enough
    asked("identity", f"alter role {OWNER} nologin")
    try:
        claims.upgraded(tag, patience="100s")
    except NotSo:
        pass
    else:
        raise NotSo("an upgrade whose migration cannot be done succeeded")
    finally:
        asked("identity", f"alter role {OWNER} login")
    if not before <= _serving():
        raise NotSo("identity's pods that served before are gone")
    said = kubectl("logs", "-l", MIGRATION, "--tail=3", "--prefix=false").strip().splitlines()
    kubectl("delete", "job", "-l", MIGRATION)
    again = claims.upgraded(tag)
    cluster.soon(cluster.whole, 300, "every part is whole")
    return f"failed, identity's {len(before)} pods served on; the Job says {said[-1][-160:]!r}; then {again}"


def at_once(tag: str) -> str:
    """The second of two upgrades is refused while the first goes on, which ends well."""
    with ThreadPoolExecutor(1) as beside:
        first = beside.submit(claims.upgraded, tag)
        cluster.soon(_in_course, 60, "the first upgrade is in course")
        try:
            claims.upgraded(tag)
        except NotSo as fault:
            said = str(fault)
        else:
            raise NotSo("two upgrades at once were both taken")
    done = first.result()
    cluster.soon(cluster.whole, 300, "every part is whole")
    return f"the second refused: {said[-120:]!r}; the first ended well, {done}"


def _in_course() -> bool:
    newest = json.loads(helm("history", RELEASE, "-o", "json"))[-1]
    return str(newest["status"]).startswith("pending")


def _serving() -> set[str]:
    return {one["metadata"]["name"] for one in cluster.of("identity") if cluster.ready(one)}
