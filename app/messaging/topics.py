"""The topics there must be, out of the settings."""

from collections.abc import Mapping

from app.settings import Settings


def topics_of(settings: Settings) -> Mapping[str, int]:
    """Partitions by name, for `TopicAdmin.ensure`."""
    pubsub, kafka = settings.pubsub, settings.fanfold.kafka
    return {
        pubsub.topic: kafka.task_partitions,
        pubsub.task_shard.topic: kafka.shard_partitions,
        pubsub.result.topic: kafka.task_partitions,
        pubsub.dead.topic: 1,
    }
