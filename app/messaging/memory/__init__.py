"""The message bus in memory: the twin of Kafka for tests and simulations, one suite keeps the two alike."""

from app.messaging.memory.bus import MemoryBus

__all__ = ["MemoryBus"]
