"""Which of several sources wins."""

from pathlib import Path

from app.settings import Settings
from tests.unit.settings.conftest import Folder


def test_without_any_source_the_defaults_hold(folder: Folder) -> None:
    assert folder.load() == Settings()


def test_each_stronger_source_wins_over_all_weaker_ones(folder: Folder) -> None:
    environ: dict[str, str] = {}
    argv: list[str] = []

    def port() -> int:
        return folder.load(*argv, environ=environ).server.port

    folder.write("application.properties", "server.port=1")
    assert port() == 1
    folder.write("config/application.properties", "server.port=2")
    assert port() == 2
    folder.write("config/b/application.properties", "server.port=3")
    folder.write("config/a/application.properties", "server.port=99")
    assert port() == 3
    folder.write("application-default.properties", "server.port=4")
    assert port() == 4
    folder.write("secrets/server.port", "5\n")
    argv.append("--fanfold.config.tree=secrets")
    assert port() == 5
    environ["SERVER_PORT"] = "6"
    assert port() == 6
    environ["SPRING_APPLICATION_JSON"] = '{"server": {"port": 7}}'
    assert port() == 7
    argv.append("--server.port=8")
    assert port() == 8


def test_the_projects_own_file_is_read_when_the_working_folder_has_none(tmp_path: Path) -> None:
    faults = Folder(tmp_path).faults("--fanfold.liveness.beat-interval=3s")

    assert "config/application.properties:" in faults[0]


def test_a_file_in_the_working_folder_takes_the_place_of_the_projects_own(folder: Folder) -> None:
    folder.write("application.properties", "")

    faults = folder.faults("--fanfold.liveness.beat-interval=3s")

    assert "application.properties" not in faults[0]


def test_the_last_active_profile_wins_wherever_its_file_lies(folder: Folder) -> None:
    folder.write("application.properties", "spring.profiles.active=one,two")
    folder.write("application-two.properties", "server.port=2")
    folder.write("config/application-one.properties", "server.port=1")

    assert folder.load().server.port == 2


def test_a_profile_of_the_environment_replaces_those_of_files(folder: Folder) -> None:
    folder.write("application.properties", "spring.profiles.active=one")
    folder.write("application-one.properties", "server.port=1")
    folder.write("application-two.properties", "server.port=2")

    assert folder.load(environ={"SPRING_PROFILES_ACTIVE": "two"}).server.port == 2


def test_the_default_profile_is_not_read_beside_an_active_one(folder: Folder) -> None:
    folder.write("application-default.properties", "server.port=1")

    assert folder.load("--spring.profiles.active=other").server.port == 30_000


def test_the_projects_test_profile_logs_for_machines(folder: Folder) -> None:
    assert folder.load("--spring.profiles.active=test").fanfold.log.format == "json"


def test_a_location_takes_the_place_of_the_usual_ones(folder: Folder) -> None:
    folder.write("application.properties", "server.port=1\npubsub.topic=here")
    folder.write("elsewhere/application.properties", "server.port=2")

    settings = folder.load("--spring.config.location=file:elsewhere/")

    assert (settings.server.port, settings.pubsub.topic) == (2, "distributed_task")


def test_an_additional_location_wins_over_the_usual_ones(folder: Folder) -> None:
    folder.write("application.properties", "server.port=1\npubsub.topic=here")
    added = folder.write("run/system.properties", "server.port=2")

    settings = folder.load(environ={"SPRING_CONFIG_ADDITIONALLOCATION": f"file:{added}"})

    assert (settings.server.port, settings.pubsub.topic) == (2, "here")


def test_a_location_reads_the_files_of_profiles_too(folder: Folder) -> None:
    folder.write("run/system.properties", "server.port=1")
    folder.write("run/system-prod.properties", "server.port=2")

    settings = folder.load("--spring.config.location=run/system.properties", "--spring.profiles.active=prod")

    assert settings.server.port == 2


def test_every_folder_below_one_can_be_a_location(folder: Folder) -> None:
    folder.write("parts/a/application.properties", "server.port=1")
    folder.write("parts/b/application.properties", "server.port=2\npubsub.topic=b")

    settings = folder.load("--spring.config.location=optional:parts/*/")

    assert (settings.server.port, settings.pubsub.topic) == (2, "b")


def test_a_missing_location_is_a_fault_unless_it_is_optional(folder: Folder) -> None:
    assert folder.load("--spring.config.additional-location=optional:file:no/,optional:no.properties")

    faults = folder.faults("--spring.config.additional-location=no/,no.properties,no")

    assert [
        "no/" in faults[0],
        "no.properties" in faults[1],
        "end the name of a folder with /" in faults[2],
    ] == [True] * 3


def test_a_missing_tree_is_a_fault_unless_it_is_optional(folder: Folder) -> None:
    assert folder.load("--fanfold.config.tree=optional:no")
    assert "names no folder" in folder.faults("--fanfold.config.tree=no")[0]


def test_a_tree_reads_folders_as_elements_and_passes_over_hidden_names(folder: Folder) -> None:
    folder.write("secrets/spring/redis/password", "s3cret\n")
    folder.write("secrets/..data/server.port", "not a port")

    settings = folder.load("--fanfold.config.tree=secrets")

    assert settings.spring.redis.password.get_secret_value() == "s3cret"


def test_lists_are_replaced_whole(folder: Folder) -> None:
    folder.write("application.properties", "fanfold.http.allowed-hosts=a,b,c")

    settings = folder.load(environ={"FANFOLD_HTTP_ALLOWEDHOSTS": "d"})

    assert settings.fanfold.http.allowed_hosts == ("d",)


def test_a_document_is_read_only_for_its_profiles(folder: Folder) -> None:
    folder.write(
        "application.properties",
        "server.port=1\n#---\nspring.config.activate.on-profile=prod & !eu\nserver.port=2\n"
        "!---\nspring.config.activate.on-profile=eu\nserver.port=3\n",
    )

    ports = [
        folder.load(f"--spring.profiles.active={active}").server.port for active in ("", "prod", "prod,eu")
    ]

    assert ports == [1, 2, 3]
