"""`up`, `down` and `reset`: bring a stack to life with a line for each step, and end it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from terresante_dev import parts, postgres, stack
from terresante_dev.stack import ROOT, NotPossible
from terresante_dev.supervise import end_leftovers
from terresante_dev.supervisor import alive

PATIENCE = 240.0  # seconds for everything to be ready; a busy machine takes a few times what a quiet one does
STOPPING = 90.0  # seconds for everything to stop
TRIES = 3  # deaths of a part that was never ready, after which `up` gives up
QUIET = 10.0  # seconds without news after which it says what it waits for


def up(name: str, replicas: int | None, only: frozenset[str]) -> None:
    """Returns when every part is ready, or raises NotPossible with the reason and stops what had started."""
    began = time.monotonic()
    with stack.held(stack.folder_of(name) / "up.lock") as ours:
        if not ours:
            raise NotPossible(f"Another `make up` of '{name}' is under way.")
        if not stack.supervised(name):
            print(f"Stack '{name}' in {_short(name)}", flush=True)
            _begin(name, replicas or 1, only)
        elif replicas not in (None, stack.read(name)["replicas"]):
            raise NotPossible(f"'{name}' runs with other REPLICAS: make down first.")
        try:
            _wait(name)
            if not only:
                _populate(name)
        except (Exception, KeyboardInterrupt):
            print("Stopping what had started.", flush=True)
            _end(name)
            raise
    welcome(stack.read(name), time.monotonic() - began)


def down(name: str) -> None:
    """Stops a stack gracefully and keeps its data; nothing to do is no error."""
    if not stack.folder_of(name).exists():
        print(f"There is no stack '{name}'.")
        return
    began = time.monotonic()
    if _end(name):
        print(f"'{name}' is down ({time.monotonic() - began:.1f} s); its data are kept in {_short(name)}.")
    else:
        print(f"'{name}' was not running.")


def reset(name: str) -> None:
    """Stops a stack and removes all that it kept."""
    down(name)
    folder = stack.folder_of(name)
    if folder.exists():
        postgres.forget(folder)
        shutil.rmtree(folder)
        print(f"'{name}' is gone.")


def welcome(told: dict[str, Any], seconds: float) -> None:
    """Where everything is and who to log in as."""
    here = Path(told["folder"]).relative_to(ROOT)
    print(f"\n'{told['stack']}' is up ({seconds:.1f} s).")
    if "gateway" in told["parts"]:
        print(f"  Gateway     {'  '.join(told['gateway']['urls'])}")
        print(f"  API pages   {told['gateway']['docs']}")
    if "directory" in told["parts"]:
        print(f"  Workbench   {told['workbench']['url']}  (password of admin-94-ouest: {here / 'personas.json'})")
    if "chat" in told["parts"]:
        print(f"  Portal      {told['chat']['url']}  (example of conversations: dev/src/terresante_dev/chat/README.md)")
    for realm, url in told["issuers"].items() if "keycloak" in told["parts"] else ():
        print(f"  Log in      {url}  ({realm})")
    print(f"  CA file     {here / 'pki' / 'ca.pem'}  (curl --cacert)")
    print(f"  Everything  {here / 'stack.json'}  (dev/README.md)")
    if told["personas"]:
        print("  Who to log in as (make token WHO=...):")
        for who, persona in told["personas"].items():
            print(f"    {who:<22} {persona.get('description', '')}")


def _begin(name: str, replicas: int, only: frozenset[str]) -> None:
    """Prepares, starts the supervisor, and waits until it tells what it sees."""
    end_leftovers(stack.folder_of(name) / "stack.json")
    ours = stack.opened(name, replicas)
    progress = _Progress()
    parts.prepare(ours, only, progress)
    progress("")
    command = [sys.executable, "-m", "terresante_dev", "supervise", "--stack", name]
    command += ["--replicas", str(replicas), "--only", ",".join(sorted(only))]
    with (ours.logs / "supervisor.log").open("ab") as log:
        supervisor = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    while not ours.file.exists() or stack.read(name)["supervisor"]["pid"] != supervisor.pid:
        if supervisor.poll() is not None:
            raise NotPossible("The supervisor ended at once:\n" + tail(ours.logs / "supervisor.log", 15))
        time.sleep(0.05)


def _wait(name: str) -> None:
    """Prints a line as each part becomes ready."""
    begun = heard = time.monotonic()
    said: set[str] = set()
    while True:
        told = stack.read(name)
        for row, seen in told["parts"].items():
            if seen["state"] == "ready" and row not in said:
                said.add(row)
                heard = time.monotonic()
                print(f"  {row:<20} ready  {seen['since'] - seen['began']:5.1f} s", flush=True)
        if told["state"] == "ready":
            return
        _give_up(name, told, said)
        waiting = [row for row, seen in told["parts"].items() if seen["state"] in ("starting", "failing")]
        if time.monotonic() - begun > PATIENCE:
            raise NotPossible(f"Not ready after {PATIENCE:.0f} s: {', '.join(waiting)} (make logs).")
        if time.monotonic() - heard > QUIET:
            heard = time.monotonic()
            print(f"  ... waiting for {', '.join(waiting)} ({heard - begun:.0f} s)", flush=True)
        time.sleep(0.1)


def _give_up(name: str, told: dict[str, Any], said: set[str]) -> None:
    if not stack.supervised(name):
        raise NotPossible("The supervisor ended:\n" + tail(Path(told["logs"]) / "supervisor.log", 15))
    for row, seen in told["parts"].items():
        if seen["state"] == "failing" and seen["failures"] >= TRIES and row not in said:
            last = "\n" + tail(Path(told["logs"]) / seen["log"], 15) if seen["log"] else ""
            raise NotPossible(f"{row} fails: {seen['detail']}{last}")


def _populate(name: str) -> None:
    """Makes the sandbox's people, the first time."""
    folder = stack.folder_of(name)
    if (folder / "personas.json").exists():
        return
    from terresante_dev import population

    began = time.monotonic()
    print("  sandbox population ...", flush=True)
    population.populate(stack.read(name))
    while stack.read(name)["personas"] is None:
        if time.monotonic() - began > PATIENCE:
            raise NotPossible("The sandbox population left no personas.json.")
        time.sleep(0.1)
    print(f"  {'sandbox population':<20} made   {time.monotonic() - began:5.1f} s", flush=True)


