"""What a test asks of an open page: is it accessible (axe), what does it look like, does the keyboard reach it."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from playwright.async_api import Locator, Page

from terresante_dev.browser import ROOT, libraries

WCAG_22_AA = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
"""axe's tags of the success criteria up to level AA of WCAG 2.2."""
PHONE, DESKTOP = 360, 1280
"""Widths in CSS pixels."""
SCREENSHOTS = ROOT / ".run" / "screenshots"
_FOCUS_SHOWN = """element => {
    const style = getComputedStyle(element);
    const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
    return outlined || style.boxShadow !== "none";
}"""


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule of axe that a page breaks. `impact`: minor to critical; `places`: a selector and the reason, each."""

    rule: str
    impact: str
    help: str
    places: tuple[str, ...]


async def accessible(page: Page, tags: tuple[str, ...] = WCAG_22_AA) -> list[Violation]:
    """What axe finds wrong with the page as it is now; `assert await accessible(page) == []`."""
    if not await page.evaluate("() => 'axe' in window"):
        await page.evaluate(_axe())
    options = {"runOnly": {"type": "tag", "values": list(tags)}, "resultTypes": ["violations"]}
    found: dict[str, Any] = await page.evaluate("options => axe.run(document, options)", options)
    return [
        Violation(
            one["id"],
            one["impact"],
            one["help"],
            tuple(f"{node['target']}: {node['failureSummary']}" for node in one["nodes"]),
        )
        for one in found["violations"]
    ]


async def screenshot(page: Page, name: str, width: int = DESKTOP) -> Path:
    """Draws the whole page into .run/screenshots/<name>-<width>.png; the window is as before afterwards."""
    before = page.viewport_size
    await page.set_viewport_size({"width": width, "height": 900})
    path = SCREENSHOTS / f"{name}-{width}.png"
    await page.screenshot(path=path, full_page=True, animations="disabled")
    if before is not None:
        await page.set_viewport_size(before)
    return path


async def overflows(page: Page) -> bool:
    """Whether the page must be scrolled sideways at its present width."""
    return bool(
        await page.evaluate("() => document.documentElement.scrollWidth > document.documentElement.clientWidth")
    )


async def reach(page: Page, wanted: Locator, presses: int = 100) -> None:
    """Presses Tab until the focus is on it. Fails if it never is, or if nothing shows that it is."""
    passed = []
    for _ in range(presses):
        if await wanted.evaluate("element => element === document.activeElement"):
            if not await wanted.evaluate(_FOCUS_SHOWN):
                raise AssertionError(f"Nothing shows that {wanted} has the focus.")
            return
        await page.keyboard.press("Tab")
        passed.append(await page.evaluate("() => document.activeElement.outerHTML.slice(0, 80)"))
    raise AssertionError("\n".join([f"Tab does not reach {wanted}; it went through:", *dict.fromkeys(passed)]))


async def press(page: Page, wanted: Locator, key: str = "Enter") -> None:
    """Goes there by Tab and presses the key."""
    await reach(page, wanted)
    await page.keyboard.press(key)


async def write(page: Page, wanted: Locator, text: str) -> None:
    """Goes there by Tab and types the text in place of what is there."""
    await reach(page, wanted)
    await page.keyboard.press("ControlOrMeta+a")
    await page.keyboard.type(text)


@cache
def _axe() -> str:
    return (libraries.for_tests() / "axe-core" / "axe.min.js").read_text()
