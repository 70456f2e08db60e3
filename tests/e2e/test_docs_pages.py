"""The pages that explain the contract, in a real browser: they fit a phone, and nobody is shut out."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.e2e.browser import chromium, needs_chromium, visiting
from tests.e2e.running import Running, installation

pytestmark = needs_chromium

PHONE = {"width": 390, "height": 844}  # pixels of CSS, of today's ordinary one
NARROW = {"width": 320, "height": 640}  # what WCAG 2.2, 1.4.10, asks for


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server for all tests: they only read."""
    with installation("sqlite", tmp_path_factory.mktemp("docs")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests: each visit is in a profile of its own."""
    with chromium() as browser:
        yield browser


@pytest.mark.parametrize("size", [PHONE, NARROW], ids=["phone", "narrow"])
def test_the_page_of_problems_scrolls_one_way_alone(running: Running, browser: Browser, size: dict[str, int]) -> None:
    with visiting(browser, f"{running.base_url}/docs/problems", viewport=size) as visit:
        assert (visit.overflow(), visit.barriers(), visit.heard()) == (0, [], [])


def test_a_page_that_is_too_wide_would_be_found(running: Running, browser: Browser) -> None:
    with visiting(browser, f"{running.base_url}/docs/problems", viewport=PHONE) as visit:
        visit.page.evaluate("document.body.style.overflowWrap = 'normal'")

        assert visit.overflow() > 0


def test_who_types_the_bare_address_reads_the_contract(running: Running, browser: Browser) -> None:
    with visiting(browser, running.base_url) as visit:
        visit.sees("InterVET")
        link = visit.page.get_by_role("link", name="what to do").get_attribute("href")

        assert (visit.page.url, link) == (f"{running.base_url}/docs", "/docs/problems")
