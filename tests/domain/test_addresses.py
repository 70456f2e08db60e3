"""The address guard's rules, as tables of what passes and what doesn't."""

from ipaddress import ip_address, ip_network

import pytest

from domain.addresses import (
    CLOSED_V4,
    CLOSED_V6,
    LONGEST_URL,
    AddressRefused,
    CheckedUrl,
    Network,
    Place,
    check_url,
    is_public,
    may_connect,
)

INTRANET = (ip_network("10.1.0.0/16"), ip_network("fd00:1::/32"))
LOOPBACK = (ip_network("127.0.0.0/8"),)


def refusal(
    url: str,
    *,
    allow_http: bool = False,
    allowed: tuple[Network, ...] = (),
    own_places: frozenset[Place] = frozenset(),
) -> str:
    """The code with which a URL is refused, or "" when it passes."""
    try:
        check_url(url, allow_http=allow_http, allowed_networks=allowed, own_places=own_places)
    except AddressRefused as refused:
        return refused.code
    return ""


@pytest.mark.parametrize("network", [*CLOSED_V4, *CLOSED_V6], ids=str)
def test_a_closed_network_is_closed_from_its_first_address_to_its_last(network: object) -> None:
    whole = ip_network(str(network))

    assert [is_public(whole[place], allowed=()) for place in (0, whole.num_addresses // 2, -1)] == [False] * 3


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "168.63.129.15",
        "168.63.129.17",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2001:200::1",
        "2001:db7:ffff::1",
        "2001:db9::1",
        "2003::1",
        "2606:4700::1111",
        "2a00:1450:4001::1",
        "3ffe:ffff::1",
    ],
)
def test_their_neighbours_are_public(address: str) -> None:
    assert is_public(address, allowed=()) is True


@pytest.mark.parametrize(
    "address",
    [
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:1.1.1.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "100::1",
        "2002:7f00:1::",
        "4000::1",
        "5f00::1",
        "fc00::1",
        "fd12::1",
        "fe80::1",
        "fe80::1%eth0",
        "2606:4700::1111%eth0",
        "fec0::1",
        "ff02::1",
        "255.255.255.255",
        "0177.0.0.1",
        "127.1",
        "2130706433",
        "example.org",
        "",
    ],
)
def test_whatever_else_is_not(address: str) -> None:
    assert is_public(address, allowed=()) is False


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("10.1.2.3", True),
        ("10.2.0.1", False),
        ("fd00:1::5", True),
        ("fd00:1::5%eth0", False),
        ("::ffff:10.1.2.3", False),
        ("1.1.1.1", True),
    ],
)
def test_the_operators_networks_are_as_good_as_public_but_not_in_disguise(address: str, *, expected: bool) -> None:
    assert is_public(address, allowed=INTRANET) is expected


def test_a_mapped_address_stays_closed_whatever_is_allowed() -> None:
    everything = (ip_network("0.0.0.0/0"), ip_network("::/0"))

    assert is_public(ip_address("::ffff:10.0.0.1"), allowed=everything) is False


@pytest.mark.parametrize(
    ("address", "port", "expected"),
    [
        ("1.1.1.1", 443, True),
        ("1.1.1.1", 80, True),
        ("1.1.1.1", 1025, True),
        ("1.1.1.1", 65535, True),
        ("1.1.1.1", 1024, False),
        ("1.1.1.1", 25, False),
        ("1.1.1.1", 0, False),
        ("10.1.2.3", 25, True),
        ("10.2.2.3", 443, False),
    ],
)
def test_a_socket_may_go_to_open_ports_and_inside_the_operators_networks_to_any(
    address: str, port: int, *, expected: bool
) -> None:
    assert may_connect(address, port, allowed=INTRANET) is expected


@pytest.mark.parametrize(("address", "port", "expected"), [("10.1.0.5", 5432, False), ("10.1.0.5", 5433, True)])
def test_our_own_places_stay_closed_there(address: str, port: int, *, expected: bool) -> None:
    assert may_connect(address, port, allowed=INTRANET, own_places=frozenset({("10.1.0.5", 5432)})) is expected


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("https://hooks.example.org", "https://hooks.example.org/"),
        ("HTTPS://Hooks.Example.ORG:443/In?a=1&b=%2F", "https://hooks.example.org/In?a=1&b=%2F"),
        ("https://hooks.example.org./x", "https://hooks.example.org/x"),
        ("https://hooks.example.org:8443/../x", "https://hooks.example.org:8443/../x"),
        ("https://intranet/x", "https://intranet/x"),
        ("https://my_service.example/x", "https://my_service.example/x"),
        ("https://r3---sn.example/", "https://r3---sn.example/"),
        ("https://škola.example/učenik?grad=Ниш", "https://xn--kola-f6a.example/u%C4%8Denik?grad=%D0%9D%D0%B8%D1%88"),
        ("https://образовање.срб/", "https://xn--80aabfqj0cdp9x.xn--90a3ac/"),
        ("https://1.1.1.1/", "https://1.1.1.1/"),
        ("https://[2606:4700:0:0::1111]:8443/", "https://[2606:4700::1111]:8443/"),
    ],
)
def test_a_good_url_has_one_canonical_form(url: str, canonical: str) -> None:
    assert check_url(url, allow_http=False, allowed_networks=()).url == canonical


