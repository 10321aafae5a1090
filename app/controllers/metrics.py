"""Metrics for Prometheus: the store's counters and gauges, and how long requests take."""

import time
from collections.abc import Callable, Iterator, Mapping

from flask import Blueprint, Flask, Response, g, request
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from app.controllers.services import Services
from app.errors import StoreUnavailable
from app.support.metrics import COUNTERS, GAUGES, REQUESTS, STORE_UP

_UNKNOWN_ROUTE = "none"
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class StoreCollector(Collector):
    """What the store counts. While it is away all families are there, without the gauges' values."""

    def __init__(
        self, *, counts: Callable[[], Mapping[str, int]], gauges: Callable[[], Mapping[str, float]]
    ) -> None:
        self._counts = counts
        self._gauges = gauges

    def collect(self) -> Iterator[Metric]:
        try:
            counts, gauges, is_up = self._counts(), self._gauges(), True
        except StoreUnavailable:
            counts, gauges, is_up = {}, {}, False
        yield GaugeMetricFamily(STORE_UP.name, STORE_UP.meaning, value=float(is_up))
        if not is_up:
            return
        for key, metric in COUNTERS.items():
            yield CounterMetricFamily(metric.name, metric.meaning, value=float(counts.get(key, 0)))
        for key, metric in GAUGES.items():
            yield GaugeMetricFamily(metric.name, metric.meaning, value=gauges[key])


class Meter:
    """Times requests by method, route and status. Its numbers live in the app's registry."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Histogram(
            REQUESTS.name,
            REQUESTS.meaning,
            ["method", "route", "status"],
            buckets=_BUCKETS,
            registry=self.registry,
        )

    def register(self, app: Flask, *, services: Services) -> None:
        self.registry.register(StoreCollector(counts=services.counts, gauges=services.gauges))
        app.before_request(self._begin)
        app.after_request(self._end)

    def _begin(self) -> None:
        g.began = time.perf_counter()

    def _end(self, response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule is not None else _UNKNOWN_ROUTE
        method = request.method if request.method in {"GET", "HEAD", "POST", "OPTIONS"} else "other"
        self._requests.labels(method, route, str(response.status_code)).observe(time.perf_counter() - g.began)
        return response


def metrics_routes(meter: Meter) -> Blueprint:
    """The page that Prometheus reads."""
    routes = Blueprint("metrics", __name__)

    @routes.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(meter.registry), content_type=CONTENT_TYPE_LATEST)

    return routes
