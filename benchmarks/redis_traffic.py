"""What one process says to Redis and hears from it, counted by Redis itself for each connection."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import redis


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """Commands, and bytes in both directions."""

    commands: int
    bytes: int


def traffic_of(action: Callable[[], object], *, api_port: int, redis_port: int) -> Traffic:
    """What the process that serves `api_port` exchanges with Redis meanwhile.

    Somebody must have a connection to that port open: by it the process is found. Raises RuntimeError.
    """
    with redis.Redis(port=redis_port) as observer:
        before = _counted(observer, ports=_ports_to(redis_port, of=_server_of(api_port)))
        action()
        # A connection that was opened meanwhile counts from its first command on.
        after = _counted(observer, ports=_ports_to(redis_port, of=_server_of(api_port)))
    return Traffic(commands=after.commands - before.commands, bytes=after.bytes - before.bytes)


def _counted(observer: "redis.Redis", *, ports: frozenset[int]) -> Traffic:
    clients = [client for client in observer.client_list() if int(client["addr"].rpartition(":")[2]) in ports]
    return Traffic(
        commands=sum(int(client["tot-cmds"]) for client in clients),
        bytes=sum(int(client["tot-net-in"]) + int(client["tot-net-out"]) for client in clients),
    )


def _server_of(port: int) -> int:
    """The process that has accepted connections on this port."""
    accepted = {inode for local, _, inode in _sockets() if local == port and inode}
    for folder in Path("/proc").glob("[0-9]*"):
        if accepted & _inodes(int(folder.name)):
            return int(folder.name)
    raise RuntimeError(f"nobody serves port {port}, or nobody is connected to it")


def _ports_to(port: int, *, of: int) -> frozenset[int]:
    """The local ports of a process's connections to this port."""
    owned = _inodes(of)
    return frozenset(local for local, remote, inode in _sockets() if remote == port and inode in owned)


def _sockets() -> Iterator[tuple[int, int, int]]:
    """Local port, remote port and inode of each connection over IPv4."""
    established = "01"
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, state, *others = line.split()
        if state == established:
            yield int(local.rpartition(":")[2], 16), int(remote.rpartition(":")[2], 16), int(others[5])


def _inodes(pid: int) -> frozenset[int]:
    """The sockets that a process has open; none of one that is gone or not ours."""
    try:
        links = [str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir()]
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return frozenset()
    return frozenset(int(link[8:-1]) for link in links if link.startswith("socket:["))