def test_a_checked_url_names_its_parts() -> None:
    checked = check_url("https://Hooks.example.org:8443/x", allow_http=False, allowed_networks=())

    assert checked == CheckedUrl("https", "hooks.example.org", 8443, "https://hooks.example.org:8443/x", None)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://hooks.example.org/", "url_scheme"),
        ("ftp://hooks.example.org/", "url_scheme"),
        ("javascript:alert(1)", "url_scheme"),
        ("//hooks.example.org/", "url_scheme"),
        ("", "url_scheme"),
        ("https:///x", "host_missing"),
        ("https:hooks.example.org", "host_missing"),
        ("https://:443/", "host_missing"),
        ("https://./", "host_missing"),
        ("https://user@hooks.example.org/", "url_credentials"),
        ("https://user:password@hooks.example.org/", "url_credentials"),
        ("https://@hooks.example.org/", "url_credentials"),
        ("https://1.1.1.1@127.0.0.1/", "url_credentials"),
        ("https://hooks.example.org/#part", "url_fragment"),
        ("https://hooks.example.org/#", "url_fragment"),
        ("https://hooks.example.org/a b", "url_characters"),
        ("https://hooks.example.org/\n", "url_characters"),
        ("\thttps://hooks.example.org/", "url_characters"),
        ("https://127.0.0.1\0.example.com/", "url_characters"),
        ("https://hooks.example.org\\@127.0.0.1/", "url_characters"),
        ("https://hooks.example.org/\ud800", "url_characters"),
        ("https://hooks.example.org/\x7f", "url_characters"),
        ("https://hooks.example.org:25/", "port_refused"),
        ("https://hooks.example.org:1024/", "port_refused"),
        ("https://hooks.example.org:0/", "port_refused"),
        ("https://hooks.example.org:65536/", "port_refused"),
        ("https://hooks.example.org:https/", "port_refused"),
        ("https://hooks.example.org:٨٠/", "port_refused"),
        ("https://1.1.1.1:22/", "port_refused"),
        ("https://127.0.0.1/", "address_not_public"),
        ("https://10.0.0.1:8443/", "address_not_public"),
        ("https://169.254.169.254/latest/meta-data", "address_not_public"),
        ("https://224.0.0.1/", "address_not_public"),
        ("https://[::1]/", "address_not_public"),
        ("https://[::ffff:127.0.0.1]/", "address_not_public"),
        ("https://[::127.0.0.1]/", "address_not_public"),
        ("https://[64:ff9b::7f00:1]/", "address_not_public"),
        ("https://[2002:7f00:1::]/", "address_not_public"),
        ("https://[fec0::1]/", "address_not_public"),
        ("https://[fe80::1%25eth0]/", "address_not_public"),
        ("https://localhost/", "address_not_public"),
        ("https://LocalHost./", "address_not_public"),
        ("https://api.localhost/", "address_not_public"),
        ("https://2130706433/", "host_numeric"),
        ("https://0x7f000001/", "host_numeric"),
        ("https://0x7f.1/", "host_numeric"),
        ("https://127.1/", "host_numeric"),
        ("https://0177.0.0.1/", "host_numeric"),
        ("https://1.1.1.1./", "host_numeric"),
        ("https://1.1.1.256/", "host_numeric"),
        ("https://example.0x/", "host_numeric"),
        ("https://①②⑦.⓪.⓪.①/", "host_numeric"),
        ("https://１２７.0.0.1/", "host_numeric"),
        ("https://127。0。0。1/", "host_numeric"),
        ("https://example.١٢٧/", "host_numeric"),
        ("https://ex%61mple.org/", "host_invalid"),
        ("https://a..example.org/", "host_invalid"),
        ("https://-a.example.org/", "host_invalid"),
        ("https://a,b.example.org/", "host_invalid"),
        ("https://xn--a.example/", "host_invalid"),
        ("https://ex☃mple.org/", "host_invalid"),
        ("https://[::1/", "url_malformed"),
        ("https://[::1]x/", "url_malformed"),
        ("https://[127.0.0.1]/", "url_malformed"),
        ("https://[v1.a]/", "host_invalid"),
        ("https://a℀.example/", "url_malformed"),
        ("https://" + "a" * 64 + ".example/", "host_invalid"),
        ("https://" + ".".join(["a" * 49] * 6) + "/", "host_invalid"),
        ("https://hooks.example.org/" + "a" * LONGEST_URL, "url_too_long"),
    ],
)
def test_a_bad_url_is_refused_for_its_reason(url: str, code: str) -> None:
    assert refusal(url) == code


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://hooks.example.org/", ""),
        ("http://hooks.example.org:8080/", ""),
        ("http://127.0.0.1/", "address_not_public"),
        ("ftp://hooks.example.org/", "url_scheme"),
    ],
)
def test_plain_http_passes_where_the_operator_allows_it(url: str, code: str) -> None:
    assert refusal(url, allow_http=True) == code


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://127.0.0.1/", ""),
        ("https://127.0.0.2:22/", ""),
        ("https://localhost:81/", ""),
        ("https://10.0.0.1/", "address_not_public"),
        ("https://1.1.1.1:22/", "port_refused"),
        ("https://127.1/", "host_numeric"),
        ("https://intranet.example.org:81/", ""),
    ],
)
def test_the_operators_networks_pass_with_any_port(url: str, code: str) -> None:
    assert refusal(url, allowed=LOOPBACK) == code


def test_our_own_place_is_refused_by_its_literal_address() -> None:
    assert refusal("https://127.0.0.1:8000/", allowed=LOOPBACK, own_places=frozenset({("127.0.0.1", 8000)})) == (
        "address_not_public"
    )


def test_a_refusal_says_what_would_work() -> None:
    with pytest.raises(AddressRefused) as refused:
        check_url("https://10.0.0.1/", allow_http=False, allowed_networks=())

    assert refused.value.detail == (
        "The address is not on the public internet; use one that is, or ask the operator to allow your network."
    )
