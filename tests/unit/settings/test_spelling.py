"""How keys may be spelled, in files and in the environment."""

import pytest

from tests.unit.settings.conftest import Folder


@pytest.mark.parametrize(
    "spelling",
    [
        "pubsub.task-shard.topic",
        "pubsub.taskShard.topic",
        "pubsub.task_shard.topic",
        "PUBSUB.TASK_SHARD.TOPIC",
        "pubsub[task-shard].topic",
    ],
)
def test_in_files_kebab_camel_and_snake_are_one_key(folder: Folder, spelling: str) -> None:
    folder.write("application.properties", f"{spelling}=mine")

    assert folder.load().pubsub.task_shard.topic == "mine"


@pytest.mark.parametrize(
    "name",
    [
        "PUBSUB_TASKSHARD_TOPIC",
        "PUBSUB_TASK_SHARD_TOPIC",
        "pubsub_taskshard_topic",
        "pubsub_task_shard_topic",
    ],
)
def test_in_the_environment_four_names_are_looked_up(folder: Folder, name: str) -> None:
    assert folder.load(environ={name: "mine"}).pubsub.task_shard.topic == "mine"


def test_of_several_names_in_the_environment_the_canonical_one_wins(folder: Folder) -> None:
    environ = {"pubsub_taskshard_topic": "c", "PUBSUB_TASK_SHARD_TOPIC": "b", "PUBSUB_TASKSHARD_TOPIC": "a"}

    assert folder.load(environ=environ).pubsub.task_shard.topic == "a"


def test_environment_variables_of_others_are_left_alone(folder: Folder) -> None:
    environ = {
        "FANFOLD_URL": "http://127.0.0.1:30000",
        "FANFOLD_TASK_ID": "1",
        "FANFOLD_WORKER_ID": "w",
        "FANFOLD_WORKER_PORT_30000_TCP_ADDR": "10.0.0.1",
        "SERVER_SOFTWARE": "x",
        "SPRING_BOOT": "x",
        "PATH": "/bin",
    }

    assert folder.load(environ=environ) == folder.load()


def test_later_names_of_spring_are_taken_and_told(folder: Folder) -> None:
    folder.write("application.properties", "spring.data.redis.host=store")

    settings = folder.load(environ={"SPRING_DATA_REDIS_PORT": "7000"})

    assert (settings.spring.redis.host, settings.spring.redis.port) == ("store", 7000)
    assert set(settings.notices) == {
        "spring.data.redis.host (application.properties:1) is taken as spring.redis.host",
        "spring.data.redis.port (environment variable SPRING_DATA_REDIS_PORT) is taken as spring.redis.port",
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fanfold.worker.pass-env=A, B", ("A", "B")),
        ("fanfold.worker.pass-env[]=A,B", ("A", "B")),
        ("fanfold.worker.pass-env[1]=B\nfanfold.worker.passEnv[0]=A", ("A", "B")),
        ("fanfold.worker.pass-env=", ()),
    ],
)
def test_lists_in_files(folder: Folder, text: str, expected: tuple[str, ...]) -> None:
    folder.write("application.properties", text)

    assert folder.load().fanfold.worker.pass_env == expected


def test_lists_in_the_environment_may_be_written_by_indexes(folder: Folder) -> None:
    environ = {"FANFOLD_WORKER_PASSENV_0": "A", "FANFOLD_WORKER_PASSENV_1": "B"}

    assert folder.load(environ=environ).fanfold.worker.pass_env == ("A", "B")


def test_json_may_be_nested_or_dotted_and_holds_lists(folder: Folder) -> None:
    text = '{"server.port": 1, "fanfold": {"http": {"insecure": true, "allowedHosts": ["a", "b"]}}}'

    settings = folder.load(f"--spring.application.json={text}")

    http = settings.fanfold.http
    assert (settings.server.port, http.insecure, http.allowed_hosts) == (1, True, ("a", "b"))


def test_an_empty_value_of_a_number_means_its_default(folder: Folder) -> None:
    folder.write("application.properties", "server.port=1")

    assert folder.load(environ={"SERVER_PORT": ""}).server.port == 30_000
