"""The composition root: real things are made here, and only here."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask

from app.consumers.completions import CompletionRecords
from app.consumers.handling import Handle
from app.consumers.loop import ConsumerLoop
from app.consumers.rounds import Rounds
from app.consumers.tasks import TaskRecords
from app.controllers.api import create_app
from app.controllers.requests import Limits
from app.controllers.services import Services
from app.errors import StoreUnavailable
from app.messaging.dead_letters import DeadLetters
from app.messaging.kafka.admin import KafkaAdmin
from app.messaging.kafka.configured import kafka_subscription
from app.messaging.kafka.publisher import KafkaPublisher
from app.messaging.ports import Publisher, TopicAdmin
from app.models.task import TaskSpec
from app.repositories.operations import Operations
from app.repositories.ports import Store
from app.repositories.redis.configured import redis_store
from app.services.acknowledged import Acknowledged
from app.services.beginning import Beginnings
from app.services.controls import Controls
from app.services.dispatching import Dispatcher, DispatchPorts
from app.services.failures import FirstFailures
from app.services.liveness import Timers
from app.services.nodes import Nodes
from app.services.overview import gauges_of
from app.services.planning import Limits as PlanningLimits
from app.services.progress import Progress
from app.services.publishing import TaskPublisher
from app.services.recent_beats import RecentBeats
from app.services.recovery import Sweeper, SweepPorts
from app.services.rendering import render
from app.services.results import ResultReader
from app.services.store_time import StoreTime
from app.services.submission import Submission
from app.services.waiting import Budget, Waiting
from app.settings import Settings
from app.support.background import Background
from app.support.clock import SystemClock
from app.support.ids import new_token

CHECK_SECONDS = 2.0
NOTING_THREADS = 4
NOTE_AFTER_SECONDS = 0.5
"""Shorter than an entry of the outbox waits for its first sweep, or that would send the record again."""
SPARE_THREADS = 4
"""Threads of the API that neither waiters nor streams may hold."""


@dataclass(frozen=True, kw_only=True)
class Outside:
    """What lies outside a process: the store and the bus. Each is made once, and shared by threads."""

    store: Store
    publisher: Publisher
    admin: TopicAdmin


def connected(settings: Settings, *, name: str) -> Outside:
    """The real store and bus; connects when they are first used."""
    return Outside(
        store=redis_store(settings),
        publisher=KafkaPublisher(settings.pubsub.namespace, client_id=name, on_broken=_end_process),
        admin=KafkaAdmin(
            settings.pubsub.namespace,
            replication=settings.fanfold.kafka.replication,
            retention_ms=int(settings.fanfold.kafka.retention.total_seconds() * 1_000),
        ),
    )


def _end_process() -> None:
    """A client that is broken for good: a new process is the cure, and whatever supervises starts one."""
    os._exit(1)


def api_application(settings: Settings, is_stopping: Callable[[], bool]) -> Flask:
    """The API over real servers, for the process that serves it."""
    return wire_api(settings, outside=connected(settings, name="fanfold-api"), is_stopping=is_stopping)


def wire_api(
    settings: Settings,
    *,
    outside: Outside,
    is_stopping: Callable[[], bool],
    note_after_seconds: float = NOTE_AFTER_SECONDS,
) -> Flask:
    """The API over these. What Kafka has is noted after so long, if no consumer has noted it before."""
    store, http = outside.store, settings.fanfold.http
    operations = Operations(store)
    publisher = task_publisher(
        settings,
        outside=outside,
        operations=operations,
        background=Background(threads=NOTING_THREADS, name="noting"),
        note_after_seconds=note_after_seconds,
    )
    silence_seconds = settings.fanfold.liveness.silence.total_seconds()
    results = ResultReader(store)
    clock = SystemClock()
    beats = RecentBeats(store, clock)
    services = Services(
        submission=Submission(
            store=store,
            operations=operations,
            publisher=publisher,
            beginnings=Beginnings(
                beats=beats.beats,
                silence_seconds=silence_seconds,
                limits=_limits(settings),
                new_id=new_token,
            ),
            max_items=settings.fanfold.task.max_items,
            max_deaths=settings.fanfold.task.max_deaths,
            now=StoreTime(store, clock).now,
        ),
        progress=Progress(
            store=store,
            beats=beats,
            failures=FirstFailures(results),
            silence_seconds=silence_seconds,
        ),
        results=results,
        controls=Controls(store=store, operations=operations, publisher=publisher),
        nodes=Nodes(store=store, silence_seconds=silence_seconds),
        waiting=Waiting(
            store=store,
            budget=Budget(http.waiters, what="?wait="),
            longest_seconds=http.wait_limit.total_seconds(),
            clock=clock,
            is_stopping=is_stopping,
        ),
        streams=Budget(max(1, http.threads - http.waiters - SPARE_THREADS), what="streams of results"),
        limits=Limits(max_body_bytes=http.max_body, max_items=settings.fanfold.task.max_items),
        counts=store.counts,
        gauges=gauges_of(store, silence_seconds=silence_seconds),
        checks={
            "kafka": lambda: outside.admin.is_reachable(timeout_seconds=CHECK_SECONDS),
            "redis": lambda: _answers(store),
        },
        is_stopping=is_stopping,
        clock=clock,
    )
    return create_app(services, settings=settings)


def task_publisher(
    settings: Settings,
    *,
    outside: Outside,
    operations: Operations,
    background: Background,
    note_after_seconds: float = NOTE_AFTER_SECONDS,
) -> TaskPublisher:
    """How this process gets tasks to Kafka; acknowledgements are noted in the background."""
    acknowledged = Acknowledged(store=outside.store, operations=operations, after_seconds=note_after_seconds)
    return TaskPublisher(
        store=outside.store,
        operations=operations,
        publisher=outside.publisher,
        topic=settings.pubsub.topic,
        attempts=settings.fanfold.task.publish_attempts,
        defer=background.run,
        acknowledged=acknowledged.add,
    )


def _answers(store: Store) -> bool:
    try:
        store.time()
    except StoreUnavailable:
        return False
    return True


@dataclass(frozen=True, kw_only=True)
class Consumers:
    """What the consumer process of a scheduler runs, each in a thread of its own, until told to stop."""

    rounds: Rounds
    loops: tuple[ConsumerLoop, ...]
    outside: Outside


def wire_consumers(settings: Settings) -> Consumers:
    """The consumers and the rounds over the real servers."""
    outside = connected(settings, name="fanfold-consumers")
    store = outside.store
    operations = Operations(store)
    liveness, pubsub = settings.fanfold.liveness, settings.pubsub
    dispatcher = Dispatcher(
        ports=DispatchPorts(
            store=store,
            operations=operations,
            publisher=outside.publisher,
            render=_function_of,
            new_id=new_token,
        ),
        limits=_limits(settings),
        shard_topic=pubsub.task_shard.topic,
        silence_seconds=liveness.silence.total_seconds(),
    )
    sweeper = Sweeper(
        ports=SweepPorts(store=store, operations=operations, publisher=outside.publisher),
        tasks=task_publisher(
            settings,
            outside=outside,
            operations=operations,
            background=Background(threads=NOTING_THREADS, name="noting"),
        ),
        dispatcher=dispatcher,
        timers=_timers(settings),
        dead_topic=pubsub.dead.topic,
    )
    rounds = Rounds(
        fill=dispatcher.fill,
        sweep=sweeper.sweep,
        interval_seconds=settings.fanfold.sweeper.interval.total_seconds(),
        clock=SystemClock(),
    )
    tasks = TaskRecords(operations=operations, dispatcher=dispatcher, wake=rounds.wake)
    completions = CompletionRecords(dispatcher=dispatcher, wake=rounds.wake)
    count = range(pubsub.consumercount)
    return Consumers(
        rounds=rounds,
        outside=outside,
        loops=(
            *(
                _loop(settings, outside, topic=pubsub.topic, group=pubsub.consumergroup, handle=tasks)
                for _ in count
            ),
            *(
                _loop(
                    settings,
                    outside,
                    topic=pubsub.result.topic,
                    group=pubsub.result.consumergroup,
                    handle=completions,
                )
                for _ in count
            ),
        ),
    )


def _loop(settings: Settings, outside: Outside, *, topic: str, group: str, handle: Handle) -> ConsumerLoop:
    return ConsumerLoop(
        kafka_subscription(settings, topic=topic, group=group, client_id="fanfold-consumers"),
        handle=handle,
        dead_letters=DeadLetters(outside.publisher, topic=settings.pubsub.dead.topic),
        group=group,
    )


def _function_of(spec: TaskSpec) -> str:
    return render(spec.template, variables=spec.variables, language=spec.language).source


def _limits(settings: Settings) -> PlanningLimits:
    planning = settings.fanfold.planning
    return PlanningLimits(
        shards_per_task=planning.shards_per_task,
        tasks_per_worker=planning.tasks_per_worker,
        shard_seconds=planning.shard_time.total_seconds(),
        most_shards=planning.max_shards,
    )


def _timers(settings: Settings) -> Timers:
    liveness = settings.fanfold.liveness
    return Timers(
        silence=liveness.silence.total_seconds(),
        sight_gap=liveness.sight_gap.total_seconds(),
        offer_after=liveness.offer_after.total_seconds(),
        offer_again=liveness.offer_again.total_seconds(),
    )
