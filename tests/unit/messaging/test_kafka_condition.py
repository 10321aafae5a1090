"""What becomes of the errors that a Kafka client tells."""

import pytest
from confluent_kafka import KafkaError
from structlog.testing import capture_logs

from app.errors import BusBroken
from app.messaging.kafka.connection import Condition, connection


def test_an_error_that_passes_is_logged_once_however_often_it_comes() -> None:
    condition = Condition(client_id="c")

    with capture_logs() as events:
        for _ in range(50):
            condition.on_error(KafkaError(KafkaError._ALL_BROKERS_DOWN, "1/1 brokers are down"))
        condition.on_error(KafkaError(KafkaError._TRANSPORT, "refused"))

    condition.check()
    assert [event["code"] for event in events] == ["_ALL_BROKERS_DOWN", "_TRANSPORT"]
    assert events[0] == {
        "event": "bus_client_error",
        "log_level": "warning",
        "client": "c",
        "code": "_ALL_BROKERS_DOWN",
        "detail": "1/1 brokers are down",
        "repeated": 0,
    }


@pytest.mark.parametrize(
    "error",
    [
        KafkaError(KafkaError.FENCED_INSTANCE_ID, "fenced", fatal=True),
        KafkaError(KafkaError._FATAL, "fenced"),
    ],
)
def test_a_fatal_error_is_kept_and_told_once(error: KafkaError) -> None:
    told: list[str] = []
    condition = Condition(client_id="c", on_broken=lambda: told.append("broken"))

    for _ in range(2):
        condition.on_error(error)
        with pytest.raises(BusBroken, match="fenced"):
            condition.check()

    assert told == ["broken"]


def test_further_options_win() -> None:
    settings = connection("b:1", client_id="c", more={"socket.timeout.ms": 5, "security.protocol": "ssl"})

    assert settings["socket.timeout.ms"] == 5
    assert settings["security.protocol"] == "ssl"
    assert settings["bootstrap.servers"] == "b:1"
