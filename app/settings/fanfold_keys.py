"""The keys of our own: `fanfold.*`."""

from datetime import timedelta
from typing import Literal

from pydantic import ByteSize, Field

from app.settings.fields import (
    Count,
    CountOrZero,
    DurationOrZero,
    Names,
    PositiveDuration,
    PositiveSize,
    Section,
)
from app.settings.worker_keys import WorkerSettings


class KafkaSettings(Section):
    replication: Count = Field(default=1, description="Replicas of each topic that the schedulers create.")
    task_partitions: Count = Field(
        default=8, description="Partitions of the topics of tasks and of completions."
    )
    shard_partitions: Count = Field(
        default=64, description="Partitions of the topic of shards; no fewer than workers."
    )
    retention: PositiveDuration = Field(
        default=timedelta(days=1), description="How long Kafka keeps records."
    )
    session_timeout: PositiveDuration = Field(
        default=timedelta(seconds=6),
        description="Silence after which Kafka takes a consumer's partitions away.",
    )
    heartbeat_interval: PositiveDuration = Field(
        default=timedelta(seconds=1), description="Time between a consumer's heartbeats to Kafka."
    )


class HttpSettings(Section):
    insecure: bool = Field(default=False, description="Allow a server.address that other machines can reach.")
    allowed_hosts: Names = Field(
        default=(),
        description="Host names accepted in requests, beside the loopback ones, separated by commas.",
    )
    max_body: PositiveSize = Field(
        default=ByteSize(32 << 20), description="Largest request body that is not streamed."
    )
    threads: Count = Field(default=32, description="Threads that serve requests.")
    wait_limit: DurationOrZero = Field(
        default=timedelta(seconds=60), description="Longest ?wait= that a request may ask for."
    )
    waiters: CountOrZero = Field(default=16, description="Threads that may be held by ?wait= at once.")


class TaskSettings(Section):
    retention: PositiveDuration = Field(
        default=timedelta(days=7), description="How long a finished task and its results are kept."
    )
    max_deaths: Count = Field(
        default=3, description="Workers that may die of one item before it counts as lost."
    )
    publish_attempts: Count = Field(
        default=10, description="Tries to publish a task before its state is SUBMISSION_FAILED."
    )
    max_items: Count = Field(default=10_000_000, description="Most items that one task may have.")
    upload_ttl: PositiveDuration = Field(
        default=timedelta(hours=1), description="How long the items of an unfinished submission are kept."
    )


class PlanningSettings(Section):
    shard_time: PositiveDuration = Field(
        default=timedelta(seconds=2), description="Work that one shard should hold, by the measured rate."
    )
    max_shards: Count = Field(
        default=20_000, description="Shards of one task beyond which shards grow instead."
    )
    shards_per_task: Count = Field(default=2, description="Shards of one task that a worker holds at once.")
    tasks_per_worker: Count = Field(default=4, description="Tasks that a worker serves at once.")


class LivenessSettings(Section):
    beat_interval: PositiveDuration = Field(
        default=timedelta(seconds=1), description="Time between a worker's beats."
    )
    silence: PositiveDuration = Field(
        default=timedelta(seconds=4), description="Silence about a claimed shard after which it is revoked."
    )
    sight_gap: PositiveDuration = Field(
        default=timedelta(milliseconds=2_500),
        description="Time between two sweeps that breaks a sweeper's sight.",
    )
    offer_after: PositiveDuration = Field(
        default=timedelta(seconds=4),
        description="Age at which an unclaimed shard is offered to another worker.",
    )
    offer_again: PositiveDuration = Field(
        default=timedelta(seconds=8), description="Time between further offers of an unclaimed shard."
    )


class SweeperSettings(Section):
    interval: PositiveDuration = Field(default=timedelta(seconds=1), description="Time between two sweeps.")


class LogSettings(Section):
    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least severe events that are logged."
    )
    format: Literal["console", "json", "auto"] = Field(
        default="auto", description="Form of the log; auto is console on a terminal, else json."
    )


class ConfigTreeSettings(Section):
    tree: str = Field(
        default="", description="Folder whose files are keys: name and content, as containers mount secrets."
    )


class FanfoldSettings(Section):
    kafka: KafkaSettings = Field(default_factory=KafkaSettings)
    http: HttpSettings = Field(default_factory=HttpSettings)
    task: TaskSettings = Field(default_factory=TaskSettings)
    planning: PlanningSettings = Field(default_factory=PlanningSettings)
    liveness: LivenessSettings = Field(default_factory=LivenessSettings)
    sweeper: SweeperSettings = Field(default_factory=SweeperSettings)
    worker: WorkerSettings = Field(default_factory=WorkerSettings)
    log: LogSettings = Field(default_factory=LogSettings)
    config: ConfigTreeSettings = Field(default_factory=ConfigTreeSettings)
