"""The topics that the settings ask for."""

from app.messaging.topics import topics_of
from app.settings import Settings


def test_the_topics_are_those_of_the_settings() -> None:
    assert topics_of(Settings()) == {
        "distributed_task": 8,
        "distributed_task_shard": 64,
        "distributed_task_completed": 8,
        "distributed_task_dead": 1,
    }
