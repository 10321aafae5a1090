"""`python -m benchmarks [NAME…]`: the comparisons named, or all; exits with 1 when one misses its bar."""

import sys
from collections.abc import Callable
from types import MappingProxyType

from benchmarks import noop_bash, runners

# Each prints its table and answers whether its bar was held.
COMPARISONS: MappingProxyType[str, Callable[[], bool]] = MappingProxyType(
    {"noop_bash": noop_bash.compare, "runners": runners.compare}
)


def main(names: list[str]) -> int:
    """Run the comparisons one after the other; the exit status."""
    unknown = [name for name in names if name not in COMPARISONS]
    if unknown:
        print(f"benchmarks: there is no {unknown[0]!r}; there are {', '.join(COMPARISONS)}", file=sys.stderr)
        return 2
    held = [COMPARISONS[name]() for name in names or COMPARISONS]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
