"""What must hold between settings."""

import pytest

from app.settings.checks import is_loopback
from tests.unit.settings.conftest import Folder


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["--server.address=0.0.0.0"], "lets other machines run commands on this one"),
        (["--fanfold.liveness.silence=1999ms"], "is shorter than two beats"),
        (["--fanfold.liveness.sight-gap=1s"], "is shorter than two sweeps"),
        (["--fanfold.kafka.heartbeat-interval=3s"], "is not under half of fanfold.kafka.session-timeout"),
        (["--fanfold.http.waiters=32"], "leaves no thread for other requests"),
        (["--pubsub.dead.topic=distributed_task"], "is the same as pubsub.topic"),
        (["--pubsub.result.consumergroup=task-workers"], "is the same as pubsub.task-shard.consumergroup"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(
    folder: Folder, arguments: list[str], what: str
) -> None:
    (fault,) = folder.faults(*arguments)

    assert what in fault


@pytest.mark.parametrize(
    "arguments",
    [
        ["--server.address=0.0.0.0", "--fanfold.http.insecure=true"],
        ["--server.address=::1"],
        ["--server.address=localhost"],
        ["--fanfold.liveness.silence=2s"],
        ["--fanfold.kafka.heartbeat-interval=2999ms"],
    ],
)
def test_settings_that_go_together_are_taken(folder: Folder, arguments: list[str]) -> None:
    folder.load(*arguments)


def test_a_conflict_names_the_other_setting_where_it_was_written(folder: Folder) -> None:
    folder.write("application.properties", "\nfanfold.liveness.beat-interval=3s")

    assert folder.faults() == [
        (
            "fanfold.liveness.silence='4s' is shorter than two beats, "
            "so that one late beat would revoke a shard "
            "(fanfold.liveness.beat-interval=3s, application.properties:2): "
            "make it at least twice fanfold.liveness.beat-interval"
        )
    ]


def test_a_setting_that_is_wrong_in_itself_is_told_once(folder: Folder) -> None:
    (fault,) = folder.faults("--fanfold.liveness.beat-interval=soon", "--fanfold.liveness.silence=1ms")

    assert "is not a duration" in fault


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("[::1]", True),
        ("::", False),
        ("10.0.0.1", False),
        ("host", False),
    ],
)
def test_loopback_is_what_only_this_machine_reaches(address: str, expected: bool) -> None:  # noqa: FBT001
    assert is_loopback(address) is expected
