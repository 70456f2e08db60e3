"""The page for people in a real browser, against a real server, worker and receiver."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
from playwright.sync_api import Browser, Route

from api.portal import LANGUAGE_NAMES, STRINGS
from tests.e2e.browser import NARROW, WIDE, Visit, chromium, needs_chromium, visiting
from tests.e2e.running import TOKEN, Running, installation, wait_until
from tests.integrations.receiver import Receiver, reply

pytestmark = needs_chromium

TARGET = 44  # pixels; WCAG 2.2, 2.5.5
FAILING = reply(500, b"<b>as you wish</b>")
WORKING = reply(200, b"thank you")


@dataclass
class House:
    """A running installation, and an organisation in it that has a receiver."""

    running: Running
    receiver: Receiver
    token: str
    numbers: Iterator[int] = field(default_factory=count)

    @property
    def portal(self) -> str:
        """The page's address."""
        return self.running.base_url + "/portal"

    def make(self, path: str, **body: Any) -> dict[str, Any]:
        """POST as the organisation."""
        return made(self.running, path, self.token, **body)

    def endpoint(self, path: str, **wanted: Any) -> dict[str, Any]:
        """An endpoint at an address of its own, for nothing but what is sent to try it."""
        url = self.receiver.url(f"{path}?{next(self.numbers)}")
        return self.make("/v1/webhooks", url=url, event_types=["project.archived"], **wanted)

    def send(self, endpoint: dict[str, Any], *event_types: str) -> None:
        """Try an endpoint with these, and wait until all are in the log."""
        address = f"/v1/webhooks/{endpoint['id']}"
        for kind in event_types:
            self.make(f"{address}/ping", event_type=kind)
        wait_until(
            lambda: len(self.running.get(f"{address}/deliveries", self.token).json()["items"]) >= len(event_types)
        )


