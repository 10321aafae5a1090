"""The data folder is held by one system at a time, and remembers its ports and addresses."""

import os
from pathlib import Path

import pytest

from fanfold.embedded.errors import EmbeddedError
from fanfold.embedded.state import StateFolder

PORTS = {"kafka": 20001, "controller": 20002, "redis": 20003}


def test_a_folder_that_is_held_is_refused_to_a_second(tmp_path: Path) -> None:
    state = StateFolder(root=tmp_path)

    with state.hold():
        assert state.holder() == os.getpid()
        with pytest.raises(EmbeddedError, match="already runs in"), state.hold():
            pytest.fail("held twice")

    assert state.holder() is None


def test_nothing_holds_a_folder_that_was_never_used(tmp_path: Path) -> None:
    assert StateFolder(root=tmp_path / "never").holder() is None


def test_two_folders_are_held_side_by_side(tmp_path: Path) -> None:
    with StateFolder(root=tmp_path / "a").hold(), StateFolder(root=tmp_path / "b").hold():
        assert StateFolder(root=tmp_path / "a").holder() == os.getpid()


def test_the_ports_are_remembered_and_the_addresses_told(tmp_path: Path) -> None:
    state = StateFolder(root=tmp_path)
    with state.hold():
        state.keep_ports(PORTS)

    assert state.ports() == PORTS
    assert state.properties.read_text().splitlines() == [
        "pubsub.namespace=127.0.0.1:20001",
        "spring.redis.host=127.0.0.1",
        "spring.redis.port=20003",
    ]


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"kafka": "x"}', '{"kafka": null}'])
def test_damaged_memory_of_ports_counts_as_none(tmp_path: Path, text: str) -> None:
    state = StateFolder(root=tmp_path)
    with state.hold():
        (tmp_path / "run" / "ports.json").write_text(text)

    assert state.ports() == {}


def test_scratch_files_of_an_earlier_system_are_gone_at_the_start(tmp_path: Path) -> None:
    state = StateFolder(root=tmp_path)
    with state.hold():
        (state.scratch / "left").write_text("over")

    with state.hold():
        assert list(state.scratch.iterdir()) == []
