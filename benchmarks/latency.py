"""One bash item at a time: from the submit to its result in the answer, against Celery's delay().get()."""

import http.client
import json
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import closing

from benchmarks.embedded_system import embedded_system
from benchmarks.item_files import scratch
from benchmarks.judging import Bar, report
from benchmarks.peers.celery_system import celery_system
from benchmarks.side_by_side import Figures, Way, run_in_turns

ROUNDS = 7
CALLS = 150
WAIT_SECONDS = 20
P50, P99 = "p50 ms", "p99 ms"

OURS = "POST /schedule?wait="
CELERY = "Celery delay().get()"

BARS = (
    Bar(ours=OURS, theirs=CELERY, figure=P50, most=1),
    Bar(ours=OURS, theirs=CELERY, figure=P99, most=2),
)


def compare() -> bool:
    """One connection kept open on both sides; whether the bars were held."""
    with scratch() as folder, embedded_system() as system, celery_system(folder) as celery:

        def delays() -> Sequence[float]:
            took = celery.ask("bash_delays", CALLS)
            if not isinstance(took, list) or len(took) != CALLS:
                raise TypeError(f"Celery's client answered {took!r}")
            return took

        with closing(http.client.HTTPConnection("127.0.0.1", system.port)) as connection:
            ways = [
                _way(OURS, lambda: [_submitted(connection, number=number) for number in range(CALLS)]),
                _way(CELERY, delays),
            ]
            rounds = run_in_turns(ways, rounds=ROUNDS)
    work = f"{CALLS} calls a round one after the other, a bash that does nothing each"
    return report("latency", work=work, rounds=rounds, bars=BARS)


def _way(name: str, seconds: Callable[[], Sequence[float]]) -> Way:
    def measure() -> Figures:
        percentiles = statistics.quantiles(seconds(), n=100, method="inclusive")
        return {P50: percentiles[49] * 1e3, P99: percentiles[98] * 1e3}

    return Way(name=name, measure=measure)


def _submitted(connection: http.client.HTTPConnection, *, number: int) -> float:
    """How many seconds it took until the item's result was read."""
    started = time.perf_counter()
    body = json.dumps({"templateFunction": ":", "inputList": [str(number)]})
    connection.request(
        "POST", f"/schedule?wait={WAIT_SECONDS}", body, headers={"Content-Type": "application/json"}
    )
    answer = json.loads(connection.getresponse().read())
    took = time.perf_counter() - started
    outcomes = [result["outcome"] for result in answer.get("results", ())]
    if outcomes != ["ok"]:
        raise RuntimeError(f"no result in the answer: {answer}")
    return took
