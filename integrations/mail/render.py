"""A message as mail: words out of a template, values in their places, headers around them. Pure.

Templates are templates/<kind>/<language>.txt: a line `Subject: …`, an empty line, the text, with placeholders such as
{reference}. A line in which a placeholder has no value is left out. Serbian is written in Cyrillic, Latin is derived.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import idna

from domain.config import MailServer
from domain.languages import localise
from domain.models.messages import MessageKind
from domain.services.message_contents import Contents, Happening
from domain.services.message_words import OURS, PLACEHOLDER, Wording

TEMPLATES = Path(__file__).parent / "templates"
SUBJECT = "Subject: "
MAILBOX = re.compile(r"[!#-'*+/-9=?A-Z^-~-]+(\.[!#-'*+/-9=?A-Z^-~-]+)*", re.ASCII)  # RFC 5321's dot-string
LONGEST_SUBJECT = 200  # characters; a call's title may have 300, and no reader shows so many


class BadAddress(Exception):
    """No mail server would take this address."""


class Words(NamedTuple):
    """A message before it is addressed."""

    lang: str
    subject: str
    text: str


class Letter(NamedTuple):
    """A message ready for the mail server: the envelope's two addresses, and what is in it."""

    sender: str
    recipient: str
    content: bytes


def words(kind: MessageKind, lang: str, values: Mapping[str, str], own: Wording = OURS) -> Words:
    """What a message says in the nearest language that it is written in: the call's own words go before ours."""
    written = templates(kind)
    subject = localise({tag: one.subject for tag, one in written.items()} | dict(own.subject), lang)
    text = localise({tag: one.text for tag, one in written.items()} | dict(own.body), lang)
    return Words(lang, _one_line(filled(subject, values))[:LONGEST_SUBJECT], filled(text, values))


def said(contents: Contents) -> Words:
    """What a message says."""
    told = [happened(one, contents.lang) for one in contents.happenings]
    values = {**({"lines": "\n".join(told)} if told else {}), **_single(contents), **contents.values}
    return words(contents.kind, contents.lang, values, contents.wording)


def happened(one: Happening, lang: str) -> str:
    """One event in a line."""
    return "- " + ", ".join(filter(None, (sentence(one.type, lang), one.call, one.reference)))


def sentence(event_type: str, lang: str) -> str:
    """What kind of event happened; by its name where it has no words yet."""
    return localise({tag: one[event_type] for tag, one in sentences().items() if event_type in one}, lang) or event_type


@lru_cache(maxsize=1)
def sentences() -> Mapping[str, Mapping[str, str]]:
    """What happened, by type of event, in each language: lines such as `call.opened: A call has opened`."""
    return {path.stem: dict(_pairs(path)) for path in sorted((TEMPLATES / "events").glob("*.txt"))}


def _pairs(path: Path) -> Iterator[tuple[str, str]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        name, _, text = line.partition(": ")
        yield name, text


def _single(contents: Contents) -> dict[str, str]:
    """What a notice of a single event speaks of."""
    if not contents.happenings:
        return {}
    one = contents.happenings[0]
    return {"what": sentence(one.type, contents.lang), "call": one.call, "reference": one.reference}


@lru_cache(maxsize=64)
def templates(kind: MessageKind) -> Mapping[str, Words]:
    """What a message says, in each language that it is written in."""
    return {path.stem: _parsed(path) for path in sorted((TEMPLATES / kind.value).glob("*.txt"))}


def _parsed(path: Path) -> Words:
    first, _, text = path.read_text(encoding="utf-8").partition("\n\n")
    assert first.startswith(SUBJECT), f"{path} must begin with {SUBJECT!r} and an empty line after it"
    return Words(path.stem, first.removeprefix(SUBJECT).strip(), text)


def filled(template: str, values: Mapping[str, str]) -> str:
    """A template with its values in place, without the lines that have none, and without the gaps that those leave."""
    lines = [line for line in template.splitlines() if all(values.get(name) for name in PLACEHOLDER.findall(line))]
    text = PLACEHOLDER.sub(lambda match: values[match[1]], "\n".join(lines))
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def letter(contents: Contents, *, message_id: UUID, server: MailServer, at: datetime) -> Letter:
    """A message as it goes out at this moment. Its Message-ID is the same at every attempt."""
    spoken = said(contents)
    recipient = in_ascii(contents.address)
    mail = EmailMessage(policy=SMTP)
    mail["Date"] = format_datetime(at)
    mail["From"] = Address(_one_line(server.sender_name), addr_spec=server.sender)
    mail["To"] = Address(_one_line(contents.name), addr_spec=recipient)
    if contents.reply_to:
        mail["Reply-To"] = Address(addr_spec=in_ascii(contents.reply_to))
    mail["Subject"] = spoken.subject
    mail["Message-ID"] = f"<{message_id}@{server.sender.rpartition('@')[2]}>"
    # RFC 3834: nobody's holiday notice answers it.
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(spoken.text)
    mail["Content-Language"] = spoken.lang
    return Letter(server.sender, recipient, mail.as_bytes())


def in_ascii(address: str) -> str:
    """The address with its host as the DNS has it. Raises BadAddress where no mail server would take it."""
    local, _, host = address.rpartition("@")
    # Letters beyond ASCII before the @ take SMTPUTF8 (RFC 6531) at every server on the way.
    if not MAILBOX.fullmatch(local):
        raise BadAddress(local)
    try:
        return f"{local}@{host if host.isascii() else idna.encode(host, uts46=True).decode()}"
    except UnicodeError as error:
        raise BadAddress(host) from error


def _one_line(text: str) -> str:
    """A text for a header: whatever would begin another one is a space."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
