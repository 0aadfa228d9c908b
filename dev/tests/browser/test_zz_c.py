import pytest, secrets
from playwright.async_api import Error
from terresante_dev import pki
from terresante_dev.login import start_page
from .test_logins import _account, CARD
import dev.tests.browser.test_logins as m

@pytest.mark.timeout(300)
@pytest.mark.parametrize("acr", ["", "&acr_values=3"])
async def test_again(open_page, login_service, watched, acr):
    server = login_service.server
    start = start_page(server.issuer("pro"), redirect_uri=server.redirect_uri) + acr
    n = f"997{secrets.randbelow(10**8):08d}"
    card = pki.issue_card(server.cards, n, "LEMAIRE", "ANNE")
    shown = {"origin": login_service.url, "certPath": card.certificate, "keyPath": card.key}
    page = await open_page(client_certificates=[shown], ignore_https_errors=True)
    for k in range(3):
        try:
            await page.goto(start)
        except Error as e:
            print("ERR", str(e)[:100])
        print(k, page.url[:120], watched.asked[-1][:90])
        try: print(await page.locator("body").inner_text())
        except Error: pass
        if k == 0:
            m.CARD = n
            m._account(login_service)
