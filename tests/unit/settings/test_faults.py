"""Every fault is told at once, with key, value, place and remedy."""

import pytest

from app.settings import EXIT_STATUS, UnusableSettings, exit_with, load_settings
from tests.unit.settings.conftest import Folder


def test_all_faults_of_all_sources_are_told_at_once(folder: Folder) -> None:
    folder.write("application.properties", "server.prot=1\npubsub.topic=a b\nserver.port=70000\n")

    faults = folder.faults(
        "--fanfold.log.level=loud",
        "--what",
        environ={"SPRING_REDIS_HOST": "redis://h", "FANFOLD_LOG_LEVL": "x"},
    )

    assert sorted(faults) == sorted(
        [
            "server.prot='1' (application.properties:1) is not a known key: did you mean server.port?",
            (
                "pubsub.topic='a b' (application.properties:2) is not a name that Kafka takes for a topic: "
                "write up to 249 letters, digits, dots, dashes and underscores"
            ),
            (
                "server.port='70000' (application.properties:3) is too large: "
                "write a whole number from 1 to 65535"
            ),
            "fanfold.log.level='loud' (argument 1) does not fit: write debug or info or warning or error",
            "--what is not a setting: write --key=value, such as --server.port=30001",
            (
                "spring.redis.host='redis://h' (environment variable SPRING_REDIS_HOST) "
                "is not a host name or address: write a host name or an IP address, with no scheme or port"
            ),
            (
                "FANFOLD_LOG_LEVL='x' (environment variable FANFOLD_LOG_LEVL) is not a known key: "
                "did you mean FANFOLD_LOG_LEVEL?"
            ),
        ]
    )


def test_a_key_set_twice_in_one_file_names_both_lines(folder: Folder) -> None:
    folder.write("application.properties", "server.port=1\nserver.PORT=2\n")

    assert folder.faults() == [
        (
            "server.PORT='2' (application.properties:2) is set twice, first as server.port "
            "(application.properties:1): take one of the two away"
        )
    ]


@pytest.mark.parametrize(
    "text",
    [
        "spring.redis.host=a\nspring.data.redis.host=b",
        "fanfold.http.allowed-hosts=a\nfanfold.http.allowed-hosts[0]=b",
        "fanfold.http.allowed-hosts[0]=a\nfanfold.http.allowedHosts[0]=b",
    ],
)
def test_other_spellings_of_one_key_count_as_twice(folder: Folder, text: str) -> None:
    folder.write("application.properties", text)

    (fault,) = folder.faults()
    assert "is set twice" in fault


def test_a_list_with_a_gap_is_refused(folder: Folder) -> None:
    folder.write("application.properties", "fanfold.http.allowed-hosts[1]=a")

    assert "indexes have a gap" in folder.faults()[0]


@pytest.mark.parametrize(
    ("key", "value", "what"),
    [
        ("server.port", "0", "is too small"),
        ("server.port", "http", "does not fit"),
        ("server.address", "", "is not a host name or address"),
        ("pubsub.namespace", " , ", "names no broker"),
        ("pubsub.namespace", "a:1,b", "names 'b', which is not host:port"),
        ("pubsub.consumergroup", " ", "is empty"),
        ("spring.cache.type", "simple", "does not fit"),
        ("fanfold.task.retention", "soon", "is not a duration"),
        ("fanfold.task.retention", "0s", "is too small"),
        ("fanfold.task.retention", "99999999999999999d", "is too long a duration"),
        ("fanfold.http.max-body", "much", "is not a size"),
        ("fanfold.http.insecure", "maybe", "does not fit"),
        ("fanfold.worker.slots", "-1", "is too small"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(folder: Folder, key: str, value: str, what: str) -> None:
    (fault,) = folder.faults(f"--{key}={value}")

    assert fault.startswith(f"{key}={value!r} (argument 1) {what}: write ")


def test_keys_below_other_names_are_nobodys_business_unless_they_look_like_a_slip(folder: Folder) -> None:
    folder.write("application.properties", "logging.level.root=INFO\nmy.host=x\nsever.port=1\n")

    assert folder.faults() == [
        "sever.port='1' (application.properties:3) is not a known key: did you mean server.port?"
    ]


def test_an_argument_must_be_a_known_key(folder: Folder) -> None:
    (fault,) = folder.faults("--zzz=1")

    assert fault == "zzz='1' (argument 1) is not a known key: see docs/reference/configuration.md"


def test_the_value_of_a_secret_is_not_told(folder: Folder) -> None:
    faults = folder.faults(
        "--spring.redis.passwd=s3cret", "--spring.redis.password=${none}-s3cret", "--spring.redis.port=x"
    )

    assert len(faults) == 3
    assert "s3cret" not in "".join(faults)


def test_a_password_is_not_shown_with_the_settings(folder: Folder) -> None:
    assert "s3cret" not in repr(folder.load("--spring.redis.password=s3cret"))


@pytest.mark.parametrize("key", ["spring.config.location", "spring.config.additional-location"])
def test_files_may_not_say_which_files_are_read(folder: Folder, key: str) -> None:
    folder.write("application.properties", f"{key}=x/")

    assert "no file may set it" in folder.faults()[-1]


def test_a_profiles_file_may_not_choose_profiles(folder: Folder) -> None:
    folder.write("application-default.properties", "spring.profiles.active=other")

    assert "chooses profiles in what is read for a profile" in folder.faults()[0]


@pytest.mark.parametrize("condition", ["a & b | c", "(a", "!", "a b", ""])
def test_a_condition_on_profiles_that_cannot_be_read_is_refused(folder: Folder, condition: str) -> None:
    folder.write("application.properties", f"spring.config.activate.on-profile={condition}")

    (fault,) = folder.faults()
    assert fault.endswith("write names of profiles joined by !, & or |")


@pytest.mark.parametrize("text", ["{", "[]", '"x"', '{"server": {"port": 1, "port": 2}}', "[" * 100_000])
def test_json_that_cannot_be_used_is_refused(folder: Folder, text: str) -> None:
    (fault,) = folder.faults(environ={"SPRING_APPLICATION_JSON": text})

    assert "environment variable SPRING_APPLICATION_JSON" in fault


def test_faults_end_the_process_with_status_78(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UnusableSettings) as caught:
        load_settings(["--server.port=0", "--what"], environ={}, cwd=folder.path)

    with pytest.raises(SystemExit) as ended:
        exit_with(caught.value)

    assert ended.value.code == EXIT_STATUS == 78
    assert capsys.readouterr().err.splitlines() == [
        "configuration: --what is not a setting: write --key=value, such as --server.port=30001",
        "configuration: server.port='0' (argument 1) is too small: write a whole number from 1 to 65535",
    ]
