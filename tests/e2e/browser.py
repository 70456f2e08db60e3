"""A real Chromium for tests: Debian's, driven by Playwright over loopback, and everything that it complains about."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None,
    reason="There is no Chromium here: apt-get install chromium, or say CHROMIUM=/path/to/one.",
)

PATIENCE_MS = 15_000  # for what is to be seen; a busy machine needs a few seconds
NARROW = {"width": 320, "height": 640}  # pixels of CSS: what WCAG 2.2, 1.4.10, asks for
WIDE = {"width": 1280, "height": 900}
MOST_TABS = 300  # presses; more stops than any page of ours has
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

# The browser says it on its console too, but in sentences that differ from release to release.
TELL_OF_VIOLATIONS = "addEventListener('securitypolicyviolation', (e) => console.error('CSP', e.violatedDirective))"
# What has the focus, by the name that it is called by, and whether it can be seen that it has it.
FOCUSED = """() => {
  const one = document.activeElement;
  const name = one.getAttribute("aria-label") ?? one.labels?.[0]?.textContent ?? one.textContent;
  return [name.trim(), one.matches("h2, h3, main, body") || getComputedStyle(one).outlineStyle !== "none"];
}"""
TOO_SMALL = """(least) => [...document.querySelectorAll("button, select, input, nav a, footer a, .back, summary")]
  .filter((one) => one.checkVisibility())
  .map((one) => [one.closest("label") ?? one, one])
  .filter(([target]) => target.getBoundingClientRect().height < least)
  .map(([, one]) => one.outerHTML)"""


@dataclass
class Visit:
    """One page open in the browser, and what went wrong there so far."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    def tab_to(self, name: str, *, by: str = "Tab") -> None:
        """Press Tab until the thing called `name` has the focus, visibly; begin at the top of the page if need be."""
        for _ in range(MOST_TABS):
            self.page.keyboard.press(by)
            found, visible = self.page.evaluate(FOCUSED)
            assert visible, f"it can't be seen that {found} has the focus"
            if found == name:
                return
        pytest.fail(f"{name} can't be reached by the keyboard")

    def press(self, name: str, key: str = "Enter") -> None:
        """Go to the thing called `name` and press a key there."""
        self.tab_to(name)
        self.page.keyboard.press(key)

    def type_into(self, name: str, text: str) -> None:
        """Go to the field called `name` and paste into it, over what it holds."""
        self.tab_to(name)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(text)

    def sees(self, text: str) -> None:
        """Wait until the text is there to be seen."""
        self.page.get_by_text(text).locator("visible=true").first.wait_for()

    def focused(self) -> str:
        """The name of what has the focus."""
        return str(self.page.evaluate(FOCUSED)[0])

    def barriers(self) -> list[tuple[str, list[str]]]:
        """What axe finds against WCAG 2.2 AA and its own good practice: rule, and the elements that break it."""
        self.page.evaluate(AXE_SCRIPT)
        found = self.page.evaluate("(tags) => axe.run({runOnly: tags})", RULES)
        return [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found["violations"]]

    def overflow(self) -> int:
        """How many pixels of the page are beyond the right edge."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - innerWidth"))

    def too_small(self, least: int) -> Sequence[str]:
        """The controls that are less than `least` pixels high."""
        found: list[str] = self.page.evaluate(TOO_SMALL, least)
        return found

    def hosts(self) -> set[str]:
        """Whom the page has asked for something."""
        return {urlsplit(request.url).netloc for request in self.requests}

    def heard(self) -> Sequence[str]:
        """The complaints up to now, those included that are still on their way here."""
        self.page.evaluate("0")
        return self.complaints

    def _note(self, request: Request) -> None:
        self.requests.append(request)

    def _hear(self, message: ConsoleMessage) -> None:
        # A refusal of the API is an answer to us; the browser calls every 4xx an error.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.complaints.append(message.text)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser, and end it with the block."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


@contextmanager
def visiting(browser: Browser, address: str, **options: Any) -> Iterator[Visit]:
    """Open an address in a fresh profile; `options` are Playwright's for a context."""
    context = browser.new_context(**{"viewport": WIDE, "locale": "en-GB", **options})
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(TELL_OF_VIOLATIONS)
    visit = Visit(context.new_page())
    visit.page.on("console", visit._hear)
    visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    visit.page.on("request", visit._note)
    visit.page.goto(address)
    yield visit
    context.close()
