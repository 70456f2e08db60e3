"""What a notice to an organisation says: what happened, to which call and application, and nobody's name."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain import policies
from domain.languages import format_instant, localise, sentence_language
from domain.models.applications import Application
from domain.models.calls import Call
from domain.models.events import Event
from domain.models.messages import Message, MessageKind
from domain.models.organisations import Organisation
from domain.models.webhooks import Endpoint, EndpointState
from domain.services.message_contents import Contents, Dropped, Happening
from domain.services.message_words import OURS
from domain.services.notices import as_reader

MOST_LINES = 50  # of a digest; who has more to read reads it where it can be searched


def of_notice(session: Session, message: Message) -> Contents | Dropped:
    """What a message to an organisation's contact says now; or why it is not sent at all."""
    organisation = session.get(Organisation, message.organisation_id) if message.organisation_id else None
    if organisation is None or not organisation.contact_email:
        return Dropped.NO_ADDRESS
    lang = sentence_language((organisation.lang,))
    told = _endpoint(session, message, lang) if message.kind in ABOUT_ENDPOINTS else _events(session, message, lang)
    if told is None:
        return Dropped.PASSED
    values, happenings = told
    return Contents(
        kind=message.kind,
        lang=lang,
        address=organisation.contact_email,
        name=organisation.contact_name or organisation.legal_name,
        reply_to=None,
        values={
            "name": organisation.contact_name or organisation.legal_name,
            "organisation": organisation.business_name or organisation.legal_name,
            **values,
        },
        wording=OURS,
        happenings=happenings,
    )


ABOUT_ENDPOINTS = (MessageKind.WEBHOOK_FAILING, MessageKind.WEBHOOK_DISABLED)
Told = tuple[Mapping[str, str], Sequence[Happening]]


def _endpoint(session: Session, message: Message, lang: str) -> Told | None:
    """What became of an endpoint, as long as it is still so."""
    event = session.get_one(Event, message.event_id)
    endpoint = session.get(Endpoint, event.endpoint_id)
    if endpoint is None or endpoint.deleted_at is not None or not _still_so(message.kind, endpoint):
        return None
    instants = {name: datetime.fromisoformat(text) for name, text in event.extra.items()}
    # Of an address only the host: what stands behind it may be a secret.
    named = {"endpoint": endpoint.description or str(endpoint.id), "host": urlsplit(endpoint.url).hostname or ""}
    return named | {name: format_instant(at, timezone="UTC", lang=lang) for name, at in instants.items()}, ()


def _still_so(kind: MessageKind, endpoint: Endpoint) -> bool:
    if kind is MessageKind.WEBHOOK_DISABLED:
        return endpoint.state is EndpointState.DISABLED
    return endpoint.receives and endpoint.failing_since is not None


def _events(session: Session, message: Message, lang: str) -> Told | None:
    """What happened: one event, or all of a digest's time, within what the organisation may see now."""
    organisation = session.get_one(Organisation, message.organisation_id)
    which = [policies.concerning_events(as_reader(session, organisation))]
    if message.kind is MessageKind.NOTICE:
        which.append(Event.id == message.event_id)
    else:
        which += [Event.recorded_at >= message.since, Event.recorded_at < message.until]
    found = session.scalars(select(Event).where(*which).order_by(Event.position).limit(MOST_LINES)).all()
    if not found:
        return None
    count = session.scalar(select(func.count()).select_from(Event).where(*which)) or 0
    more = count - len(found)
    return {"more": str(more) if more else ""}, _happenings(session, found, lang)


def _happenings(session: Session, events: Sequence[Event], lang: str) -> tuple[Happening, ...]:
    calls = select(Call.id, Call.title).where(Call.id.in_({event.call_id for event in events} - {None}))
    titles = {row.id: row.title for row in session.execute(calls)}
    about = {event.resource_id for event in events}
    named = session.execute(select(Application.id, Application.reference).where(Application.id.in_(about)))
    references = {row.id: row.reference for row in named}
    return tuple(
        Happening(
            event.type.value,
            localise(titles.get(event.call_id, {}), lang),
            references.get(event.resource_id, "" if event.resource_type == "call" else str(event.resource_id)),
        )
        for event in events
    )
