"""Free ports of this machine's loopback address, kept over restarts where that is possible."""

import random
import socket
from collections.abc import Collection, Iterable

from fanfold.embedded.errors import EmbeddedError

# Below the range that the kernel gives to outgoing connections: a client that tries again while its
# server restarts could otherwise be given the server's port as its own, and connect to itself.
_CHOICE = range(20_000, 30_000)
_TRIES = 200


def is_free(port: int) -> bool:
    """Whether a server could listen on this port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen(1)
        except OSError:
            return False
    return True


def free_port(*, taken: Collection[int] = ()) -> int:
    """A port on which nothing listens, and which is not one of `taken`."""
    chosen = random.SystemRandom()
    for _ in range(_TRIES):
        port = chosen.choice(_CHOICE)
        if port not in taken and is_free(port):
            return port
    raise EmbeddedError(f"no free port on 127.0.0.1 between {_CHOICE.start} and {_CHOICE.stop - 1}")


def assign(names: Iterable[str], *, before: dict[str, int], taken: Collection[int] = ()) -> dict[str, int]:
    """A port for each name: the one it had before where that is still free, else another."""
    ports: dict[str, int] = {}
    for name in names:
        used = {*taken, *ports.values()}
        old = before.get(name, 0)
        ports[name] = old if old and old not in used and is_free(old) else free_port(taken=used)
    return ports
