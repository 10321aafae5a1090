"""Ports are free ones, apart from each other, and the same as before where that is possible."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from fanfold.embedded.ports import assign, free_port, is_free

NAMES = ("kafka", "controller", "redis")


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", free_port()))
        listener.listen()
        yield int(listener.getsockname()[1])


def test_a_port_on_which_something_listens_is_not_free(busy_port: int) -> None:
    assert not is_free(busy_port)


def test_each_name_gets_a_free_port_of_its_own() -> None:
    ports = assign(NAMES, before={})

    assert len(set(ports.values())) == 3
    assert all(is_free(port) for port in ports.values())


def test_ports_are_kept_while_they_are_free(busy_port: int) -> None:
    before = {"kafka": free_port(), "controller": busy_port}

    ports = assign(NAMES, before=before)

    assert ports["kafka"] == before["kafka"]
    assert ports["controller"] != busy_port


def test_a_port_that_another_part_needs_is_not_kept() -> None:
    wanted = free_port()

    assert assign(("kafka",), before={"kafka": wanted}, taken=[wanted])["kafka"] != wanted


def test_free_ports_lie_below_those_that_the_kernel_gives_to_outgoing_connections() -> None:
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])

    assert all(free_port() < lowest for _ in range(50))
