"""The real Chromium: whom it trusts, what it can't reach, and what is found out about a page."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.async_api import Error, Page, expect
from terresante_dev.browser.looking import PHONE, accessible, overflows, press, reach, screenshot, write
from terresante_dev.browser.testing import OpenPage
from terresante_dev.browser.windows import Watched
from terresante_platform.testing.certificates import Authority

from .conftest import Site


async def test_a_page_of_a_trusted_authority_opens_and_its_requests_are_known(page: Page, site: Site, watched: Watched):
    reply = await page.goto(site.page("/", "<p>Bonjour</p>"))

    assert reply is not None and reply.ok
    await expect(page.get_by_text("Bonjour")).to_be_visible()
    assert f"{site.origin}/style.css" in watched.asked
    assert watched.origins() == {site.origin}


async def test_a_server_of_another_authority_is_not_trusted(
    page: Page, serve_site: Callable[..., Site], tmp_path: Path
):
    stranger = serve_site(Authority(tmp_path, "another"))

    with pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):
        await page.goto(stranger.page("/", ""))


async def test_a_page_speaks_french_at_paris_time(page: Page, site: Site):
    await page.goto(site.page("/", ""))

    assert await page.evaluate("() => [navigator.language, Intl.DateTimeFormat().resolvedOptions().timeZone]") == [
        "fr-FR",
        "Europe/Paris",
    ]


async def test_two_people_share_no_cookie(open_page: OpenPage, site: Site):
    one, other = await open_page(), await open_page()
    url = site.page("/", "")
    await one.goto(url)
    await one.evaluate("() => { document.cookie = '__Host-who=one; Secure; Path=/'; }")

    await other.goto(url)

    assert await one.evaluate("() => document.cookie") == "__Host-who=one"
    assert await other.evaluate("() => document.cookie") == ""


async def test_a_card_is_shown_to_a_site_that_asks_for_one(
    open_page: OpenPage, serve_site: Callable[..., Site], certificates: Authority, authority_file: Path
):
    card = certificates.identity("card")
    site = serve_site(certificates, authority_file)
    shown = {"origin": site.origin, "certPath": card.certificate, "keyPath": card.key}
    page = await open_page(client_certificates=[shown], ignore_https_errors=True)

    await page.goto(site.page("/", "<p>Carte lue</p>"))

    await expect(page.get_by_text("Carte lue")).to_be_visible()


async def test_nothing_outside_this_machine_is_reached(page: Page, site: Site, watched: Watched):
    await page.goto(site.page("/", "<p>Ici</p>"))

    for outside in ("https://example.org/", "http://192.0.2.1/", "http://127.0.0.2:8000/"):
        with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
            await page.goto(outside)

    assert watched.outside() == {"https://example.org", "http://192.0.2.1", "http://127.0.0.2:8000"}
    watched.asked.clear()


async def test_a_breach_of_the_content_security_policy_is_a_complaint(page: Page, site: Site, watched: Watched):
    await page.goto(site.page("/", "<script>document.title = 'volé'</script>"))

    assert await page.title() == "Essai"
    assert len(watched.complaints) == 1 and "Content Security Policy" in watched.complaints[0]
    watched.complaints.clear()


async def test_an_uncaught_error_of_a_script_is_a_complaint(page: Page, site: Site, watched: Watched):
    site.pages["/fault.js"] = "throw new Error('faute du script')"
    await page.goto(site.page("/", "<script src='/fault.js'></script>"))

    assert any("faute du script" in complaint for complaint in watched.complaints)
    watched.complaints.clear()


async def test_axe_finds_what_a_screen_reader_would_miss_even_under_a_strict_policy(page: Page, site: Site):
    await page.goto(site.page("/", '<img src="/style.css"><label for="no">Nom</label><input>'))

    found = {violation.rule: violation for violation in await accessible(page)}

    assert set(found) == {"image-alt", "label"}
    assert "img" in found["image-alt"].places[0]


async def test_axe_finds_nothing_wrong_with_a_right_page(page: Page, site: Site):
    await page.goto(site.page("/", '<label for="name">Nom</label><input id="name">'))

    assert await accessible(page) == []


async def test_a_screenshot_is_as_wide_as_asked_and_leaves_the_window_as_it_was(page: Page, site: Site):
    await page.goto(site.page("/", "<p>Été, cœur</p>"))

    drawn = await screenshot(page, "browser-kit-test", PHONE)

    content = drawn.read_bytes()
    drawn.unlink()
    assert content.startswith(b"\x89PNG") and int.from_bytes(content[16:20], "big") == PHONE
    assert page.viewport_size == {"width": 1280, "height": 900}


async def test_a_page_that_is_too_wide_for_a_phone_is_found(open_page: OpenPage, site: Site):
    phone = await open_page(viewport={"width": PHONE, "height": 800})
    await phone.goto(site.page("/narrow", "<p>mot</p>"))
    assert not await overflows(phone)

    await phone.goto(site.page("/wide", f"<p>{'m' * 200}</p>"))
    assert await overflows(phone)


async def test_the_keyboard_alone_follows_links_and_fills_fields(page: Page, site: Site):
    field = '<label for="name">Nom</label><input id="name" value="avant">'
    await page.goto(site.page("/", f'{field}<a href="/next">Suite</a>'))
    site.page("/next", "<p>Arrivé</p>")

    await write(page, page.get_by_label("Nom"), "après")
    await expect(page.get_by_label("Nom")).to_have_value("après")
    await press(page, page.get_by_role("link", name="Suite"))

    await expect(page.get_by_text("Arrivé")).to_be_visible()


async def test_what_the_keyboard_does_not_reach_fails_with_the_way_it_went(page: Page, site: Site):
    await page.goto(site.page("/", '<a href="/1">Un</a><a href="/2" tabindex="-1">Deux</a>'))

    with pytest.raises(AssertionError, match=r"Tab does not reach(?s:.*)Un</a>"):
        await reach(page, page.get_by_role("link", name="Deux"), presses=5)


async def test_a_focus_that_cannot_be_seen_fails(page: Page, site: Site):
    site.pages["/style.css"] = "a:focus { outline: none; }"
    await page.goto(site.page("/", '<a href="/1">Un</a>'))

    with pytest.raises(AssertionError, match="Nothing shows"):
        await reach(page, page.get_by_role("link", name="Un"))


LEAVES = "async def test_leaves(page):\n    await page.set_content('<img src=\"https://example.org/a.png\">')\n"
NONE = """
import os
from pathlib import Path
import terresante_dev.browser

os.environ["PATH"] = ""
terresante_dev.browser.CACHE = Path(__file__).parent / "cache"
"""


@pytest.mark.parametrize(
    ("conftest", "reason"),
    [
        ("", "Pages asked outside this machine: ['https://example.org']"),
        (NONE, "only Debian's packages can be fetched"),
    ],
)
def test_a_test_fails_whose_page_left_this_machine_or_has_no_chromium(tmp_path: Path, conftest: str, reason: str):
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\n")
    (tmp_path / "conftest.py").write_text(conftest + 'pytest_plugins = ["terresante_dev.browser.testing"]\n')
    (tmp_path / "test_it.py").write_text(LEAVES)
    loops = [f"--override-ini=asyncio_default_{what}_loop_scope=session" for what in ("fixture", "test")]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "pytest_asyncio.plugin", "-p", "no:cacheprovider", *loops]
    bare = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True, check=False, timeout=100, env=bare)

    assert done.returncode == 1
    assert reason in done.stdout
    assert "1 error" in done.stdout and "skipped" not in done.stdout
