"""The guard on outgoing addresses, as this installation sets it: what it opens, and what stays closed."""

from collections.abc import Iterator, Sequence

from sqlalchemy import make_url

from domain.addresses import Place
from domain.config import Config
from integrations.http import Sender
from integrations.outbound import AT_ONCE, PER_ENDPOINT
from integrations.resolver import Lookup, system_lookup


def guarded_sender(config: Config) -> Sender:
    """A sender that calls what the operator allows, and neither our server nor our database."""
    return Sender(
        allow_http=config.allow_http,
        allowed_networks=config.allowed_networks,
        own_places=own_places(config),
        at_once=AT_ONCE,
        per_endpoint=PER_ENDPOINT,
    )


def loosened(config: Config) -> Sequence[str]:
    """What the operator has opened in the guard on outgoing addresses, in words, to be said at start."""
    said = [f"networks {', '.join(map(str, config.allowed_networks))} may be called"] if config.allowed_networks else []
    return [*said, "plain http may be called"] if config.allow_http else said


def own_places(config: Config, *, lookup: Lookup = system_lookup) -> frozenset[Place]:
    """Where our server and our database listen: closed to deliveries also inside a network that may be called."""
    places = {("127.0.0.1", config.port)}
    if not config.on_sqlite:
        places |= {(address, port) for host, port in _database_places(config.database_url) for address in lookup(host)}
    return frozenset(places)


def _database_places(url: str) -> Iterator[tuple[str, int]]:
    """The hosts and ports at which PostgreSQL's client looks for the database; for a socket, this machine."""
    # It takes them from the query as well, and then there may be several: `?host=one:5432&host=other:5433`.
    parts = make_url(url)
    _, given = parts.get_dialect()().create_connect_args(parts)
    hosts = str(given.get("host", "")).split(",")
    ports = str(given.get("port", "")).split(",")
    for host, port in zip(hosts, ports * len(hosts) if len(ports) == 1 else ports, strict=True):
        yield host if host and not host.startswith("/") else "127.0.0.1", int(port or 5432)
