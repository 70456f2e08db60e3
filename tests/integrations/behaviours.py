"""What receivers do, as a table: each row is one way to answer a delivery, and what the log then says about it."""

import gzip
import zlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import repeat
from ssl import SSLSocket, TLSVersion
from typing import NamedTuple

from cryptography.x509.oid import ExtendedKeyUsageOID

from integrations.webhooks.retries import Verdict
from tests.integrations.receiver import Behaviour, Hangup, Line, reply
from tests.integrations.sending import NAME
from tests.integrations.tls import (
    Context,
    any_key,
    knows_no_common_cipher,
    only,
    prefers_h2,
    shows,
    wants_a_certificate,
)

DELIVERED, RETRY, GONE = Verdict.DELIVERED, Verdict.RETRY, Verdict.GONE
KIB = 1024


class Case(NamedTuple):
    """One behaviour, and what the log says: the status and the error class shown, and what is done about it."""

    name: str
    does: Behaviour
    status: int | None
    error: str | None = None
    verdict: Verdict = RETRY


def says(*pieces: bytes) -> Behaviour:
    """Say this, and wait for the next request."""
    return lambda line, _: line.say(*pieces)


def leaves(*pieces: bytes) -> Behaviour:
    """Say this, and hang up."""

    def behaviour(line: Line, _: str) -> None:
        line.say(*pieces)
        raise Hangup

    return behaviour


def resets(*pieces: bytes) -> Behaviour:
    """Say this, let it arrive, and end the connection with a reset."""

    def behaviour(line: Line, _: str) -> None:
        line.say(*pieces)
        line.wait(0.05)
        line.reset()

    return behaviour


def stalls(*pieces: bytes) -> Behaviour:
    """Say this, and then nothing more."""

    def behaviour(line: Line, _: str) -> None:
        line.say(*pieces)
        line.wait(3600)

    return behaviour


def drips(head: bytes, drops: Callable[[], Iterator[bytes]]) -> Behaviour:
    """Say the head at once, and then drop by drop, each long before anybody would call the line dead."""

    def behaviour(line: Line, _: str) -> None:
        line.say(head)
        line.drip(drops())

    return behaviour


def floods(head: bytes, piece: bytes) -> Behaviour:
    """Say the head, and then the same piece for ever, as fast as it is read."""

    def behaviour(line: Line, _: str) -> None:
        line.say(head)
        for one in repeat(piece):
            line.say(one)

    return behaviour


def bids_farewell(*pieces: bytes) -> Behaviour:
    """Say this, and end TLS as it should be ended."""

    def behaviour(line: Line, _: str) -> None:
        line.say(*pieces)
        if isinstance(line.socket, SSLSocket):
            line.socket.unwrap()
        raise Hangup

    return behaviour


def hears(size: int, then: Behaviour) -> Behaviour:
    """For a greeting: read so many bytes of whatever comes, and then do as told."""

    def behaviour(line: Line, argument: str) -> None:
        line.socket.recv(size)
        then(line, argument)

    return behaviour


def bytewise(text: bytes) -> Callable[[], Iterator[bytes]]:
    """The text in drops of one byte."""
    return lambda: (text[place : place + 1] for place in range(len(text)))


def endlessly(drop: bytes) -> Callable[[], Iterator[bytes]]:
    """The same drop, for ever."""
    return lambda: repeat(drop)


def head(first: str, *lines: str) -> bytes:
    """A reply's head: the status line, without the version, and header lines."""
    return "\r\n".join((f"HTTP/1.1 {first}", *lines, "", "")).encode("latin-1")


def chunked(*chunks: bytes, end: bytes = b"0\r\n\r\n", status: str = "200 OK") -> bytes:
    """A reply in chunks."""
    body = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    return head(status, "Transfer-Encoding: chunked") + body + end


