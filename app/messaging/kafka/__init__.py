"""The message bus on Apache Kafka, by librdkafka: the only package that imports its client."""

from app.messaging.kafka.admin import KafkaAdmin
from app.messaging.kafka.publisher import KafkaPublisher
from app.messaging.kafka.subscription import KafkaSubscription

__all__ = ["KafkaAdmin", "KafkaPublisher", "KafkaSubscription"]
