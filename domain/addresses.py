"""Which addresses of partners may be called: the pure half of the address guard.

The same rules are asked three times: when an endpoint is saved (`check_url`), when its name has been resolved, and
when the socket is about to connect (`may_connect`). Nothing here touches the network.
"""

import re
import unicodedata
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, quote, urlsplit

import idna

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Place = tuple[str, int]
"""An address and a port, such as where our own server or database listens."""

LONGEST_URL = 2000  # characters: what every server and proxy on the way takes, and what is kept
LONGEST_HOST = 253  # characters: RFC 1035, without the final dot
ALWAYS_OPEN_PORTS = frozenset({80, 443})
LAST_SYSTEM_PORT = 1024  # at or below it live mail, databases of names, remote shells
DEFAULT_PORTS = {"https": 443, "http": 80}

# https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry. Python's `is_global` alone
# is not enough: it passes 224.0.0.1, 64:ff9b::7f00:1, 2002:7f00:1::, ::127.0.0.1 and fec0::1.
CLOSED_V4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.31.196.0/24",
            "192.52.193.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "192.175.48.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
            "168.63.129.16/32",  # the host's side of every virtual machine at one large cloud; public by number only
        ),
    )
)
OPEN_V6 = IPv6Network("2000::/3")
CLOSED_V6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")))
LOOPBACK = (IPv4Address("127.0.0.1"), IPv6Address("::1"))

_UNFIT = re.compile(r"[\x00-\x20\x7f\\\ud800-\udfff]")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_VISIBLE_ASCII = "".join(map(chr, range(0x21, 0x7F)))


class AddressRefused(ValueError):
    """An address that we don't call. `detail` tells its owner what would work; `code` is stable."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class CheckedUrl:
    """A URL that passed; `url` is its canonical ASCII form, the only one that may be handed to a client.

    `host` is lower case, without brackets, encoded by IDNA; `address` is set when it is a literal address.
    """

    scheme: str
    host: str
    port: int
    url: str
    address: Address | None


def is_public(address: str | Address, *, allowed: tuple[Network, ...]) -> bool:
    """Whether the address is on the public internet, or in one of the operator's own networks.

    Mapped and scoped addresses never are, whatever the operator allows: they are another address in disguise.
    """
    parsed = _parsed(address)
    if parsed is None:
        return False
    return _is_within(parsed, allowed) or _is_open(parsed)


def may_connect(
    address: str | Address, port: int, *, allowed: tuple[Network, ...], own_places: frozenset[Place] = frozenset()
) -> bool:
    """Whether a socket may be connected there; inside the operator's own networks every port but our own is open."""
    parsed = _parsed(address)
    if parsed is None or (str(parsed), port) in own_places:
        return False
    return _is_within(parsed, allowed) or (_is_open(parsed) and _is_open_port(port))


def check_url(
    url: str,
    *,
    allow_http: bool,
    allowed_networks: tuple[Network, ...],
    own_places: frozenset[Place] = frozenset(),
) -> CheckedUrl:
    """Check everything about a URL that can be known without asking the network; raise AddressRefused.

    A name passes here and is checked again, with its port, once it has been resolved.
    """
    parts = _split(url)
    _check_scheme(parts.scheme, allow_http=allow_http)
    host = _host(parts)
    port = _port(parts)
    address = _literal(host)
    if address is not None:
        _check_literal(address, port, allowed=allowed_networks, own_places=own_places)
    else:
        _check_name(host, port, allowed=allowed_networks)
    return CheckedUrl(parts.scheme, host, port, _canonical(parts, host, port), address)


def _parsed(address: str | Address) -> Address | None:
    try:
        parsed = ip_address(address) if isinstance(address, str) else address
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address) and (parsed.ipv4_mapped or parsed.scope_id):
        return None
    return parsed


def _is_within(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks)


