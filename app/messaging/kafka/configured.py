"""A member of a consumer group on the Kafka that the settings describe."""

from app.messaging.kafka.subscription import KafkaSubscription
from app.settings import Settings


def kafka_subscription(settings: Settings, *, topic: str, group: str, client_id: str) -> KafkaSubscription:
    """A subscription with the servers and timers of the settings."""
    kafka = settings.fanfold.kafka
    return KafkaSubscription(
        settings.pubsub.namespace,
        topic=topic,
        group=group,
        session_timeout_ms=round(kafka.session_timeout.total_seconds() * 1000),
        heartbeat_interval_ms=round(kafka.heartbeat_interval.total_seconds() * 1000),
        client_id=client_id,
    )
