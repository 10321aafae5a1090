"""The keys whose names come from the reference system: `server.*`, `pubsub.*` and `spring.*`."""

from datetime import timedelta
from typing import Literal

from pydantic import Field, SecretStr

from app.settings.fields import Brokers, Count, Group, Host, Names, Port, PositiveDuration, Section, Topic


class ServerSettings(Section):
    port: Port = Field(default=30_000, description="TCP port of the API.")
    address: Host = Field(
        default="127.0.0.1",
        description="Address that the API listens on; any but loopback needs fanfold.http.insecure=true.",
    )


class TaskShardSettings(Section):
    topic: Topic = Field(default="distributed_task_shard", description="Topic that gives shards to workers.")
    consumergroup: Group = Field(default="task-workers", description="Consumer group of the workers.")


class ResultSettings(Section):
    topic: Topic = Field(
        default="distributed_task_completed", description="Topic on which workers say that they have room."
    )
    consumergroup: Group = Field(
        default="task-completions", description="Consumer group of the schedulers for completions."
    )


class DeadSettings(Section):
    topic: Topic = Field(default="distributed_task_dead", description="Topic of dead letters.")


class PubsubSettings(Section):
    namespace: Brokers = Field(
        default="127.0.0.1:9092",
        description="Kafka's bootstrap servers: host:port, several separated by commas.",
    )
    topic: Topic = Field(default="distributed_task", description="Topic of submitted tasks.")
    consumergroup: Group = Field(
        default="task-subscribers", description="Consumer group of the schedulers for tasks."
    )
    consumercount: Count = Field(
        default=2, description="Consumers of tasks and of completions in each scheduler."
    )
    task_shard: TaskShardSettings = Field(default_factory=TaskShardSettings)
    result: ResultSettings = Field(default_factory=ResultSettings)
    dead: DeadSettings = Field(default_factory=DeadSettings)


class CacheSettings(Section):
    type: Literal["redis"] = Field(
        default="redis", description="Kind of store; only redis (or Valkey) serves."
    )


class RedisSettings(Section):
    host: Host = Field(default="127.0.0.1", description="Host of Redis; spring.data.redis.* is accepted too.")
    port: Port = Field(default=6_379, description="TCP port of Redis.")
    password: SecretStr = Field(default=SecretStr(""), description="Password of Redis; empty means none.")
    timeout: PositiveDuration = Field(
        default=timedelta(seconds=2), description="Longest wait for an answer of Redis."
    )


class ProfilesSettings(Section):
    active: Names = Field(
        default=(), description="Profiles whose application-NAME.properties are read, the last one winning."
    )


class ConfigSettings(Section):
    location: Names = Field(
        default=(),
        description="Files, or folders ending in /, that take the place of ./ and ./config/.",
        json_schema_extra={"files": False},
    )
    additional_location: Names = Field(
        default=(),
        description="Files, or folders ending in /, read after the others and winning over them.",
        json_schema_extra={"files": False},
    )


class SpringSettings(Section):
    profiles: ProfilesSettings = Field(default_factory=ProfilesSettings)
    config: ConfigSettings = Field(default_factory=ConfigSettings)
    cache: CacheSettings = Field(default_factory=CacheSettings)
    redis: RedisSettings = Field(default_factory=RedisSettings)
