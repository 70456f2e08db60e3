"""The conversation with the mail server (RFC 5321), by the standard library's smtplib: one letter after the other."""

import re
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Timer
from typing import NamedTuple

import certifi

from domain.config import Encryption, MailServer
from integrations.mail.render import Letter

SILENCE_S = 20.0  # in which the server says nothing at all
LETTER_S = 60.0  # for one letter, or for the greeting, however slowly the server goes on speaking
# RFC 3463's status, at the beginning of what a server says; the rest may repeat the address.
STATUS = re.compile(rb"\s*([245]\.\d{1,3}\.\d{1,3})\b")


class Outcome(NamedTuple):
    """What became of a letter. `permanent` when it will never be taken, `unreachable` when no letter would be now."""

    sent: bool = False
    permanent: bool = False
    unreachable: bool = False
    code: int | None = None
    status: str | None = None
    error: str | None = None


class Mailbox:
    """Where letters go out. It keeps one connection for those that go at once; `close` it when there are no more."""

    def __init__(self, server: MailServer, *, ca_file: str | None = None, letter_s: float = LETTER_S) -> None:
        self.server, self.letter_s = server, letter_s
        self._tls = ssl.create_default_context(cafile=ca_file or certifi.where())
        self._smtp: smtplib.SMTP | None = None
        self._overtime = False

    def post(self, letter: Letter) -> Outcome:
        """Hand one letter over. Nothing is raised: what went wrong is a value."""
        try:
            with self._in_time():
                smtp = self._connected()
        except (smtplib.SMTPException, OSError) as error:
            self._hang_up()
            return self._failed(error)._replace(permanent=False, unreachable=True)
        try:
            with self._in_time():
                smtp.sendmail(letter.sender, [letter.recipient], letter.content)
        except (smtplib.SMTPException, OSError) as error:
            if not isinstance(error, smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError):
                self._hang_up()
            return self._failed(error)
        return Outcome(sent=True, code=250)

    def close(self) -> None:
        """Say goodbye, if there is anybody to say it to."""
        if self._smtp is not None:
            with suppress(smtplib.SMTPException, OSError), self._in_time():
                self._smtp.quit()
        self._hang_up()

    def _connected(self) -> smtplib.SMTP:
        """The conversation under way, or a new one: greeted, encrypted, logged in."""
        if self._smtp is not None and self._smtp.sock is not None:
            return self._smtp
        server = self.server
        if server.encryption is Encryption.TLS:
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(timeout=SILENCE_S, context=self._tls)
        else:
            smtp = smtplib.SMTP(timeout=SILENCE_S)
        self._smtp = smtp
        smtp._host = server.host  # type: ignore[attr-defined]  # noqa: SLF001  TLS is for this name; only the constructor keeps it, and it connects at once
        code, said = smtp.connect(server.host, server.port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, said)
        if server.encryption is Encryption.STARTTLS:
            smtp.starttls(context=self._tls)
        if server.user is not None and server.password is not None:
            smtp.login(server.user, server.password)
        return smtp

    @contextmanager
    def _in_time(self) -> Iterator[None]:
        """Cut the line when it takes too long: smtplib's own limit begins anew with every byte that comes."""
        self._overtime = False
        timer = Timer(self.letter_s, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _cut(self) -> None:
        self._overtime = True
        line = self._smtp.sock if self._smtp is not None else None
        if line is not None:
            with suppress(OSError):
                socket.socket.shutdown(line, socket.SHUT_RDWR)  # past TLS, which another thread is in the midst of

    def _hang_up(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()

    def _failed(self, error: Exception) -> Outcome:
        """What went wrong, in a word, and in the server's numbers."""
        match error:
            case smtplib.SMTPRecipientsRefused():
                found = _refused(*next(iter(error.recipients.values())))
            case smtplib.SMTPDataError():
                found = _refused(error.smtp_code, error.smtp_error)
            case smtplib.SMTPResponseException():  # It speaks of us, not of the letter: login, sender.
                found = _refused(error.smtp_code, error.smtp_error)._replace(permanent=False, unreachable=True)
            case TimeoutError():
                found = Outcome(error="timeout")
            case ssl.SSLError() | smtplib.SMTPNotSupportedError():
                found = Outcome(error="no_encryption", unreachable=True)
            case smtplib.SMTPServerDisconnected():
                found = Outcome(error="disconnected")
            case _:
                found = Outcome(error="no_connection")
        return Outcome(error="timeout") if self._overtime else found


def _refused(code: int, said: bytes | str) -> Outcome:
    status = STATUS.match(said if isinstance(said, bytes) else said.encode())
    found = status[1].decode() if status else None
    return Outcome(permanent=500 <= code < 600, code=code, status=found, error="refused")
