"""Group commit, settings and ids."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from pydantic_settings import SettingsConfigDict
from terresante_platform.group import Group
from terresante_platform.ids import IdInvalid, moment_of, new_id, parsed
from terresante_platform.settings import ServiceSettings


async def test_what_arrives_during_a_flush_shares_the_next() -> None:
    gate, batches = asyncio.Event(), []

    async def flush(items: Sequence[int]) -> list[int]:
        batches.append(len(items))
        await gate.wait()
        return [item * 2 for item in items]

    async with Group(flush).running() as group:
        tasks = [asyncio.create_task(group.keep(0))]
        while not batches:
            await asyncio.sleep(0)
        tasks += [asyncio.create_task(group.keep(number)) for number in range(1, 10)]
        await asyncio.sleep(0)
        gate.set()
        results = await asyncio.gather(*tasks)

    assert results == [number * 2 for number in range(10)]
    assert batches == [1, 9]


async def test_a_failed_flush_fails_its_items_and_not_the_next() -> None:
    async def flush(items: Sequence[str]) -> list[str]:
        if "bad" in items:
            raise LookupError
        return list(items)

    async with Group(flush).running() as group:
        with pytest.raises(LookupError):
            await group.keep("bad")
        assert await group.keep("good") == "good"


class SampleSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="TERRESANTE_SAMPLE_")


REQUIRED = {
    "LISTEN": "127.0.0.1:0",
    "TLS_CERT_FILE": "c",
    "TLS_KEY_FILE": "k",
    "TLS_CA_FILE": "a",
    "ISSUERS": '{"https://x/realms/pro": ["professional"]}',
    "DATABASE_URL": "postgresql://u:secret-word@h/d",
    "NATS_URL": "tls://h",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Environment variables are this code's input; there is no other way to give them."""
    for name, value in REQUIRED.items():
        monkeypatch.setenv(f"TERRESANTE_SAMPLE_{name}", value)
    return monkeypatch


def test_settings_come_typed_from_the_environment(environment: pytest.MonkeyPatch) -> None:
    settings = SampleSettings.from_environment()

    assert settings.tls_cert_file == Path("c")
    assert settings.issuers == {"https://x/realms/pro": ["professional"]}
    assert "secret-word" not in repr(settings)


def test_an_unknown_setting_stops_the_start_and_is_named(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("TERRESANTE_SAMPLE_LISTTEN", "x")
    with pytest.raises(SystemExit, match="TERRESANTE_SAMPLE_LISTTEN"):
        SampleSettings.from_environment()


def test_a_wrong_setting_is_named_without_its_value(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("TERRESANTE_SAMPLE_DATABASE_POOL", "secret-word")
    with pytest.raises(SystemExit) as stopped:
        SampleSettings.from_environment()
    assert "database_pool" in str(stopped.value)
    assert "secret-word" not in str(stopped.value)


AN_ID = "01a211d7-46c2-760d-91ee-6cc9ef4fa345"


@pytest.mark.parametrize("text", ["", "x", "1234", AN_ID.replace("-", ""), f"{{{AN_ID}}}", f"urn:uuid:{AN_ID}"])
def test_only_the_canonical_form_is_an_id(text: str) -> None:
    with pytest.raises(IdInvalid) as refused:
        parsed(text, "patient_id")
    assert refused.value.details == {"field": "patient_id"}


def test_ids_grow_with_time() -> None:
    ids = [new_id() for _ in range(100)]
    assert ids == sorted(ids)


def test_an_id_tells_the_millisecond_in_which_it_was_made() -> None:
    before = datetime.now(UTC)
    made = moment_of(new_id())

    assert before - timedelta(milliseconds=1) < made <= datetime.now(UTC)
    assert moment_of(UUID("017f22e2-79b0-7cc3-98c4-dc0c0c07398f")) == datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC)
