"""Requests that are sent until they are answered: the same request, with the same key, until patience runs out."""

import random
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from intervet_client.errors import BadSettings, IntervetError, NotReachable, Problem, problem

TIMEOUT = (10, 60)  # seconds to connect, and between two bytes of the answer
PATIENCE = 300.0  # seconds; a server that restarts needs a few, one that is being mended sometimes minutes
FIRST_DELAY, LONGEST_DELAY = 0.5, 30.0  # seconds
PASSES = {429, 500, 502, 503, 504}  # statuses that may be others a moment later


class Bearer(AuthBase):
    """The token, or none; in either case what a .netrc says about the host is left out."""

    def __init__(self, token: str | None) -> None:
        self.token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """The request with the token in its header."""
        if self.token:
            request.headers["Authorization"] = f"Bearer {self.token}"
        return request


class Transport:
    """One server, one token, connections that are kept."""

    def __init__(self, url: str, token: str | None, *, lang: str | None = None, patience: float = PATIENCE) -> None:
        self.url = checked_url(url, token)
        self.patience = patience  # seconds for one request with all its tries
        self.session = requests.Session()
        self.session.auth = Bearer(token)
        self.session.headers["User-Agent"] = f"intervet-client/{version('intervet-client')}"
        if lang:
            self.session.headers["Accept-Language"] = lang

    def get(self, path: str, parameters: Mapping[str, Any] | None = None) -> Any:
        """What the server answers to a GET, as JSON."""
        wanted = {name: str(value) for name, value in (parameters or {}).items() if value is not None}
        return _json(self._answered("GET", path, params=wanted))

    def post(self, path: str, body: bytes, *, key: str) -> Any:
        """What the server answers to a POST of JSON, as JSON. `key` makes of many tries one."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        return _json(self._answered("POST", path, data=body, headers=headers))

    def _answered(self, method: str, path: str, **options: Any) -> requests.Response:
        """Try until there is an answer that will stay. Raises Problem, NotReachable."""
        give_up = time.monotonic() + self.patience
        delay = FIRST_DELAY
        while True:
            failure = self._tried(method, path, **options)
            if isinstance(failure, requests.Response):
                return failure
            asked = failure.retry_after if isinstance(failure, Problem) and failure.retry_after else 0.0
            wait = max(asked, delay * random.uniform(0.8, 1.2))  # noqa: S311  spread, not secrecy
            if time.monotonic() + wait > give_up:
                raise failure
            time.sleep(wait)
            delay = min(delay * 2, LONGEST_DELAY)

    def _tried(self, method: str, path: str, **options: Any) -> requests.Response | IntervetError:
        """One try: the answer, or what may pass. Raises Problem for what won't."""
        try:
            response = self.session.request(method, self.url + path, timeout=TIMEOUT, allow_redirects=False, **options)
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
            return NotReachable(
                f"{self.url} does not answer ({type(error).__name__}).\nNext: is the address right, and are you "
                "online? Then run the same command again; nothing is sent twice by that."
            )
        except requests.RequestException as error:
            raise BadSettings(f"{self.url} can't be asked: {error}\nNext: correct INTERVET_URL.") from error
        if response.ok and response.status_code < 300:
            return response
        found = _problem(response)
        if response.status_code in PASSES or (response.status_code == 409 and found.retry_after is not None):
            return found
        raise found


def checked_url(url: str, token: str | None) -> str:
    """The server's address without a slash at its end. Raises BadSettings for one that a token must not go to."""
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise BadSettings(f"{url!r} is no server's address.\nNext: set INTERVET_URL like https://intervet.example")
    if token and parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise BadSettings(
            f"Over {url} everybody on the way could read your token, so it is not sent.\n"
            "Next: use the server's https address."
        )
    return url.strip().rstrip("/").removesuffix("/v1")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _json(response: requests.Response) -> Any:
    try:
        return response.json()
    except ValueError as error:
        raise IntervetError(
            f"{response.url.partition('?')[0]} answers, but not as an InterVET server does.\n"
            "Next: check INTERVET_URL, and whether a login page of your network stands in between."
        ) from error


def _problem(response: requests.Response) -> Problem:
    try:
        document = response.json()
    except ValueError:
        document = None
    if not isinstance(document, dict):
        told = f", and names {response.headers['Location']}" if "Location" in response.headers else ""
        document = {"detail": f"The server answers {response.status_code} {response.reason}{told}."}
    return problem(response.status_code, document, retry_after=_retry_after(response.headers.get("Retry-After")))


def _retry_after(header: str | None) -> float | None:
    """The seconds to wait, whether the header says how long or until when (RFC 9110, 10.2.3)."""
    if header is None:
        return None
    if header.strip().isdigit():
        return float(header)
    try:
        until = parsedate_to_datetime(header)
    except ValueError:
        return None
    return max(0.0, (until - datetime.now(UTC)).total_seconds()) if until.tzinfo else None
