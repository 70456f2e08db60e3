"""The applicant's page in a real browser: wide and narrow, light and dark, without anything in anybody's way."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser
from werkzeug.serving import make_server

from api.app import create_app
from api.words import LANGUAGE_NAMES
from domain.config import Config
from domain.models.applications import ApplicationState
from domain.services.applications import PersonInput
from domain.transaction import Database
from tests.api.test_my_editor import QUESTIONS
from tests.conftest import Clock
from tests.domain.services.decision_steps import S, brought_to
from tests.e2e.browser import NARROW, WIDE, Visit, chromium, needs_chromium, visiting
from tests.world import World

pytestmark = needs_chromium

TARGET = 44  # pixels; WCAG 2.2, 2.5.5


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests: each visit is in a profile of its own."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def served(config: Config, database: Database, clock: Clock) -> Iterator[str]:
    """The address of a server on the test's database and clock."""
    server = make_server("127.0.0.1", 0, create_app(config, clock=clock, database=database), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def applicant(
    browser: Browser, served: str, world: World, state: ApplicationState, **options: object
) -> Iterator[Visit]:
    """An applicant at their page; nothing there makes the browser complain or look elsewhere."""
    with visiting(browser, f"{served}/my/{world.secret(brought_to(world, state))}", **options) as visit:
        yield visit
        assert (visit.complaints, visit.hosts()) == ([], {urlsplit(served).netloc})


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_nothing_is_in_anybodys_way(
    browser: Browser, served: str, world: World, viewport: dict[str, int], scheme: str
) -> None:
    with applicant(browser, served, world, S.SELECTED, viewport=viewport, color_scheme=scheme) as visit:
        assert (visit.barriers(), visit.overflow(), visit.too_small(TARGET)) == ([], 0, [])


@pytest.mark.parametrize("engine", ["sqlite"])
def test_another_language_is_a_step_away_without_a_script(browser: Browser, served: str, world: World) -> None:
    with applicant(browser, served, world, S.SUBMITTED, java_script_enabled=False) as visit:
        for tag, name in LANGUAGE_NAMES.items():
            visit.page.get_by_role("link", name=name, exact=True).click()
            assert visit.page.locator("html").get_attribute("lang") == tag


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_place_is_confirmed_by_the_keyboard_in_two_steps(browser: Browser, served: str, world: World) -> None:
    with applicant(browser, served, world, S.SELECTED) as visit:
        visit.press("Confirm the place …")
        visit.press("Confirm the place")

        visit.sees("The place is yours.")
        assert (visit.barriers(), visit.page.get_by_role("button").count()) == ([], 0)


@pytest.mark.parametrize("engine", ["sqlite"])
def test_one_is_erased_in_two_steps_without_a_script(browser: Browser, served: str, world: World) -> None:
    with applicant(browser, served, world, S.SUBMITTED, java_script_enabled=False) as visit:
        visit.page.get_by_text("Erase your data …").click()
        visit.page.get_by_role("button", name="Erase everything").click()

        visit.sees("Your data has been erased")
        visit.page.goto(visit.requests[0].url)
        visit.sees("This link opens nothing")


@contextmanager
def editor(browser: Browser, served: str, world: World, **options: object) -> Iterator[Visit]:
    """An applicant at the editor of a draft that lacks everything."""
    draft = world.saved(world.call(form=QUESTIONS), person=PersonInput(), answers={}, consents=())
    with visiting(browser, f"{served}/my/{world.secret(draft)}/edit", **options) as visit:
        yield visit
        assert visit.complaints == []


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_nothing_is_in_the_way_of_who_edits_and_makes_mistakes(
    browser: Browser, served: str, world: World, viewport: dict[str, int], scheme: str
) -> None:
    with editor(browser, served, world, viewport=viewport, color_scheme=scheme) as visit:
        before = (visit.barriers(), visit.overflow(), visit.too_small(TARGET - 20))
        visit.page.get_by_label("E-mail").fill("nowhere")
        visit.page.get_by_role("button", name="Save").click()
        visit.sees("Nothing has been saved yet.")

        assert (before, visit.barriers(), visit.overflow()) == (([], 0, []), [], 0)


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_draft_is_written_and_submitted_without_a_script(browser: Browser, served: str, world: World) -> None:
    with editor(browser, served, world, java_script_enabled=False) as visit:
        page = visit.page
        for label, text in WRITTEN.items():
            page.get_by_label(label).fill(text)
        page.get_by_label("Country").select_option("Serbia")
        page.get_by_role("group", name="Handling of the application").get_by_label("I agree").check()
        page.get_by_role("button", name="Save").click()
        page.get_by_text("Submit the application …").click()
        page.get_by_role("button", name="Submit the application").click()

        visit.sees("Your application has been received.")


WRITTEN = {
    "Given names": "Ana",
    "Family name": "Petrović",
    "E-mail": "ana@example.org",
    "Birth date": "2005-03-08",
    "Why?": "I want to learn.",
}
