"""What the server counts, in Prometheus' form."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
_ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 1024, 4096, 16384)


class Measures:
    """Counters of one server.

    Examples
    --------
    >>> measures = Measures()
    >>> measures.rows.labels("m").inc(3)
    >>> b'glassnet_rows_total{model="m"} 3.0' in measures.text()
    True
    """

    def __init__(self) -> None:
        self._registry = here = CollectorRegistry()
        self.requests = Counter(
            "glassnet_requests", "Requests answered.", ["endpoint", "status"], registry=here
        )
        self.seconds = Histogram(
            "glassnet_request_seconds",
            "From a request's head to its answer.",
            ["endpoint"],
            buckets=_SECONDS,
            registry=here,
        )
        self.open = Gauge("glassnet_open_requests", "Requests being answered.", registry=here)
        self.rows = Counter("glassnet_rows", "Rows predicted.", ["model"], registry=here)
        self.batches = Histogram(
            "glassnet_batch_rows",
            "Rows predicted together.",
            ["model"],
            buckets=_ROWS,
            registry=here,
        )
        self.loads = Counter(
            "glassnet_model_loads", "Model files read.", ["model", "outcome"], registry=here
        )
        self.model = Gauge(
            "glassnet_model_info", "1 for what is served.", ["model", "version"], registry=here
        )

    def meter(self, endpoint: str) -> EndpointMeter:
        """What counts the requests of one endpoint."""
        return EndpointMeter(self, endpoint)

    def text(self) -> bytes:
        """All of them as text."""
        return generate_latest(self._registry)


class EndpointMeter:
    """Counts the requests of one endpoint; a :class:`~glassnet.web.door.Meter`.

    Examples
    --------
    >>> measures = Measures()
    >>> measures.meter("predict").answered(200, 0.01)
    >>> b'glassnet_requests_total{endpoint="predict",status="200"} 1.0' in measures.text()
    True
    """

    def __init__(self, measures: Measures, endpoint: str) -> None:
        self._endpoint, self._open = endpoint, measures.open
        self._seconds = measures.seconds.labels(endpoint)
        self._requests = measures.requests
        self._well = measures.requests.labels(endpoint, "200")

    def opened(self) -> None:
        """A request has begun."""
        self._open.inc()

    def closed(self) -> None:
        """It has been answered, or its client has gone."""
        self._open.dec()

    def answered(self, status: int, seconds: float | None) -> None:
        """How it was answered."""
        if seconds is not None:
            self._seconds.observe(seconds)
        if status == 200:
            self._well.inc()
        else:
            self._requests.labels(self._endpoint, str(status)).inc()
