"""`python -m benchmarks [NAME…]`: the comparisons named, or all; exits with 1 when one misses its bar."""

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType, MappingProxyType

from benchmarks import (
    busy_python,
    cpu_shares,
    durable_submits,
    latency,
    long_lists,
    noop_bash,
    noop_python,
    noop_sh,
    planner,
    programs,
    runners,
    shards,
    status_calls,
)

# Each prints its tables and answers whether its bars were held.
COMPARISONS: MappingProxyType[str, Callable[[], bool]] = MappingProxyType(
    {
        "noop_bash": noop_bash.compare,
        "noop_sh": noop_sh.compare,
        "programs": programs.compare,
        "noop_python": noop_python.compare,
        "busy_python": busy_python.compare,
        "latency": latency.compare,
        "durable_submits": durable_submits.compare,
        "status_calls": status_calls.compare,
        **long_lists.PARTS,
        "runners": runners.compare,
        "planner": planner.compare,
        "shards": shards.compare,
        "cpu_shares": cpu_shares.compare,
    }
)


_UNUSUAL = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")


def main(names: list[str]) -> int:
    """Run the comparisons one after the other; the exit status."""
    unknown = [name for name in names if name not in COMPARISONS]
    if unknown:
        print(f"benchmarks: there is no {unknown[0]!r}; there are {', '.join(COMPARISONS)}", file=sys.stderr)
        return 2
    for name in _UNUSUAL:  # whoever has these set starts every Python slower, ours and the peers'
        os.environ.pop(name, None)
    signal.signal(signal.SIGTERM, _stop)
    try:
        held = [COMPARISONS[name]() for name in names or COMPARISONS]
    except KeyboardInterrupt:
        return 130
    return 0 if all(held) else 1


def _stop(_signal: int, _frame: FrameType | None) -> None:
    """As Ctrl-C does, so that what was started is stopped."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
