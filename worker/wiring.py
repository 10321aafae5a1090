"""The composition root of a worker: real things are made here, and only here."""

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import msgspec

from app.errors import BusBroken
from app.messaging.dead_letters import DeadLetters
from app.messaging.kafka.configured import kafka_subscription
from app.messaging.kafka.publisher import KafkaPublisher
from app.messaging.ports import Message, Publisher
from app.repositories.operations import Operations
from app.repositories.redis.configured import redis_store
from app.settings import Settings
from app.support.ids import incarnation, new_token
from worker.agent import Agent, AgentTimes
from worker.holdings import Holdings
from worker.node import Node
from worker.node_ports import NodePorts, NodeSettings
from worker.runners.enclosure.launcher import Launcher
from worker.runners.environment import item_environment
from worker.runners.factory import make_runner, make_spares
from worker.runners.ports import SlotContext
from worker.slots import SlotPool

LEAST_SPARES = 2
MOST_SPARES = 8
"""One is taken while the next is being started; a shell that waits holds some megabytes."""


@dataclass(frozen=True, kw_only=True)
class WiredWorker:
    """A worker ready to run, and how to let go of what it holds outside the process."""

    agent: Agent
    worker: str
    close: Callable[[], None]


def wire_worker(settings: Settings) -> WiredWorker:
    """A worker over the real store and bus."""
    own, liveness = settings.fanfold.worker, settings.fanfold.liveness
    name = own.name or socket.gethostname()
    worker = f"{name}#{incarnation()}"
    count = own.slots or os.cpu_count() or 1
    agents: list[Agent] = []
    publisher = KafkaPublisher(
        settings.pubsub.namespace,
        client_id=f"fanfold-{name}",
        on_broken=lambda: agents[0].broken(BusBroken("the client can send nothing more")),
    )
    store = redis_store(settings)
    subscription = kafka_subscription(
        settings,
        topic=settings.pubsub.task_shard.topic,
        group=settings.pubsub.task_shard.consumergroup,
        client_id=f"fanfold-{name}",
    )
    holdings = Holdings(slots=count, new_id=new_token)
    launcher = Launcher()
    context = _slot_context(settings, worker=worker, launcher=launcher)
    spares = make_spares(min(max(LEAST_SPARES, count), MOST_SPARES), context=context)
    slots = SlotPool(
        count,
        holdings=holdings,
        make_runner=lambda function, slot: make_runner(
            function, context=msgspec.structs.replace(context, slot=slot), spares=spares
        ),
        on_results=lambda shard_id: agents[0].items_ended(shard_id, block_bytes=own.block_size),
        on_free=lambda: agents[0].slot_is_free(),
        on_broken=lambda error: agents[0].broken(error),
    )
    planning = settings.fanfold.planning
    node = Node(
        settings=NodeSettings(
            worker=worker,
            name=name,
            slots=count,
            completions_topic=settings.pubsub.result.topic,
            record_interval=own.record_interval.total_seconds(),
            block_bytes=own.block_size,
            stuck_after=liveness.silence.total_seconds(),
            most_shards=planning.shards_per_task * max(planning.tasks_per_worker, count),
        ),
        ports=NodePorts(
            store=store,
            operations=Operations(store),
            publisher=publisher,
            clock=monotonic,
            partitions=subscription.partitions,
        ),
        holdings=holdings,
        slots=slots,
    )
    agent = Agent(
        node=node,
        holdings=holdings,
        slots=slots,
        subscription=subscription,
        send_to_dead=_burier(settings, publisher),
        times=AgentTimes(
            beat_interval=liveness.beat_interval.total_seconds(),
            grace=own.grace_period.total_seconds(),
            isolation_kill=own.isolation_kill.total_seconds(),
        ),
        listen=lambda told: store.listen(worker, told),
    )
    agents.append(agent)

    spares.start()

    def close() -> None:
        publisher.close()
        spares.close()
        launcher.close()

    return WiredWorker(agent=agent, worker=worker, close=close)


def _burier(settings: Settings, publisher: Publisher) -> Callable[[Message, str], None]:
    letters = DeadLetters(publisher, topic=settings.pubsub.dead.topic)
    group = settings.pubsub.task_shard.consumergroup
    return lambda message, reason: letters.bury(message, group=group, deliveries=1, reason=reason)


def _slot_context(settings: Settings, *, worker: str, launcher: Launcher) -> SlotContext:
    """What all slots have in common, as that of the first."""
    own = settings.fanfold.worker
    return SlotContext(
        slot=0,
        worker_id=worker,
        work_dir=Path(own.work_dir) if own.work_dir else Path.cwd(),
        environment=item_environment(os.environ, passed=own.pass_env),
        launcher=launcher,
        output_cap_bytes=own.output_cap,
        term_grace_seconds=own.term_grace.total_seconds(),
    )
