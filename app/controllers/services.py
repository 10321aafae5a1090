"""What the controllers call: every service of one API process, made in the wiring."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.controllers.requests import Limits
from app.services.controls import Controls
from app.services.nodes import Nodes
from app.services.progress import Progress
from app.services.results import ResultReader
from app.services.submission import Submission
from app.services.waiting import Budget, Waiting
from app.support.clock import Clock


@dataclass(frozen=True, kw_only=True)
class Services:
    """Made once per process. `checks` are what readiness asks: a name, and whether it is there."""

    submission: Submission
    progress: Progress
    results: ResultReader
    controls: Controls
    nodes: Nodes
    waiting: Waiting
    streams: Budget
    limits: Limits
    counts: Callable[[], Mapping[str, int]]
    gauges: Callable[[], Mapping[str, float]]
    checks: Mapping[str, Callable[[], bool]]
    is_stopping: Callable[[], bool]
    clock: Clock
