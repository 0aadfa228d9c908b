"""How Chromium comes to a machine that has none: played with programs that stand for Debian's."""

import shutil
import stat
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest
from terresante_dev.browser.chromium import PLACES, ChromiumError, Program, programs

APT = """#!/bin/sh
echo "$@" >> {log}
for word in "$@"; do case "$word" in Dir::Cache::archives=*) archives="${{word#*=}}";; esac; done
case "$*" in *" install "*) touch "$archives/one.deb";; esac
"""
APT_FAILS = "#!/bin/sh\necho 'E: no mirror answers'\nexit 100\n"
DPKG = """#!/bin/sh
for place in {places}; do mkdir -p "$3/$(dirname $place)" && touch "$3/$place"; done
mkdir -p "$3/usr/lib/x86_64-linux-gnu" && touch "$3/usr/lib/x86_64-linux-gnu/libone.so.1"
"""
DPKG_SNAP = '#!/bin/sh\nmkdir -p "$3/usr/share/doc"\n'


@dataclass
class Machine:
    """A machine with nothing but what a test puts there."""

    folder: Path

    @property
    def cache(self) -> Path:
        return self.folder / "cache"

    @property
    def log(self) -> str:
        """What apt was called with, one call a line."""
        log = self.folder / "log"
        return log.read_text() if log.exists() else ""

    def which(self, name: str) -> str | None:
        return shutil.which(name, path=str(self.folder / "bin"))

    def has(self, name: str, script: str = "#!/bin/sh\n") -> Path:
        program = self.folder / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(script.format(log=self.folder / "log", places=" ".join(PLACES.values())))
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        return program


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_what_is_on_the_path_is_used_and_nothing_fetched(machine: Machine):
    chromium, certutil = machine.has("chromium"), machine.has("certutil")

    found = programs(machine.cache, machine.which)

    assert (found.chromium, found.certutil) == (Program(chromium), Program(certutil))
    assert not machine.cache.exists()


def test_a_machine_with_apt_gets_both_unpacked_and_keeps_them(machine: Machine):
    machine.has("apt-get", APT)
    machine.has("dpkg-deb", DPKG)

    found = programs(machine.cache, machine.which)
    again = programs(machine.cache, machine.which)

    assert again == found
    assert found.chromium.path.is_file() and found.certutil.path.is_file()
    root = machine.cache / "chromium-certutil"
    assert f"{root}/usr/lib/x86_64-linux-gnu" in found.chromium.environment()["LD_LIBRARY_PATH"].split(":")
    assert f"<dir>{root}/usr/share/fonts</dir>" in (root / "fonts.conf").read_text()
    update, install = machine.log.splitlines()
    assert update.endswith(" update")
    assert install.endswith("--download-only install chromium fonts-dejavu-core libnss3-tools")
    assert sorted(path.name for path in machine.cache.iterdir()) == ["chromium-certutil", "chromium.lock"]


def test_only_what_is_missing_is_fetched(machine: Machine):
    own = machine.has("chromium")
    machine.has("apt-get", APT)
    machine.has("dpkg-deb", DPKG)

    found = programs(machine.cache, machine.which)

    assert found.chromium == Program(own)
    assert machine.log.splitlines()[-1].endswith("install libnss3-tools")


def test_two_that_ask_at_once_fetch_once(machine: Machine):
    machine.has("apt-get", APT)
    machine.has("dpkg-deb", DPKG)
    asking = [threading.Thread(target=programs, args=(machine.cache, machine.which)) for _ in range(4)]

    for one in asking:
        one.start()
    for one in asking:
        one.join()

    assert len(machine.log.splitlines()) == 2


def test_a_machine_without_apt_is_told_what_to_install(machine: Machine):
    with pytest.raises(ChromiumError, match=r"chromium and certutil.*libnss3-tools"):
        programs(machine.cache, machine.which)

    assert not machine.cache.exists()


@pytest.mark.parametrize(
    ("apt", "dpkg", "told"),
    [(APT_FAILS, DPKG, "(?s)could not be fetched.*no mirror answers"), (APT, DPKG_SNAP, "brings no usr/lib/chromium")],
)
def test_a_fetch_that_failed_says_why_and_leaves_nothing_that_looks_whole(
    machine: Machine, apt: str, dpkg: str, told: str
):
    machine.has("apt-get", apt)
    machine.has("dpkg-deb", dpkg)
    with pytest.raises(ChromiumError, match=told):
        programs(machine.cache, machine.which)

    machine.has("apt-get", APT)
    machine.has("dpkg-deb", DPKG)
    assert programs(machine.cache, machine.which).chromium.path.is_file()