def _is_open(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return not _is_within(address, CLOSED_V4)
    return address in OPEN_V6 and not _is_within(address, CLOSED_V6)


def _is_open_port(port: int) -> bool:
    return port in ALWAYS_OPEN_PORTS or LAST_SYSTEM_PORT < port <= 65535


def _split(url: str) -> SplitResult:
    if len(url) > LONGEST_URL:
        raise AddressRefused("url_too_long", f"The address is longer than {LONGEST_URL} characters; use a shorter one.")
    # Looked for before parsing: urlsplit drops tabs and line ends, and the resolver reads no further than a NUL.
    if _UNFIT.search(url):
        raise AddressRefused(
            "url_characters", "The address holds a space, a control character or a backslash; percent-encode it."
        )
    if "#" in url:
        raise AddressRefused("url_fragment", "The address holds a #, which is never sent; leave that part out.")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise _malformed() from None
    if "@" in parts.netloc:
        raise AddressRefused(
            "url_credentials", "The address holds a user name or a password; leave them out and check our signature."
        )
    return parts


def _check_scheme(scheme: str, *, allow_http: bool) -> None:
    if scheme == "https" or (scheme == "http" and allow_http):
        return
    raise AddressRefused("url_scheme", "The address must begin with https://, so that nobody on the way can read it.")


def _port(parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise AddressRefused("port_refused", "The port must be a number from 1 to 65535; 443 is the usual one.")
    return port or DEFAULT_PORTS[parts.scheme]


def _host(parts: SplitResult) -> str:
    """The host in the one form used from here on: lower case, no brackets, no final dot, ASCII."""
    bracketed = re.fullmatch(r"\[([^\[\]]*)\](?::[0-9]*)?", parts.netloc)
    if bracketed:
        return _v6_host(bracketed.group(1))
    if "[" in parts.netloc or "]" in parts.netloc:  # Not every Python refuses these by itself.
        raise _malformed()
    written = parts.netloc.partition(":")[0].lower().removesuffix(".")
    if not written:
        raise AddressRefused("host_missing", "The address names no host; it must look like https://host/path.")
    host = written if written.isascii() else _encoded(written)
    if _NUMBER.fullmatch(host.rpartition(".")[2]):
        return _v4_host(host, parts.netloc)
    labels = host.split(".")
    if len(host) > LONGEST_HOST or not all(map(_LABEL.fullmatch, labels)):
        raise _unfit_host()
    for label in labels:
        _check_punycode(label)
    return host


def _v6_host(text: str) -> str:
    try:
        address = IPv6Address(text)
    except ValueError:
        raise _unfit_host() from None
    if address.scope_id:
        raise _not_public()
    return str(address)


def _v4_host(host: str, netloc: str) -> str:
    # 2130706433, 0x7f.1, 127.1 and circled digits all reach 127.0.0.1 in one resolver or another: only the plain
    # spelling, which has one meaning everywhere, gets through.
    try:
        address = IPv4Address(host)
    except ValueError:
        address = None
    if address is None or netloc.partition(":")[0] != str(address):
        raise AddressRefused(
            "host_numeric", "The host looks like a number; write a name, or four plain numbers such as 198.51.100.7."
        )
    return host


def _encoded(host: str) -> str:
    if any(not character.isascii() and character.isdigit() for character in host):
        raise AddressRefused("host_numeric", "The host holds unusual digits; write them as 0 to 9.")
    try:
        return idna.encode(unicodedata.normalize("NFC", host)).decode("ascii")
    except idna.IDNAError:
        raise _unfit_host() from None


def _check_punycode(label: str) -> None:
    if not label.startswith("xn--"):
        return
    try:
        idna.ulabel(label)
    except idna.IDNAError:
        raise _unfit_host() from None


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _check_literal(address: Address, port: int, *, allowed: tuple[Network, ...], own_places: frozenset[Place]) -> None:
    if not is_public(address, allowed=allowed) or (str(address), port) in own_places:
        raise _not_public()
    if not may_connect(address, port, allowed=allowed):
        raise _closed_port()


def _check_name(host: str, port: int, *, allowed: tuple[Network, ...]) -> None:
    # RFC 6761: these names are this machine, whatever a resolver says.
    if (host == "localhost" or host.endswith(".localhost")) and not any(_is_within(own, allowed) for own in LOOPBACK):
        raise _not_public()
    # Where the operator has networks of their own, the name may lie in one, and there every port is open.
    if not allowed and not _is_open_port(port):
        raise _closed_port()


def _canonical(parts: SplitResult, host: str, port: int) -> str:
    shown_host = f"[{host}]" if ":" in host else host
    shown_port = "" if port == DEFAULT_PORTS[parts.scheme] else f":{port}"
    query = f"?{parts.query}" if parts.query else ""
    # Only what is not ASCII is encoded: what the owner wrote otherwise is what their server expects to see.
    return f"{parts.scheme}://{shown_host}{shown_port}{quote((parts.path or '/') + query, safe=_VISIBLE_ASCII)}"


def _malformed() -> AddressRefused:
    return AddressRefused("url_malformed", "This is no address; it must look like https://host/path.")


def _unfit_host() -> AddressRefused:
    return AddressRefused("host_invalid", "The host is no valid name; it must look like hooks.example.org.")


def _not_public() -> AddressRefused:
    return AddressRefused(
        "address_not_public",
        "The address is not on the public internet; use one that is, or ask the operator to allow your network.",
    )


def _closed_port() -> AddressRefused:
    return AddressRefused(
        "port_refused", f"The port must be 443, 80 or above {LAST_SYSTEM_PORT}; move the receiver to one of those."
    )