def made(running: Running, path: str, token: str, **body: Any) -> dict[str, Any]:
    answer = running.post(path, token, json=body)
    assert answer.ok, (path, answer.text)
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One for all tests: each has endpoints of its own."""
    with installation("sqlite", tmp_path_factory.mktemp("portal")) as running, Receiver() as receiver:
        made(running, "/v1/projects", TOKEN, **PROJECT)
        made(running, "/v1/projects/PORTAL/start", TOKEN)
        school = made(running, "/v1/organisations", TOKEN, **SCHOOL)
        scopes = running.get("/v1/me", TOKEN).json()["scopes"]
        holder = {"holder": "Mira Ilić", "scopes": scopes, "organisation_id": school["id"], "project": "PORTAL"}
        yield House(running, receiver, made(running, "/v1/tokens", TOKEN, **holder)["secret"])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests: each visit is in a profile of its own."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def visit(house: House, browser: Browser) -> Iterator[Visit]:
    """Somebody who is not signed in yet; nothing that they do makes the browser complain or look elsewhere."""
    with visiting(browser, house.portal) as visit:
        yield visit
        assert (visit.complaints, visit.hosts()) == ([], {urlsplit(house.portal).netloc})


def sign_in(visit: Visit, token: str) -> None:
    visit.type_into("Token", token)
    visit.page.keyboard.press("Enter")
    visit.page.get_by_role("heading", name="Endpoints").wait_for()


def open_endpoint(visit: Visit, house: House, endpoint: dict[str, Any]) -> None:
    sign_in(visit, house.token)
    visit.press(endpoint["url"])
    visit.page.get_by_role("heading", name=endpoint["url"]).wait_for()


# ── the whole walk, by the keyboard alone ───────────────────────────────────────────────────────────────────────────


def test_all_of_it_is_done_by_the_keyboard_alone(house: House, visit: Visit) -> None:
    house.receiver.script("/walk", lambda line, _: line.say(WORKING))

    sign_in(visit, house.token)
    secret = make_the_endpoint(visit, house)
    ping_it(visit, house)
    see_it_fail(visit, house)
    retry_it(visit, house)
    recover_it(visit)
    pause_and_resume_it(visit)
    assert rotate_its_secret(visit) != secret
    sign_out(visit, house)


def make_the_endpoint(visit: Visit, house: House) -> str:
    visit.type_into("Address", house.receiver.url("/walk"))
    visit.type_into("Description (optional)", "Our CRM")
    visit.type_into("Single types (optional)", "project.archived")
    visit.press("Make the endpoint")
    visit.sees("The endpoint is made.")
    assert visit.focused() == "Signing secret"
    return shown_secret(visit)


def shown_secret(visit: Visit) -> str:
    secret = visit.page.locator("[data-part=secret]").inner_text()
    assert secret.startswith("whsec_")
    visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit.press("Copy")
    visit.sees("It is copied.")
    assert visit.page.evaluate("navigator.clipboard.readText()") == secret
    visit.press("I have it")
    assert (secret in visit.page.content(), visit.focused().startswith("http")) == (False, True)
    return secret


def ping_it(visit: Visit, house: House) -> None:
    before = len(house.receiver.requests)
    visit.press("Send")
    visit.sees("It arrived.")
    visit.sees("The receiver answered 200 and has it.")
    visit.sees("active")
    assert [request.path for request in house.receiver.requests[before:]] == ["/walk"]


def see_it_fail(visit: Visit, house: House) -> None:
    house.receiver.script("/walk", lambda line, _: line.say(FAILING))
    address = visit.page.url.rpartition("#")[2]
    house.running.patch(f"/v1/webhooks/{address}", house.token, json={"retry_after_s": [3600]})
    visit.tab_to("What to send")
    visit.page.keyboard.type("call.pub")
    visit.press("Send")
    visit.sees("It did not arrive.")
    visit.sees("The receiver answered 500. Only 2xx means that it has it.")
    visit.sees("Next try:")


def retry_it(visit: Visit, house: House) -> None:
    visit.press("Attempts: 1")
    visit.sees("Attempt 1")
    visit.press("Reply")
    assert visit.page.locator("pre").first.inner_text() == "<b>as you wish</b>"
    house.receiver.script("/walk", lambda line, _: line.say(WORKING))
    visit.tab_to("Retry", by="Shift+Tab")  # that of the delivery whose reply is being read
    visit.page.keyboard.press("Enter")
    visit.page.locator(".log .result.good").get_by_text("It arrived.").wait_for()


def recover_it(visit: Visit) -> None:
    visit.tab_to("What")
    visit.page.keyboard.type("Everything")
    visit.press("Only count")
    visit.sees("Events found: 2. Nothing was sent.")
    visit.press("Recover")
    visit.sees("Done. Events on their way again: 2")
    assert visit.page.locator("progress").evaluate("one => one.value / one.max") == 1


def pause_and_resume_it(visit: Visit) -> None:
    visit.press("Pause")
    visit.sees("It is paused. Events are held.")
    visit.press("Resume")
    visit.sees("It receives again.")


def rotate_its_secret(visit: Visit) -> str:
    visit.press("Make a new secret")
    assert visit.focused() == "Cancel"
    visit.page.keyboard.press("Escape")
    assert visit.focused() == "Make a new secret"
    visit.page.keyboard.press("Enter")
    visit.press("Make a new secret")
    visit.sees("The new secret is made.")
    assert visit.focused() == "Signing secret"
    return shown_secret(visit)


def sign_out(visit: Visit, house: House) -> None:
    visit.press("Sign out")
    visit.sees("You are signed out.")
    assert (visit.focused(), visit.page.url) == ("Sign in", house.portal)


# ── what is kept ────────────────────────────────────────────────────────────────────────────────────────────────────

KEPT = """async () => [
  localStorage.length, sessionStorage.length, document.cookie,
  (await indexedDB.databases()).length, (await caches.keys()).length,
  location.href, document.documentElement.outerHTML,
  ...[...document.querySelectorAll("input")].map((one) => one.value)]"""


def test_the_token_is_kept_nowhere(house: House, visit: Visit) -> None:
    sign_in(visit, house.token)

    kept = visit.page.evaluate(KEPT)

    assert kept[:5] == [0, 0, "", 0, 0]
    assert [place for place in kept[5:] if house.token in str(place)] == []
    assert visit.page.context.storage_state() == {"cookies": [], "origins": []}
    assert [request.url for request in visit.requests if house.token in request.url] == []


@pytest.mark.parametrize(
    ("forbidden", "directive"),
    [
        ("document.body.setAttribute('style', 'color: red')", "style-src"),
        ("document.body.append(Object.assign(new Image(), {src: '/favicon.ico'}))", "img-src"),
        ("fetch('http://127.0.0.1:9/').catch(() => {})", "connect-src"),
        ("try { document.body.innerHTML = '<p>' } catch {}", "require-trusted-types-for"),
    ],
)
def test_what_the_policy_forbids_is_stopped_and_would_be_heard(
    house: House, browser: Browser, forbidden: str, directive: str
) -> None:
    with visiting(browser, house.portal) as visit:
        visit.page.evaluate(f"() => {{ {forbidden} }}")

        wait_until(lambda: [told for told in visit.heard() if told.startswith(f"CSP {directive}")])


def test_a_reload_forgets_the_token(house: House, visit: Visit) -> None:
    sign_in(visit, house.token)

    visit.page.reload()

    visit.page.get_by_role("heading", name="Sign in").wait_for()
    assert visit.page.get_by_label("Token").input_value() == ""


def test_whoever_comes_back_to_the_page_has_to_sign_in_again(house: House, visit: Visit) -> None:
    sign_in(visit, house.token)

    visit.page.goto(house.running.base_url + "/docs/problems")
    visit.page.go_back()

    visit.page.get_by_role("heading", name="Sign in").wait_for()
    assert house.token not in visit.page.content()


# ── refusals ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("token", "sentence"),
    [
        ("", "Shkruani ose ngjitni një token."),
        ("nëse", "Një token nuk ka shenja të tilla. Kopjojeni përsëri."),
        ("ivt_org_unknown", "Nevojitet vërtetimi i identitetit."),
    ],
)
def test_what_is_no_token_is_refused_in_the_readers_language(
    house: House, browser: Browser, token: str, sentence: str
) -> None:
    with visiting(browser, f"{house.portal}?lang=sq") as visit:
        visit.type_into("Tokeni", token)
        visit.press("Hyni")

        visit.sees(sentence)


def test_a_mistake_is_told_at_its_field_which_gets_the_focus(house: House, visit: Visit) -> None:
    sign_in(visit, house.token)

    visit.type_into("Address", "ftp://example.org/hook")
    visit.press("Make the endpoint")
    visit.page.locator("#url[aria-invalid=true]").wait_for()

    described = visit.page.locator("#url").get_attribute("aria-describedby")
    assert (visit.focused(), described) == ("Address", "url-hint mistake-url")
    assert visit.page.locator("#mistake-url").inner_text() == "The address must begin with https://."


def test_a_mended_mistake_is_marked_no_longer(house: House, visit: Visit) -> None:
    sign_in(visit, house.token)
    visit.press("Make the endpoint")
    visit.page.locator("#url[aria-invalid=true]").wait_for()

    visit.type_into("Address", house.receiver.url("/ok"))
    visit.press("Make the endpoint")

    visit.sees("The endpoint is made.")


def test_a_token_that_ends_while_one_is_signed_in_leads_back_to_signing_in(house: House, visit: Visit) -> None:
    school = house.running.get("/v1/me", house.token).json()["organisation_id"]
    wanted = {"holder": "Ends", "scopes": ["webhooks:manage"], "organisation_id": school, "project": "PORTAL"}
    token = made(house.running, "/v1/tokens", TOKEN, **wanted)
    endpoint = house.endpoint("/ok")
    open_endpoint(visit, House(house.running, house.receiver, token["secret"]), endpoint)

    house.running._ask("DELETE", f"/v1/tokens/{token['id']}", TOKEN)
    visit.press("Send")

    visit.page.get_by_role("heading", name="Sign in").wait_for()
    visit.sees("Proof of identity is needed.")


# ── answers that are lost ───────────────────────────────────────────────────────────────────────────────────────────


def test_what_was_answered_to_nobody_is_asked_for_again_and_not_done_twice(house: House, visit: Visit) -> None:
    endpoint = house.endpoint("/ok")
    open_endpoint(visit, house, endpoint)
    visit.page.route("**/ping", lose_the_answer, times=1)

    visit.press("Send")
    visit.sees("It arrived.")

    keys = {request.headers["idempotency-key"] for request in visit.requests if request.method == "POST"}
    assert (len(keys), visit.page.locator(".log > li").count()) == (1, 1)
    visit.complaints.clear()  # The browser says that a connection was lost, and is right.


def lose_the_answer(route: Route) -> None:
    assert route.fetch().status == 202
    route.abort()


# ── recoveries ──────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def worker_stopped(house: House) -> Iterator[None]:
    """The worker stands still for the block: what waits for it goes on waiting."""
    own = house.running.environment["INTERVET_DATA_DIR"]
    workers = [one for one in psutil.Process().children() if one.cmdline()[-1] == "integrations.worker"]
    (worker,) = [one for one in workers if one.environ()["INTERVET_DATA_DIR"] == own]
    # Between two transactions: in the middle of one it would keep everybody else from writing.
    with Path(own, "intervet.sqlite.lock").open("rb+") as writer_lock:
        fcntl.flock(writer_lock, fcntl.LOCK_EX)
        worker.suspend()
        wait_until(lambda: worker.status() == psutil.STATUS_STOPPED)
    try:
        yield
    finally:
        worker.resume()


def test_a_recovery_can_be_stopped(house: House, visit: Visit) -> None:
    endpoint = house.endpoint("/ok")

    with worker_stopped(house):
        open_endpoint(visit, house, endpoint)
        visit.press("Recover")
        visit.sees("The recovery has begun.")
        visit.press("Stop")
        visit.sees("Stopped. Events on their way again: 0")

    (recovery,) = house.running.get(f"/v1/webhooks/{endpoint['id']}/recoveries", house.token).json()["items"]
    assert (recovery["state"], visit.page.get_by_role("button", name="Stop").count()) == ("cancelled", 0)


def test_a_recovery_begun_elsewhere_is_shown_as_it_goes_on(house: House, visit: Visit) -> None:
    endpoint = house.endpoint("/ok")
    wanted = {"kind": "failed", "since": "2026-01-01T00:00:00Z"}

    with worker_stopped(house):
        house.make(f"/v1/webhooks/{endpoint['id']}/recoveries", **wanted)
        open_endpoint(visit, house, endpoint)
        visit.page.get_by_role("progressbar").wait_for()

    visit.sees("Done. Events on their way again: 0")


def test_a_time_that_is_none_is_refused_by_the_api(house: House, visit: Visit) -> None:
    open_endpoint(visit, house, house.endpoint("/ok"))

    visit.type_into("Since (UTC)", "yesterday")
    visit.press("Recover")
    visit.page.locator("#since[aria-invalid=true]").wait_for()

    assert "2026-03-29T12:00:00Z" in visit.page.locator("#mistake-since").inner_text()


# ── the log ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_log_goes_on_where_it_was_read_to(house: House, visit: Visit) -> None:
    endpoint = house.endpoint("/ok")
    house.send(endpoint, *["webhook.ping"] * 21)
    open_endpoint(visit, house, endpoint)
    visit.page.locator(".log > li").nth(19).wait_for()

    visit.press("Show more")
    visit.page.locator(".log > li").nth(20).wait_for()

    last = visit.page.locator(".log > li").nth(20).get_by_role("button").first
    assert last.evaluate("one => one === document.activeElement")


def test_the_log_shows_what_was_asked_for(house: House, visit: Visit) -> None:
    endpoint = house.endpoint("/ok")
    house.send(endpoint, "call.published", "webhook.ping")
    open_endpoint(visit, house, endpoint)

    visit.page.locator("#log-type").select_option("call.published")
    visit.press("Show")
    visit.sees("Deliveries shown: 1")

    assert visit.page.locator(".log h4 [data-part=event_type]").all_inner_texts() == ["call.published"]


def test_the_bar_shows_the_shares_and_the_list_beside_it_the_figures(house: House, visit: Visit) -> None:
    endpoint = house.endpoint("/status/500", retry_after_s=[])
    house.send(endpoint, "webhook.ping")
    house.running.patch(f"/v1/webhooks/{endpoint['id']}", house.token, json={"url": house.receiver.url("/ok?bar")})
    endpoint["url"] = house.receiver.url("/ok?bar")
    open_endpoint(visit, house, endpoint)

    visit.press("Send")
    visit.sees("It arrived.")
    visit.page.get_by_text("delivered: 1", exact=True).wait_for()

    assert visit.page.locator(".legend li").all_inner_texts() == ["delivered: 1", "waiting: 0", "held: 0", "failed: 1"]
    assert visit.page.locator(".bar rect").evaluate_all("all => all.map((one) => one.width.baseVal.value)") == [
        50,
        0,
        0,
        50,
    ]


# ── readers of all kinds ────────────────────────────────────────────────────────────────────────────────────────────


def everything_open(visit: Visit, house: House) -> None:
    """An endpoint with its new keys, a delivery that failed and its attempts, a recovery that is done."""
    endpoint = house.endpoint("/status/500", retry_after_s=[], description="A description")
    open_endpoint(visit, house, endpoint)
    visit.press("Send")
    visit.sees("It did not arrive.")
    visit.press("Attempts: 1")
    visit.press("Reply")
    visit.press("Only count")
    visit.sees("Nothing was sent.")
    visit.press("Make a new secret")
    visit.press("Make a new secret")
    visit.sees("The new secret is made.")


@pytest.mark.parametrize(("scheme", "size"), [("light", WIDE), ("dark", NARROW)], ids=["light", "dark"])
def test_there_are_no_barriers(house: House, browser: Browser, scheme: str, size: dict[str, int]) -> None:
    found = []
    with visiting(browser, house.portal, color_scheme=scheme, viewport=size) as visit:
        for arrive in (lambda: None, lambda: sign_in(visit, house.token)):
            arrive()
            found.append((visit.barriers(), visit.overflow(), visit.too_small(TARGET)))
        visit.page.reload()
        everything_open(visit, house)
        found.append((visit.barriers(), visit.overflow(), visit.too_small(TARGET)))

    assert found == [([], 0, [])] * 3


def test_a_barrier_would_be_found(house: House, browser: Browser) -> None:
    with visiting(browser, house.portal, viewport=NARROW) as visit:
        visit.page.evaluate(SPOIL)

        assert [rule for rule, _ in visit.barriers()] == ["button-name"]
        assert (visit.overflow() > 0, len(visit.too_small(TARGET))) == (True, 1)


SPOIL = """() => {
  const button = document.querySelector("form button");
  button.textContent = "";
  button.style.cssText = "min-width: 40rem; min-height: 0; height: 20px; max-width: none";
}"""


@pytest.mark.parametrize("lang", sorted(LANGUAGE_NAMES))
def test_each_language_says_which_it_is_and_fits_a_phone(house: House, browser: Browser, lang: str) -> None:
    endpoint, words = house.endpoint("/ok"), STRINGS[lang]
    with visiting(browser, f"{house.portal}?lang={lang}", viewport=NARROW) as visit:
        visit.type_into(words["token"], house.token)
        visit.press(words["sign_in"])
        visit.page.get_by_role("heading", name=words["endpoints"]).wait_for()
        visit.press(endpoint["url"])
        visit.page.get_by_role("heading", name=words["recovery"]).wait_for()

        assert visit.page.locator("html").get_attribute("lang") == lang
        assert (visit.barriers(), visit.overflow(), visit.complaints) == ([], 0, [])


def test_another_language_is_chosen_without_signing_in_again(house: House, visit: Visit) -> None:
    open_endpoint(visit, house, house.endpoint("/ok"))

    visit.press("Македонски")
    visit.page.get_by_role("heading", name=STRINGS["mk"]["recovery"]).wait_for()

    assert (visit.focused(), visit.page.locator("html").get_attribute("lang")) == ("Македонски", "mk")
    visit.page.reload()
    visit.page.get_by_role("heading", name=STRINGS["mk"]["sign_in"]).wait_for()


def test_without_scripts_it_says_what_else_works(house: House, browser: Browser) -> None:
    with visiting(browser, f"{house.portal}?lang=bs", java_script_enabled=False) as visit:
        assert visit.page.locator("noscript p").inner_text().startswith(STRINGS["bs"]["noscript"])


def test_the_skip_link_leads_past_the_languages(house: House, visit: Visit) -> None:
    visit.press("Skip to the content")
    visit.page.keyboard.press("Tab")

    assert (visit.focused(), visit.page.url) == ("Token", house.portal)


PROJECT = {
    "code": "PORTAL",
    "title": {"en": "The page for people"},
    "action_type": "KA121-VET",
    "rule_set": "KA1-VET-2021",
    "starts_on": "2026-01-01",
    "ends_on": "2028-12-31",
    "languages": ["en"],
}
SCHOOL = {
    "legal_name": "Srednja mašinska škola",
    "type": "other",
    "country": "RS",
    "membership": {"project": "PORTAL", "roles": ["national_partner"]},
}
