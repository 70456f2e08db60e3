"""From a URL to the addresses that libcurl may connect to, checked, and remembered for a moment."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from domain.addresses import AddressRefused, CheckedUrl, Place
from integrations.exchange import ErrorClass
from integrations.resolver import Addresses, Resolver

REMEMBERED = 4096  # URLs; beyond it all are forgotten and found again


@dataclass(frozen=True, slots=True)
class Route:
    """A way that has been checked: the canonical URL, and for a name the addresses to pin it to.

    `pins` is the same object for as long as the name's answer is the same, and another one once it has changed.
    `good_until` is on the monotonic clock.
    """

    url: str
    pins: tuple[str, ...]
    good_until: float


class Routes:
    """Finds routes. Nobody waits for a name: `find` says None, and knows more once `names_arrived` says so."""

    def __init__(
        self,
        resolver: Resolver,
        *,
        check_url: Callable[[str], CheckedUrl],
        may_connect: Callable[[str, int], bool],
    ) -> None:
        self._resolver = resolver
        self._check_url = check_url
        self._may_connect = may_connect
        self._routes: dict[str, Route] = {}
        self._pins: dict[Place, tuple[Addresses, tuple[str, ...]]] = {}

    def find(self, url: str, *, now: float) -> Route | ErrorClass | None:
        """The route, or why there is none, or None while the name is being looked up."""
        route = self._routes.get(url)
        if route is not None and now <= route.good_until:
            return route
        try:
            target = self._check_url(url)
        except AddressRefused:
            return ErrorClass.REFUSED_ADDRESS
        found = self._found(target, now)
        if isinstance(found, Route):
            if len(self._routes) >= REMEMBERED:
                self._routes.clear()
            self._routes[url] = found
        return found

    def names_arrived(self, *, now: float) -> bool:
        """Whether any name has been looked up since the last call."""
        return self._resolver.take_answers(now=now)

    def close(self) -> None:
        """Stop looking names up."""
        self._resolver.close()

    def _found(self, target: CheckedUrl, now: float) -> Route | ErrorClass | None:
        if target.address is not None:
            return Route(target.url, (), math.inf)
        answer = self._resolver.known(target.host, now=now)
        if answer is None:
            self._resolver.ask(target.host)
            return None
        if not answer.addresses:
            return ErrorClass.RESOLVE
        # An honest name has no bad address among good ones, so that one is enough to refuse them all.
        if not all(self._may_connect(address, target.port) for address in answer.addresses):
            return ErrorClass.REFUSED_ADDRESS
        return Route(target.url, self._pins_for((target.host, target.port), answer.addresses), answer.good_until)

    def _pins_for(self, place: Place, addresses: Addresses) -> tuple[str, ...]:
        pinned = self._pins.get(place)
        if pinned is None or pinned[0] != addresses:
            host, port = place
            shown = ",".join(f"[{address}]" if ":" in address else address for address in addresses)
            pinned = self._pins[place] = (addresses, (f"{host}:{port}:{shown}",))
        return pinned[1]
