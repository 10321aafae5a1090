"""Polling with a deadline, as the suite needs it."""

import time
from collections.abc import Callable, Sequence

from app.messaging.ports import Message, Subscription


def receive(subscription: Subscription, count: int, *, seconds: float = 20) -> list[Message]:
    """So many messages; fails with those seen when the time is over."""
    seen: list[Message] = []
    poll_until([subscription], lambda: len(seen) >= count, into=[seen], seconds=seconds)
    assert len(seen) == count, f"too many: {values(seen)}"
    return seen


def poll_until(
    subscriptions: Sequence[Subscription],
    holds: Callable[[], bool],
    *,
    into: Sequence[list[Message]] | None = None,
    seconds: float = 20,
    state: Callable[[], object] | None = None,
) -> None:
    """Polls all in turn until it holds; each one's messages are added to its list of `into`."""
    lists: Sequence[list[Message]] = into if into is not None else [[] for _ in subscriptions]
    deadline = time.monotonic() + seconds
    while not holds():
        shown = state() if state is not None else [values(seen) for seen in lists]
        assert time.monotonic() < deadline, f"not within {seconds} s; last seen: {shown}"
        for subscription, seen in zip(subscriptions, lists, strict=True):
            seen.extend(subscription.poll(0.02))


def drain(subscription: Subscription, *, seconds: float = 0.7) -> list[Message]:
    """All that comes within this time: for showing that nothing more does."""
    seen: list[Message] = []
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        seen.extend(subscription.poll(0.05))
    return seen


def values(messages: Sequence[Message]) -> list[bytes | None]:
    return [message.value for message in messages]