def _end(name: str) -> bool:
    """Stops the supervisor and so its parts, or the parts it left. False if nothing ran."""
    file = stack.folder_of(name) / "stack.json"
    if not stack.supervised(name):
        return end_leftovers(file)
    while not file.exists():  # it has just begun
        time.sleep(0.05)
    supervisor = stack.read(name)["supervisor"]
    os.kill(supervisor["pid"], signal.SIGTERM)
    until = time.monotonic() + STOPPING
    while alive(supervisor["pid"], supervisor["created"]):
        if time.monotonic() > until:
            left = [row for row, seen in stack.read(name)["parts"].items() if seen["pid"] is not None]
            raise NotPossible(f"Not stopped after {STOPPING:.0f} s: {', '.join(left)}.")
        time.sleep(0.05)
    return True


def tail(file: Path, lines: int) -> str:
    """The last lines of a log, read from its end."""
    if not file.exists():
        return ""
    with file.open("rb") as opened:
        opened.seek(max(0, file.stat().st_size - lines * 1000))
        return "\n".join(opened.read().decode(errors="replace").splitlines()[-lines:])


def _short(name: str) -> str:
    return str(stack.folder_of(name).relative_to(ROOT))


class _Progress:
    """Prints what is being done, and how long what came before took when that was long."""

    def __init__(self) -> None:
        self._words = ""
        self._began = time.monotonic()

    def __call__(self, words: str) -> None:
        now = time.monotonic()
        if self._words and now - self._began > 1:
            print(f"    done in {now - self._began:.1f} s", flush=True)
        self._words, self._began = words, now
        if words:
            print(f"  {words}", flush=True)
