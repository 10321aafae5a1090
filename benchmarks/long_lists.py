"""Long lists, part by part: on their way in, through the workers, and out."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from benchmarks import long_results, long_runs, long_submits

PARTS: Mapping[str, Callable[[], bool]] = MappingProxyType(
    {
        "long_submits": long_submits.compare,
        "long_python": long_runs.compare_python,
        "long_bash": long_runs.compare_bash,
        "long_results": long_results.compare,
    }
)
