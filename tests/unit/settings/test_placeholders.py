"""What `${name}` stands for."""

import pytest

from app.settings.placeholders import UnresolvedPlaceholder, resolve
from tests.unit.settings.conftest import Folder

NAMES = {"a": "1", "b": "${a}2", "loop": "${pool}", "pool": "${loop}", "which": "a"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x${a}y${b}", "x1y12"),
        ("${none:x}", "x"),
        ("${none:}", ""),
        ("${none:${b}}", "12"),
        ("${${which}}", "1"),
        ("${none:a:b}", "a:b"),
        ("${none:{}}", "{}"),
        (r"\${a}", "${a}"),
        ("${a", "${a"),
        ("$a {a}", "$a {a}"),
    ],
)
def test_a_placeholder_is_replaced(text: str, expected: str) -> None:
    assert resolve(text, names=NAMES.get) == expected


@pytest.mark.parametrize("text", ["${none}", "${loop}", "${none:${none}}"])
def test_a_placeholder_that_stands_for_nothing_is_refused(text: str) -> None:
    with pytest.raises(UnresolvedPlaceholder):
        resolve(text, names=NAMES.get)


def test_names_are_looked_up_in_every_source_the_strongest_first(folder: Folder) -> None:
    folder.write(
        "application.properties",
        "my.base-port=4\nserver.port=${my.base-port}0\nspring.redis.port=${server.port}\n"
        "pubsub.topic=${HOME_TOPIC}.${pubsub.dead.topic}\n",
    )

    settings = folder.load(environ={"MY_BASEPORT": "5", "HOME_TOPIC": "t"})

    assert (settings.server.port, settings.spring.redis.port) == (50, 50)
    assert settings.pubsub.topic == "t.distributed_task_dead"


def test_each_element_of_a_list_is_resolved(folder: Folder) -> None:
    folder.write(
        "application.properties", "fanfold.http.allowed-hosts[0]=${H}\nfanfold.http.allowed-hosts[1]=b"
    )

    assert folder.load(environ={"H": "a"}).fanfold.http.allowed_hosts == ("a", "b")


def test_profiles_and_places_may_be_placeholders(folder: Folder) -> None:
    folder.write("here/application-prod.properties", "server.port=1")
    folder.write("here/application.properties", "spring.profiles.active=${STAGE}")

    settings = folder.load("--spring.config.location=${WHERE}/", environ={"WHERE": "here", "STAGE": "prod"})

    assert settings.server.port == 1


def test_an_unresolved_one_is_a_fault_with_its_place(folder: Folder) -> None:
    folder.write("application.properties", "\npubsub.topic=${none}")

    assert folder.faults() == [
        (
            "pubsub.topic='${none}' (application.properties:2) holds ${none}, which stands for nothing: "
            "set that name, or write ${name:default}"
        )
    ]
