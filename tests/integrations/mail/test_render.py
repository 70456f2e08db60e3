"""Messages as mail: words, values, headers. Every kind in every language."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any
from uuid import UUID

import pytest

from domain.config import Encryption, MailServer
from domain.languages import CATALOGUES
from domain.models.events import EventType
from domain.models.messages import OUR_PLACEHOLDERS, PLACEHOLDERS, MessageKind
from domain.services.message_contents import Contents
from domain.services.message_words import OURS, PLACEHOLDER
from integrations.mail.render import BadAddress, filled, in_ascii, letter, sentence, sentences, templates, words

ID = UUID("01938f6e-5c00-7000-8000-000000000001")
AT = datetime(2026, 11, 28, 23, 0, tzinfo=UTC)
SERVER = MailServer("mail.test", 25, Encryption.NONE, None, None, "InterVET", "mobility@intervet.example")
WRITTEN = {"bs", "cnr", "en", "mk", "sq", "sr-Cyrl"}
SPOKEN_OF = {**PLACEHOLDERS, **OUR_PLACEHOLDERS}
CONTENTS = Contents(
    kind=MessageKind.SUBMITTED,
    lang="en",
    address="ana@example.org",
    name="Ana Petrović",
    reply_to="partner@example.org",
    values={name: f"<{name}>" for names in SPOKEN_OF.values() for name in names},
    wording=OURS,
)


def mail(**changes: Any) -> EmailMessage:
    """The mail of some contents, read as its recipient reads it."""
    made = letter(replace(CONTENTS, **changes), message_id=ID, server=SERVER, at=AT)
    return message_from_bytes(made.content, policy=default)  # type: ignore[return-value]


@pytest.mark.parametrize("kind", MessageKind)
def test_every_kind_is_written_in_every_language(kind: MessageKind) -> None:
    assert set(templates(kind)) == WRITTEN


@pytest.mark.parametrize("kind", MessageKind)
@pytest.mark.parametrize("lang", sorted(CATALOGUES))
def test_no_placeholder_is_left_in_it(kind: MessageKind, lang: str) -> None:
    said = words(kind, lang, CONTENTS.values)

    assert said.subject
    assert not set("{}") & set(said.subject + said.text)


@pytest.mark.parametrize("kind", MessageKind)
def test_the_languages_of_a_kind_speak_of_the_same_things(kind: MessageKind) -> None:
    spoken_of = {tag: set(PLACEHOLDER.findall(one.subject + one.text)) for tag, one in templates(kind).items()}

    assert set().union(*spoken_of.values()) <= set(SPOKEN_OF[kind])
    assert all(names == spoken_of["en"] for names in spoken_of.values())


@pytest.mark.parametrize("lang", sorted(CATALOGUES))
def test_every_event_has_words(lang: str) -> None:
    told = {kind: sentence(kind.value, lang) for kind in EventType if not kind.startswith("webhook.")}

    assert [kind for kind, said in told.items() if said == kind.value] == []
    assert {len(one) for one in sentences().values()} == {len(sentences()["en"])}


def test_serbian_in_latin_letters_is_derived_and_names_stay_as_they_are() -> None:
    said = words(MessageKind.SUBMITTED, "sr-Latn", {**CONTENTS.values, "name": "Ђорђе"})

    assert said.text.startswith("Dobar dan, Ђорђе,\n\nhvala Vam što ste se prijavili")


def test_a_line_without_a_value_is_left_out_with_the_gap_that_it_leaves() -> None:
    text = filled("One.\n\nBy {confirm_by}.\n\nTwo {name}.\n", {"confirm_by": "", "name": "Ana"})

    assert text == "One.\n\nTwo Ana.\n"


def test_a_value_is_no_template() -> None:
    assert filled("Dear {name},", {"name": "{reference} {0.__class__}", "reference": "A"}) == (
        "Dear {reference} {0.__class__},\n"
    )


def test_its_headers_say_what_it_is_and_from_whom() -> None:
    headers = {name: str(value) for name, value in mail().items()}

    assert headers == {
        "Date": "Sat, 28 Nov 2026 23:00:00 +0000",
        "From": "InterVET <mobility@intervet.example>",
        "To": "Ana Petrović <ana@example.org>",
        "Reply-To": "partner@example.org",
        "Subject": "We have received your application <reference>",
        "Message-ID": f"<{ID}@intervet.example>",
        "Auto-Submitted": "auto-generated",
        "Content-Type": 'text/plain; charset="utf-8"',
        "Content-Transfer-Encoding": "quoted-printable",
        "MIME-Version": "1.0",
        "Content-Language": "en",
    }


@pytest.mark.parametrize("lang", sorted(CATALOGUES))
def test_letters_of_every_language_arrive_as_they_were_written(lang: str) -> None:
    received = mail(lang=lang)

    said = words(MessageKind.SUBMITTED, lang, CONTENTS.values)
    assert (received["Subject"], received.get_content().replace("\r\n", "\n")) == (said.subject, said.text)


def test_only_ascii_goes_over_the_line() -> None:
    made = letter(replace(CONTENTS, lang="mk"), message_id=ID, server=SERVER, at=AT)

    assert made.content.isascii()


@pytest.mark.parametrize("line_break", ["\r\n", "\n", "\r", "\x85", "\u2028", "\x0b", "\x00"])
def test_nobody_adds_a_header_by_a_name_or_a_title(line_break: str) -> None:
    bad = f"Ana{line_break}Bcc: all@example.org"
    received = mail(name=bad, values={**CONTENTS.values, "reference": bad})

    assert (received["Bcc"], received["To"].addresses[0].display_name) == (None, "Ana Bcc: all@example.org")


def test_a_name_that_looks_like_an_address_is_none() -> None:
    received = mail(name='"Ana" <all@example.org>, other@example.org')

    assert [one.addr_spec for one in received["To"].addresses] == ["ana@example.org"]


def test_no_answer_is_asked_for_where_the_call_has_no_contact() -> None:
    assert "Reply-To" not in mail(reply_to=None)


def test_a_host_of_any_letters_is_written_as_the_dns_has_it() -> None:
    assert in_ascii("ana@škola.example") == "ana@xn--kola-f6a.example"


@pytest.mark.parametrize("address", ["ана@example.org", "a..b@example.org", "@example.org", "ana@-\u2028.example"])
def test_an_address_that_no_server_takes_is_refused(address: str) -> None:
    with pytest.raises(BadAddress):
        in_ascii(address)
