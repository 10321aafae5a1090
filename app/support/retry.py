"""The one policy of trying again: how often, how long to wait between, by which clock."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from app.support.clock import Clock

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """`limit` tries in all (None: for ever), the waits between them growing by `factor`.

    `jitter` is the share of a wait that chance may take away (0 to 1), so that many who failed
    together do not come back together.
    """

    limit: int | None
    first_seconds: float
    factor: float = 2.0
    most_seconds: float = 60.0
    jitter: float = 0.5

    def __post_init__(self) -> None:
        if (self.limit is not None and self.limit < 1) or self.first_seconds < 0 or self.factor < 1:
            raise ValueError("a policy tries at least once and its waits do not shrink")
        if not 0 <= self.jitter <= 1:
            raise ValueError("jitter is a share from 0 to 1")

    def wait_seconds(self, failures: int, *, chance: float) -> float:
        """How long to wait after so many failures (1 or more); `chance` is from 0 to under 1."""
        # The exponent is capped, as 2.0 ** 1024 is past what a float holds.
        whole = min(self.most_seconds, self.first_seconds * self.factor ** min(failures - 1, 64))
        return whole * (1 - self.jitter * chance)

    def allows(self, failures: int) -> bool:
        """Whether there is another try after so many failures."""
        return self.limit is None or failures < self.limit


def retry(
    call: Callable[[], _T],
    *,
    policy: RetryPolicy,
    on: tuple[type[Exception], ...],
    clock: Clock,
    chance: Callable[[], float] = random.random,
    failed: Callable[[Exception, int], None] = lambda _error, _failures: None,
    give_up: Callable[[], bool] = lambda: False,
) -> _T:
    """What `call` returns, tried again while it raises one of `on` and `policy` allows.

    `failed` hears each failure that is followed by another try, and how many there were so far.
    `give_up` is asked before each wait and after it, so that a process that stops need not go
    through all tries. Raises what the last try raised. `call` must be safe to repeat; blocks on `clock`.
    """
    failures = 0
    while True:
        try:
            return call()
        except on as error:
            failures += 1
            if give_up() or not policy.allows(failures):
                raise
            failed(error, failures)
            clock.sleep(policy.wait_seconds(failures, chance=chance()))
            if give_up():
                raise
