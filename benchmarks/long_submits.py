"""Lists of 1,000,000 and 10,000,000 items on their way in: how fast, and what memory the scheduler needs."""

import http.client
import json
import random
import time
from collections.abc import Iterator
from contextlib import closing

from benchmarks.embedded_system import System, embedded_system
from benchmarks.limits import Measured, report_limits
from benchmarks.memory import MIB, PeakWatch
from fanfold.client import Client

STREAMED = (1_000_000, 10_000_000)
RANGED = 10_000_000
ITEM_BYTES = 20
MOST_GROWTH_MIB = 64
MOST_RANGE_MILLISECONDS = 100
_PIECE_LINES = 10_000
_FUNCTION = "import time\ndef run(item): time.sleep(1)"


def compare() -> bool:
    """Each task is cancelled once it is accepted; whether the bars were held."""
    figures: list[Measured] = []
    with embedded_system() as system:
        watch = PeakWatch([system.pid("scheduler-1")])
        _submit_stream(system, items=_PIECE_LINES)
        for items in STREAMED:
            watch.restart()
            seconds = _submit_stream(system, items=items)
            figures += _figures(f"{items:,} items of {ITEM_BYTES} bytes, streamed", items, seconds, watch)
        watch.restart()
        milliseconds = _submit_range(system) * 1e3
        what = f"a range of {RANGED:,}"
        figures += [
            Measured(
                what=f"{what}: from submit to 202",
                value=milliseconds,
                unit="ms",
                most=MOST_RANGE_MILLISECONDS,
            ).told(),
            _growth(what, watch),
        ]
    work = "peak memory of all processes of the scheduler against what they had before"
    return report_limits("long_submits", work=work, figures=figures)


def _figures(what: str, items: int, seconds: float, watch: PeakWatch) -> list[Measured]:
    rate = Measured(what=f"{what}: accepted", value=items / seconds, unit="items/s")
    return [rate.told(), _growth(what, watch)]


def _growth(what: str, watch: PeakWatch) -> Measured:
    growth = watch.growth_bytes() / MIB
    return Measured(what=f"{what}: scheduler grew by", value=growth, unit="MiB", most=MOST_GROWTH_MIB).told()


def _submit_stream(system: System, *, items: int) -> float:
    """Seconds from the first byte to the 202."""
    header = json.dumps({"templateFunction": _FUNCTION, "language": "python"}).encode() + b"\n"
    piece = b"".join(
        b'"%s"\n' % random.randbytes(ITEM_BYTES // 2).hex().encode() for _ in range(_PIECE_LINES)
    )
    length = len(header) + items // _PIECE_LINES * len(piece)
    headers = {"Content-Type": "application/x-ndjson", "Content-Length": str(length)}
    with closing(http.client.HTTPConnection("127.0.0.1", system.port)) as connection:
        started = time.perf_counter()
        connection.request("POST", "/schedule", body=_body(header, piece, items), headers=headers)
        answer = connection.getresponse()
        status = json.loads(answer.read())
        seconds = time.perf_counter() - started
    if answer.status != http.client.ACCEPTED or status["itemsTotal"] != items:
        raise RuntimeError(f"{answer.status}: {status}")
    with Client(system.url) as client:
        client.cancel(status["taskId"])
    return seconds


def _body(header: bytes, piece: bytes, items: int) -> Iterator[bytes]:
    yield header
    for _ in range(items // _PIECE_LINES):
        yield piece


def _submit_range(system: System) -> float:
    with Client(system.url) as client:
        started = time.perf_counter()
        task = client.submit(_FUNCTION, range(RANGED), language="python")
        seconds = time.perf_counter() - started
        client.cancel(task.task_id)
    return seconds
