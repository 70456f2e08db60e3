"""Figures for Prometheus: text format, read from the database at each request, labelled by ids and states alone.

There is nothing to keep between requests: whichever process answers, it answers the same. The registry is made for
the answer and gone with it; the one that prometheus_client keeps for the process is left alone.
"""

import hmac
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any
from uuid import UUID

from flask import Blueprint as Pages
from flask import Flask, Response, request
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from api.http import Resource, needs, services
from api.parsing import refuse_parameters
from domain.errors import Unauthenticated
from domain.services.attempt_tallies import BUCKETS
from domain.services.metrics import Figures, Tally, figures
from domain.transaction import reading


class Metrics(Resource):
    """The figures."""

    @needs()
    def get(self) -> Response:
        """Count, and write it down as Prometheus reads it"""
        with reading(services().database) as session:
            found = figures(session, at=services().clock())
        registry = CollectorRegistry()
        registry.register(Figured(found))
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)

    def dispatch_request(self, **_kwargs: Any) -> Response:
        """Answer whoever has the metrics' own token. It is none of ours: it opens nothing else, and no row has it."""
        expected = services().config.metrics_token or ""
        kind, _, credentials = request.headers.get("Authorization", "").partition(" ")
        known = hmac.compare_digest(credentials.strip().encode(), expected.encode())
        if not (expected and known and kind.lower() == "bearer"):
            raise Unauthenticated("Send the token of INTERVET_METRICS_TOKEN as `Authorization: Bearer …`.")
        refuse_parameters(request.args)
        return self.get()


def set_up(app: Flask) -> None:
    """Give `app` the address, if the operator has set a token for it; else there is none."""
    if not app.extensions["intervet"].config.metrics_token:
        return
    pages = Pages("metrics", __name__)
    pages.add_url_rule("/metrics", view_func=Metrics.as_view("metrics"))
    app.register_blueprint(pages)


@dataclass(frozen=True, eq=False)  # a registry keeps its collectors by identity
class Figured(Collector):
    """One look at the installation, as the metrics that it consists of."""

    found: Figures

    def collect(self) -> Iterator[Metric]:
        """Each metric with its samples."""
        found = self.found
        yield _by_state("intervet_deliveries_queued", "Deliveries not yet arrived nor given up.", found.queued)
        yield GaugeMetricFamily(
            "intervet_oldest_due_delivery_age_seconds",
            "For how long the oldest delivery that may go out now has waited; 0 when none does.",
            found.oldest_due_s,
        )
        yield _by_state("intervet_endpoints", "Endpoints that receive events.", found.endpoints)
        yield GaugeMetricFamily(
            "intervet_events_unsequenced", "Events that have no place in the order yet.", found.unsequenced
        )
        yield GaugeMetricFamily(
            "intervet_recoveries_unfinished", "Recoveries that wait or are under way.", found.recoveries
        )
        yield _by_state("intervet_messages", "Messages to persons that wait or are being sent.", found.messages)
        yield _attempts(found.tallies)
        yield _durations(found.tallies)


def _by_state(name: str, purpose: str, counts: Any) -> Metric:
    family = GaugeMetricFamily(name, purpose, labels=["state"])
    for state, count in counts.items():
        family.add_metric([state.value], count)
    return family


def _attempts(tallies: Iterable[Tally]) -> Metric:
    counts: defaultdict[tuple[UUID, str], int] = defaultdict(int)
    for tally in tallies:
        counts[tally.endpoint_id, tally.outcome] += tally.attempts
    purpose = "Attempts to deliver that have ended, by how: delivered, a status, or a kind of error."
    family = CounterMetricFamily("intervet_delivery_attempts", purpose, labels=["endpoint", "outcome"])
    for (endpoint_id, outcome), count in counts.items():
        family.add_metric([str(endpoint_id), outcome], count)
    return family


def _durations(tallies: Iterable[Tally]) -> Metric:
    by_endpoint: defaultdict[UUID, list[Tally]] = defaultdict(list)
    for tally in tallies:
        by_endpoint[tally.endpoint_id].append(tally)
    purpose = "How long attempts to deliver took, whatever their end."
    family = HistogramMetricFamily("intervet_delivery_attempt_duration_seconds", purpose, labels=["endpoint"])
    for endpoint_id, of_endpoint in by_endpoint.items():
        total = sum(tally.seconds for tally in of_endpoint)
        family.add_metric([str(endpoint_id)], _buckets(of_endpoint), total)
    return family


def _buckets(tallies: Sequence[Tally]) -> list[tuple[str, float]]:
    """How many took no longer than each bound, as Prometheus counts: the shorter ones again with the longer."""
    each = [sum(tally.attempts for tally in tallies if tally.at_most_s == bound) for bound in BUCKETS]
    whole = sum(tally.attempts for tally in tallies)
    return [*zip(map(str, BUCKETS), map(float, accumulate(each)), strict=True), ("+Inf", float(whole))]
