"""What the server answers, as far as one relies on it; a newer server may say more."""

from typing import Any, NotRequired, TypedDict

PARENTAL = "parental_consent"  # what a minor's guardian agrees to, whatever the call asks for


class Destination(TypedDict):
    """Where a call leads to."""

    id: str
    country: str
    city: str


class ConsentAsked(TypedDict):
    """What a call asks people to agree to; `text` is by language where all were asked for."""

    purpose: str
    text_version: str
    text: Any


class Call(TypedDict):
    """A call, with its texts in one language."""

    id: str
    project_id: str
    slug: str
    title: str
    status: str
    summary: str | None
    eligible_countries: list[str]
    destinations: list[Destination]
    consent_purposes: list[str]
    consents: list[ConsentAsked]
    opens_at: str | None
    closes_at: str | None
    timezone: str
    places: int
    places_left: int
    public_intake: bool
    contact: str | None


class Receipt(TypedDict):
    """What comes back to those who apply."""

    id: str
    reference: str
    call_id: str
    state: str
    late: bool
    submitted_at: str | None
    my_url: NotRequired[str]


class Application(Receipt):
    """An application, as those who handle it see it."""

    person: dict[str, Any] | None
    answers: dict[str, Any] | None
    version: int


class MyApplication(TypedDict):
    """An application, as its applicant sees it."""

    reference: str
    state: str
    actions: list[str]


class Mobility(TypedDict):
    """A stay abroad."""

    id: str
    state: str
    version: int


class Event(TypedDict):
    """Something that happened."""

    id: str
    type: str
    timestamp: str
    data: dict[str, Any]


class EventPage(TypedDict):
    """Some events, in the one order, and after which to ask next time."""

    items: list[Event]
    next: str | None
    last: str | None


class Me(TypedDict):
    """Who a token is."""

    holder: str
    organisation: str
    scopes: list[str]
    expires_at: str | None


Schema = dict[str, Any]
Body = dict[str, Any]