def zeros(size: int) -> bytes:
    """So many zeros, packed by gzip to a thousandth."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return packer.compress(bytes(size)) + packer.flush()


def many_headers(count: int, *, size: int) -> bytes:
    """A head with many headers of some size each."""
    return head("200 OK", *(f"X-{number}: {'a' * size}" for number in range(count)), "Content-Length: 0")


BOMB = zeros(20_000_000)
OK = head("200 OK", "Content-Length: 2") + b"ok"
OK_UNTIL_CLOSE = head("200 OK", "Connection: close")
OK_IN_CHUNKS = head("200 OK", "Transfer-Encoding: chunked")
HINTS = head("103 Early Hints", "Link: </a>; rel=preload")
CONTINUE = head("100 Continue")
H2_SETTINGS = bytes.fromhex("000012040000000000 000300000080 000400010000 00050000ffff".replace(" ", ""))

STATUSES = (
    Case("200 with a body", says(OK), 200, verdict=DELIVERED),
    Case("200 with an empty body", says(reply(200)), 200, verdict=DELIVERED),
    Case("201", says(reply(201, b"{}")), 201, verdict=DELIVERED),
    Case("202", says(reply(202)), 202, verdict=DELIVERED),
    Case("204", says(head("204 No Content")), 204, verdict=DELIVERED),
    Case("204 with a body", says(head("204 No Content", "Content-Length: 5") + b"hello"), 204, verdict=DELIVERED),
    Case("204 that is chunked", says(chunked(b"hello", status="204 No Content")), 204, verdict=DELIVERED),
    Case("205", says(reply(205)), 205, verdict=DELIVERED),
    Case("206", says(reply(206, b"he")), 206, verdict=DELIVERED),
    Case("299", says(reply(299)), 299, verdict=DELIVERED),
    Case("200 that says error in its body", says(reply(200, b'{"error":"no"}')), 200, verdict=DELIVERED),
    *(Case(f"{one}", says(reply(one, b"no")), one) for one in (400, 401, 403, 404, 405, 408, 409, 413, 415, 421, 422)),
    Case("410", says(reply(410)), 410, verdict=GONE),
    Case("410 with an endless body", floods(head("410 Gone"), b"a" * 8192), 410, verdict=GONE),
    Case("410 whose body breaks off", leaves(head("410 Gone", "Content-Length: 9"), b"go"), 410, "disconnected"),
    *(Case(f"{one}", says(reply(one, b"no")), one) for one in (425, 429, 431, 451, 500, 501, 502, 503, 504, 505, 511)),
    Case("599", says(reply(599)), 599),
    Case("600", says(reply(600)), 600),
    Case("999", says(reply(999)), 999),
    Case("401 that asks for a password", says(reply(401, WWW_Authenticate='Basic realm="x"')), 401),
    Case("401 that asks for NTLM", says(reply(401, WWW_Authenticate="NTLM")), 401),
    Case("407 as if we had a proxy", says(reply(407, Proxy_Authenticate='Basic realm="x"')), 407),
    Case("426 that asks for HTTP/2", says(reply(426, Upgrade="h2c", Connection="Upgrade")), 426),
)

REDIRECTS = (
    *(Case(f"{one} to another path", says(reply(one, Location="/elsewhere")), one) for one in range(300, 309)),
    Case("302 to another host", says(reply(302, Location="https://elsewhere.example.org/")), 302),
    Case("302 to ourselves", says(reply(302, Location="http://127.0.0.1:8000/v1/webhooks")), 302),
    Case("302 to the host's metadata", says(reply(302, Location="http://169.254.169.254/latest/meta-data/")), 302),
    Case("302 to a file", says(reply(302, Location="file:///etc/passwd")), 302),
    Case("302 to nowhere", says(reply(302)), 302),
    Case(
        "302 to two places",
        says(head("302 Found", "Location: /a", "Location: /b", "Content-Length: 0")),
        None,
        "protocol",
    ),
    Case(
        "302 with a line end in its target",
        says(head("302 Found", "Location: /a\rX: y", "Content-Length: 0")),
        None,
        "protocol",
    ),
    Case("304 with a body", says(head("304 Not Modified", "Content-Length: 5") + b"hello"), 304),
    Case("200 that asks for a refresh", says(reply(200, Refresh="0; url=/elsewhere")), 200, verdict=DELIVERED),
    Case("200 that names another service", says(reply(200, Alt_Svc='h2="127.0.0.1:9"')), 200, verdict=DELIVERED),
)

INTERIM = (
    Case("100 and then 200", says(CONTINUE + OK), 200, verdict=DELIVERED),
    Case("102 and then 200", says(head("102 Processing") + OK), 200, verdict=DELIVERED),
    Case("103 and then 200", says(HINTS + OK), 200, verdict=DELIVERED),
    Case("103 and then 503", says(HINTS + reply(503)), 503),
    Case("twenty times 103 and then 200", says(HINTS * 20 + OK), 200, verdict=DELIVERED),
    Case("100 and then nothing", stalls(CONTINUE), None, "timeout"),
    Case("100 and then the end", leaves(CONTINUE), None, "disconnected"),
    Case("100 with a body", says(head("100 Continue", "Content-Length: 2") + b"ok" + OK), None, "protocol"),
    Case("100 dripped for ever", drips(b"", endlessly(CONTINUE)), None, "timeout"),
    Case("103 for ever", floods(b"", HINTS), None, "too_large"),
    Case("101", stalls(head("101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade")), None, "timeout"),
    Case("101 and the end", leaves(head("101 Switching Protocols", "Upgrade: h2c")), None, "disconnected"),
    Case("199 and then 200", says(head("199 Soon") + OK), 200, verdict=DELIVERED),
)

LENGTHS = (
    Case("a body until the end", leaves(OK_UNTIL_CLOSE, b"ok"), 200, verdict=DELIVERED),
    Case("no body until the end", leaves(OK_UNTIL_CLOSE), 200, verdict=DELIVERED),
    Case("a body that stops and no end", stalls(OK_UNTIL_CLOSE, b"ok"), 200, "timeout"),
    Case(
        "fewer bytes than announced", leaves(head("200 OK", "Content-Length: 100"), b"only this"), 200, "disconnected"
    ),
    Case("more bytes than announced", says(head("200 OK", "Content-Length: 2") + b"okay"), 200, verdict=DELIVERED),
    Case("a length below zero", says(head("200 OK", "Content-Length: -2") + b"ok"), None, "protocol"),
    Case("a length of thirty digits", stalls(head("200 OK", f"Content-Length: {'9' * 30}")), 200, "timeout"),
    Case("a length in words", stalls(head("200 OK", "Content-Length: two"), b"ok"), None, "protocol"),
    Case("one length twice", says(head("200 OK", *["Content-Length: 2"] * 2) + b"ok"), 200, verdict=DELIVERED),
    Case("two lengths", stalls(head("200 OK", "Content-Length: 2", "Content-Length: 9") + b"ok"), None, "protocol"),
    Case("a long body", says(reply(200, b"a" * 60 * KIB)), 200, verdict=DELIVERED),
    Case("a body above the bound", says(reply(200, b"a" * 70 * KIB)), 200, verdict=DELIVERED),
    Case(
        "an announced gigabyte", floods(head("200 OK", f"Content-Length: {10**9}"), b"a" * 8192), 200, verdict=DELIVERED
    ),
    Case("an endless body", floods(OK_UNTIL_CLOSE, b"a" * 8192), 200, verdict=DELIVERED),
    Case("an endless body with 500", floods(head("500 Oh no"), b"a" * 8192), 500),
    Case(
        "a body dripped in time", drips(head("200 OK", "Content-Length: 5"), bytewise(b"hello")), 200, verdict=DELIVERED
    ),
    Case("a body dripped for ever", drips(OK_UNTIL_CLOSE, endlessly(b"a")), 200, "timeout"),
    Case("a reply dripped in time", drips(b"HTTP/1.1 20", bytewise(b"4\r\n\r\n")), 204, verdict=DELIVERED),
)

CHUNKS = (
    Case("chunks", says(chunked(b"hello", b"there")), 200, verdict=DELIVERED),
    Case("chunks with extensions", says(OK_IN_CHUNKS + b"2;a=b\r\nok\r\n0;c\r\n\r\n"), 200, verdict=DELIVERED),
    Case("chunks with trailers", says(chunked(b"ok", end=b"0\r\nX-Sum: 1\r\n\r\n")), 200, verdict=DELIVERED),
    Case(
        "chunks and a length",
        says(head("200 OK", "Content-Length: 99", "Transfer-Encoding: chunked") + b"0\r\n\r\n"),
        200,
        verdict=DELIVERED,
    ),
    Case("chunks without the last one", leaves(chunked(b"hello", end=b"")), 200, "disconnected"),
    Case("chunks and then nothing", stalls(chunked(b"hello", end=b"")), 200, "timeout"),
    Case("chunks dripped for ever", drips(OK_IN_CHUNKS, endlessly(b"1\r\na\r\n")), 200, "timeout"),
    Case("chunks for ever", floods(OK_IN_CHUNKS, b"400\r\n" + b"a" * KIB + b"\r\n"), 200, verdict=DELIVERED),
    Case("a chunk's size in no digits", says(OK_IN_CHUNKS + b"zz\r\nhello\r\n0\r\n\r\n"), 200, "protocol"),
    Case("a chunk's size below zero", says(OK_IN_CHUNKS + b"-5\r\nhello\r\n0\r\n\r\n"), 200, "protocol"),
    Case("a chunk's size beyond all", says(OK_IN_CHUNKS + b"f" * 40 + b"\r\nhello\r\n"), 200, "protocol"),
    Case("a chunk's size for ever", floods(OK_IN_CHUNKS, b"0" * KIB), 200, "protocol"),
    Case("a chunk longer than it says", says(OK_IN_CHUNKS + b"2\r\nhello\r\n0\r\n\r\n"), 200, "protocol"),
    Case("a chunk cut off", leaves(OK_IN_CHUNKS + b"64\r\nhello"), 200, "disconnected"),
    Case("an extension for ever", floods(OK_IN_CHUNKS + b"2;", b"a" * KIB), 200, "timeout"),
    Case("trailers for ever", floods(OK_IN_CHUNKS + b"0\r\n", b"X-Sum: 1\r\n"), 200, "too_large"),
    Case("trailers dripped for ever", drips(OK_IN_CHUNKS + b"0\r\n", endlessly(b"X: 1\r\n")), 200, "timeout"),
)

PACKED = (
    Case("gzip", says(reply(200, gzip.compress(b"ok"), Content_Encoding="gzip")), 200, verdict=DELIVERED),
    Case("a bomb of gzip", says(reply(200, BOMB, Content_Encoding="gzip")), 200, verdict=DELIVERED),
    Case(
        "gzip ten times over", says(reply(200, b"x", Content_Encoding=", ".join(["gzip"] * 10))), 200, verdict=DELIVERED
    ),
    Case("gzip for ever", floods(head("200 OK", "Content-Encoding: gzip"), BOMB), 200, verdict=DELIVERED),
    Case("no gzip after all", says(reply(200, b"ok", Content_Encoding="gzip")), 200, verdict=DELIVERED),
    Case("brotli", says(reply(200, b"\x0b\x00\x80ok\x03", Content_Encoding="br")), 200, verdict=DELIVERED),
    Case("an unknown encoding", says(reply(200, b"ok", Content_Encoding="own")), 200, verdict=DELIVERED),
    Case(
        "gzip as a transfer encoding",
        says(head("200 OK", "Transfer-Encoding: gzip, chunked") + b"0\r\n\r\n"),
        None,
        "protocol",
    ),
    Case("an unknown transfer encoding", says(head("200 OK", "Transfer-Encoding: own") + b"ok"), None, "protocol"),
)

HEADS = (
    Case("sixty kibibytes of head", says(many_headers(60, size=1000)), 200, verdict=DELIVERED),
    Case("seventy kibibytes of head", says(many_headers(70, size=1000)), None, "too_large"),
    Case("a head without end", floods(b"HTTP/1.1 200 OK\r\n", b"X-Many: " + b"a" * 1000 + b"\r\n"), None, "too_large"),
    Case("a header of a megabyte", stalls(head("200 OK", "X: " + "a" * KIB * KIB)), None, "too_large"),
    Case("a header without end", floods(b"HTTP/1.1 200 OK\r\nX: ", b"a" * KIB), None, "too_large"),
    Case("a thousand small headers", says(many_headers(1000, size=1)), 200, verdict=DELIVERED),
    Case("five thousand small headers", says(many_headers(5000, size=1)), None, "too_large"),
    Case("a header dripped for ever", drips(b"HTTP/1.1 200 OK\r\nX: ", endlessly(b"a")), None, "timeout"),
    Case("headers dripped for ever", drips(b"HTTP/1.1 200 OK\r\n", endlessly(b"X: a\r\n")), None, "timeout"),
    Case("a folded header", says(head("200 OK", "X: a", "  b", "Content-Length: 0")), 200, verdict=DELIVERED),
    Case("a header without a colon", says(head("200 OK", "nonsense", "Content-Length: 0")), None, "protocol"),
    Case("a header without a name", says(head("200 OK", ": nobody", "Content-Length: 0")), 200, verdict=DELIVERED),
    Case("a space before the colon", says(head("200 OK", "X : a", "Content-Length: 0")), 200, verdict=DELIVERED),
    Case("a NUL in a header", says(head("200 OK", "X: a\0b", "Content-Length: 0")), None, "protocol"),
    Case(
        "letters outside ASCII in a header", says(head("200 OK", "X: é", "Content-Length: 0")), 200, verdict=DELIVERED
    ),
    Case("line ends of one byte", says(b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok"), 200, verdict=DELIVERED),
    Case("line ends of the other byte", stalls(b"HTTP/1.1 200 OK\rContent-Length: 2\r\rok"), None, "timeout"),
    Case("a cookie of three kibibytes", says(reply(200, Set_Cookie="a=" + "b" * 3 * KIB)), 200, verdict=DELIVERED),
)

FIRST_LINES = (
    Case("no reason phrase", says(b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"), 200, verdict=DELIVERED),
    Case("HTTP/1.0", leaves(b"HTTP/1.0 200 OK\r\n\r\nok"), 200, verdict=DELIVERED),
    Case(
        "HTTP/1.0 that stays",
        says(b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok"),
        200,
        verdict=DELIVERED,
    ),
    Case("HTTP/0.9", leaves(b"<html>ok</html>"), None, "protocol"),
    Case("HTTP/1.2", says(OK.replace(b"HTTP/1.1", b"HTTP/1.2")), None, "protocol"),
    Case("HTTP/2 in words", says(OK.replace(b"HTTP/1.1", b"HTTP/2")), None, "protocol"),
    Case("HTTP/2 in frames", stalls(H2_SETTINGS), None, "protocol"),
    Case("HTTP/2's preface", stalls(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), None, "protocol"),
    Case("HTTP/3", says(OK.replace(b"HTTP/1.1", b"HTTP/3")), None, "protocol"),
    Case("small letters", leaves(OK.replace(b"HTTP", b"http")), None, "protocol"),
    Case("ICY", leaves(b"ICY 200 OK\r\nContent-Length: 0\r\n\r\n"), None, "protocol"),
    Case("a status of two digits", leaves(head("20 OK", "Content-Length: 0")), None, "protocol"),
    Case("a status of four digits", leaves(head("2000 OK", "Content-Length: 0")), None, "protocol"),
    Case("a status below zero", leaves(head("-1 OK", "Content-Length: 0")), None, "protocol"),
    Case("a status of nought", leaves(head("000 OK", "Content-Length: 0")), None, "protocol"),
    Case("a status in words", leaves(head("OK", "Content-Length: 0")), None, "protocol"),
    Case("an empty line first", leaves(b"\r\n" + OK), None, "protocol"),
    Case("a space first", leaves(b" " + OK), None, "protocol"),
    Case("a mail server", leaves(b"220 mail.example.org ESMTP\r\n"), None, "protocol"),
    Case("a secure shell", stalls(b"SSH-2.0-OpenSSH_9.2\r\n"), None, "protocol"),
    Case("noise", leaves(bytes(range(256))), None, "protocol"),
    Case("noise for ever", floods(b"", bytes(range(256)) * 4), None, "protocol"),
    Case("a first line without end", floods(b"HTTP/1.1 200 ", b"a" * KIB), None, "too_large"),
    Case("a first line dripped for ever", drips(b"HTTP/1.1 200 ", endlessly(b"a")), None, "timeout"),
    Case("our request said back", leaves(b"POST /ok HTTP/1.1\r\nContent-Length: 0\r\n\r\n"), None, "protocol"),
)

BREAKS = (
    Case("silence", stalls(), None, "timeout"),
    Case("silence after the first line", stalls(b"HTTP/1.1 200 OK\r\n"), None, "timeout"),
    Case("silence within a header", stalls(b"HTTP/1.1 200 OK\r\nX: "), None, "timeout"),
    Case("silence after the head", stalls(head("200 OK", "Content-Length: 5")), 200, "timeout"),
    Case("silence within the body", stalls(head("200 OK", "Content-Length: 5"), b"hel"), 200, "timeout"),
    Case("the end without a word", leaves(), None, "disconnected"),
    Case("the end after the first line", leaves(b"HTTP/1.1 200 OK\r\n"), None, "disconnected"),
    Case("the end within a header", leaves(b"HTTP/1.1 200 OK\r\nX: "), None, "disconnected"),
    Case("the end after the head", leaves(head("200 OK", "Content-Length: 5")), 200, "disconnected"),
    Case("a reset without a word", resets(), None, "disconnected"),
    Case("a reset within the first line", resets(b"HTTP/1.1 20"), None, "disconnected"),
    Case("a reset within the head", resets(b"HTTP/1.1 200 OK\r\nX: "), None, "disconnected"),
    Case("a reset after the head", resets(head("200 OK", "Content-Length: 5")), 200, "disconnected"),
    Case("a reset within the body", resets(head("200 OK", "Content-Length: 5"), b"hel"), 200, "disconnected"),
    Case("a reset within a chunk", resets(OK_IN_CHUNKS + b"64\r\nhello"), 200, "disconnected"),
    Case("a reset at the end of a body without length", resets(OK_UNTIL_CLOSE, b"ok"), 200, "disconnected"),
    Case("a reset after a whole reply", resets(OK), 200, verdict=DELIVERED),
)

# Done to whoever connects, before anything was read.
GREETINGS = (
    Case("hung up on at once", leaves(), None, "disconnected"),
    Case("reset at the first byte", hears(1, resets()), None, "disconnected"),
    Case("never read", stalls(), None, "timeout"),
    Case("a reply before the request", leaves(OK), 200, verdict=DELIVERED),
    Case("read a little and hung up on", hears(20, leaves()), None, "disconnected"),
    Case("read a little and reset", hears(20, resets()), None, "disconnected"),
    Case("read a little and left waiting", hears(20, stalls()), None, "timeout"),
    Case("answered 413 in the midst and hung up on", hears(20, leaves(reply(413, Connection="close"))), 413),
)

# Done to whoever connects and wants to speak TLS.
HANDSHAKES = (
    Case("silence instead of a handshake", stalls(), None, "connect"),
    Case("the end instead of a handshake", hears(4096, leaves()), None, "tls"),
    Case("a reset instead of a handshake", hears(4096, resets()), None, "tls"),
    Case("plain HTTP instead of a handshake", hears(4096, leaves(OK)), None, "tls"),
    Case("noise instead of a handshake", hears(4096, leaves(bytes(range(256)))), None, "tls"),
    Case("noise for ever instead of a handshake", floods(b"", bytes(range(256))), None, "tls"),
    Case("half a handshake", hears(4096, stalls(bytes.fromhex("160303007a020000760303"))), None, "connect"),
    Case("an alert: handshake failure", hears(4096, leaves(bytes.fromhex("15030300020228"))), None, "tls"),
    Case("an alert: unknown name", hears(4096, leaves(bytes.fromhex("15030300020270"))), None, "tls"),
    Case("warnings for ever", hears(4096, floods(b"", bytes.fromhex("15030300020170") * 100)), None, "tls"),
)


class Secured(NamedTuple):
    """What a receiver shows before it speaks HTTP, which it then does as it should unless told."""

    name: str
    tls: Context
    status: int | None
    error: str | None = None
    verdict: Verdict = RETRY
    does: Behaviour = says(OK)


GOOD = shows(NAME)
CERTIFICATES = (
    Secured("a good certificate", GOOD, 200, verdict=DELIVERED),
    Secured("a certificate for all beside", shows("*.example.org"), 200, verdict=DELIVERED),
    Secured("a certificate for all below", shows(f"*.{NAME}"), None, "tls"),
    Secured("a certificate for the whole country", shows("*.org"), None, "tls"),
    Secured("a certificate for all", shows("*"), None, "tls"),
    Secured("a certificate for another name", shows("other.example.org"), None, "tls"),
    Secured("a certificate for the address", shows("127.0.0.1"), None, "tls"),
    Secured("a certificate with its name where it stood of old", shows(common_name=NAME), 200, verdict=DELIVERED),
    Secured("a certificate that ended a minute ago", shows(NAME, expires_in=timedelta(minutes=-1)), None, "tls"),
    Secured("a certificate that begins in an hour", shows(NAME, begins_in=timedelta(hours=1)), None, "tls"),
    Secured("a certificate that it signed itself", shows(NAME, common_name=NAME, issuer=""), None, "tls"),
    Secured("a certificate of an unknown authority", shows(NAME, issuer="Somebody"), None, "tls"),
    Secured("a certificate for clients", shows(NAME, purpose=ExtendedKeyUsageOID.CLIENT_AUTH), None, "tls"),
    Secured("a key that can be guessed", shows(NAME, rsa_bits=1024, settle=any_key), None, "tls"),
    Secured("TLS 1.0", shows(NAME, settle=only(TLSVersion.TLSv1)), None, "tls"),
    Secured("TLS 1.1", shows(NAME, settle=only(TLSVersion.TLSv1_1)), None, "tls"),
    Secured("TLS 1.2", shows(NAME, settle=only(TLSVersion.TLSv1_2)), 200, verdict=DELIVERED),
    Secured("TLS 1.3", shows(NAME, settle=only(TLSVersion.TLSv1_3)), 200, verdict=DELIVERED),
    Secured("ciphers that hide nothing", shows(NAME, settle=knows_no_common_cipher), None, "tls"),
    Secured("a wish for our certificate", shows(NAME, settle=wants_a_certificate), None, "disconnected"),
    Secured("a liking for HTTP/2", shows(NAME, settle=prefers_h2), 200, verdict=DELIVERED),
    Secured("a body cut short over TLS", GOOD, 200, "disconnected", does=leaves(head("200 OK", "Content-Length: 9"))),
    Secured("a body without length cut short over TLS", GOOD, 200, "disconnected", does=leaves(OK_UNTIL_CLOSE, b"ok")),
    Secured("a body without length ended over TLS", GOOD, 200, verdict=DELIVERED, does=bids_farewell(OK_UNTIL_CLOSE)),
    Secured("a reset within the body over TLS", GOOD, 200, "disconnected", does=resets(OK_UNTIL_CLOSE)),
    Secured("an endless body over TLS", GOOD, 200, verdict=DELIVERED, does=floods(OK_UNTIL_CLOSE, b"a" * 8192)),
    Secured("silence after the handshake", GOOD, None, "timeout", does=stalls()),
)

SPOKEN = (*STATUSES, *REDIRECTS, *INTERIM, *LENGTHS, *CHUNKS, *PACKED, *HEADS, *FIRST_LINES, *BREAKS)
BEHAVIOURS: tuple[Case | Secured, ...] = (*SPOKEN, *GREETINGS, *HANDSHAKES, *CERTIFICATES)
