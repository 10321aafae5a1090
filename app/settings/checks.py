"""What must hold between settings: each check names the keys it looks at."""

import ipaddress
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from app.settings.model import Settings


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """Settings that do not go together; the first of `keys` is the one to show."""

    keys: tuple[str, ...]
    what: str
    remedy: str


def conflicts_of(settings: Settings) -> Iterator[Conflict]:
    """Everything that does not go together."""
    checks: tuple[Callable[[Settings], Iterator[Conflict]], ...] = (
        _reachable_only_on_purpose,
        _silence_spans_beats,
        _sight_spans_sweeps,
        _session_spans_heartbeats,
        _waiters_leave_threads,
        _topics_differ,
        _groups_differ,
    )
    for check in checks:
        yield from check(settings)


def is_loopback(address: str) -> bool:
    """Whether only this machine can reach `address`."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return False


def _reachable_only_on_purpose(settings: Settings) -> Iterator[Conflict]:
    if not is_loopback(settings.server.address) and not settings.fanfold.http.insecure:
        yield Conflict(
            keys=("server.address", "fanfold.http.insecure"),
            what="lets other machines run commands on this one",
            remedy="keep 127.0.0.1, or say fanfold.http.insecure=true",
        )


def _silence_spans_beats(settings: Settings) -> Iterator[Conflict]:
    liveness = settings.fanfold.liveness
    if liveness.silence < 2 * liveness.beat_interval:
        yield Conflict(
            keys=("fanfold.liveness.silence", "fanfold.liveness.beat-interval"),
            what="is shorter than two beats, so that one late beat would revoke a shard",
            remedy="make it at least twice fanfold.liveness.beat-interval",
        )


def _sight_spans_sweeps(settings: Settings) -> Iterator[Conflict]:
    if settings.fanfold.liveness.sight_gap < 2 * settings.fanfold.sweeper.interval:
        yield Conflict(
            keys=("fanfold.liveness.sight-gap", "fanfold.sweeper.interval"),
            what="is shorter than two sweeps, so that no dead worker would ever be noticed",
            remedy="make it at least twice fanfold.sweeper.interval",
        )


def _session_spans_heartbeats(settings: Settings) -> Iterator[Conflict]:
    kafka = settings.fanfold.kafka
    if 2 * kafka.heartbeat_interval >= kafka.session_timeout:
        yield Conflict(
            keys=("fanfold.kafka.heartbeat-interval", "fanfold.kafka.session-timeout"),
            what="is not under half of fanfold.kafka.session-timeout",
            remedy="make it a third of fanfold.kafka.session-timeout or less",
        )


def _waiters_leave_threads(settings: Settings) -> Iterator[Conflict]:
    if settings.fanfold.http.waiters >= settings.fanfold.http.threads:
        yield Conflict(
            keys=("fanfold.http.waiters", "fanfold.http.threads"),
            what="leaves no thread for other requests",
            remedy="make it less than fanfold.http.threads",
        )


def _topics_differ(settings: Settings) -> Iterator[Conflict]:
    pubsub = settings.pubsub
    yield from _all_differ(
        {
            "pubsub.topic": pubsub.topic,
            "pubsub.task-shard.topic": pubsub.task_shard.topic,
            "pubsub.result.topic": pubsub.result.topic,
            "pubsub.dead.topic": pubsub.dead.topic,
        }
    )


def _groups_differ(settings: Settings) -> Iterator[Conflict]:
    pubsub = settings.pubsub
    yield from _all_differ(
        {
            "pubsub.consumergroup": pubsub.consumergroup,
            "pubsub.task-shard.consumergroup": pubsub.task_shard.consumergroup,
            "pubsub.result.consumergroup": pubsub.result.consumergroup,
        }
    )


def _all_differ(named: dict[str, str]) -> Iterator[Conflict]:
    first: dict[str, str] = {}
    for key, value in named.items():
        if (other := first.setdefault(value, key)) != key:
            yield Conflict(keys=(key, other), what=f"is the same as {other}", remedy="give each its own name")
