"""The worker's hold on its enclosures: start a slot process, know when all of it is dead, kill it."""

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Self

import msgspec

from app.errors import FanfoldError
from worker.runners.enclosure import process_tree, scratch

_BOOT = (
    "import sys; sys.path.insert(0, sys.argv[1]); from worker.runners.enclosure.zygote import main; main()"
)
_REPLY_SECONDS = 10.0
_STATUS_BYTES = 4096


class LaunchFailed(FanfoldError):
    """A slot process could not be started: look at the work folder, the memory and the process limit."""

    code = "launch-failed"
    title = "A slot process could not be started"


class Enclosure(StrEnum):
    """How what an item leaves behind is found: by a pid namespace, or by adopting orphans."""

    AUTO = "auto"
    NAMESPACE = "namespace"
    SUBREAPER = "subreaper"


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """A slot process to start. `adopting` makes it the parent of the orphans its items leave.

    In an argument `{enclosure}` is replaced by `namespace` or `subreaper`, `{keeper}` by the number of
    the process that adopts orphans.
    """

    argv: Sequence[str]
    environment: Mapping[str, str]
    directory: Path
    adopting: bool = False


class Enclosed:
    """A started slot process and all that descends from it. Owned by one thread."""

    def __init__(self, *, status: int, launcher: "Launcher", namespaced: bool) -> None:
        self._status = status
        self._namespaced = namespaced
        self._launcher = launcher
        self._heard: dict[str, str] = {}
        self._closed = False

    def pid(self) -> int | None:
        """The number of its keeper, or None when it never began; waits for the launcher's answer."""
        self._listen_for("pid", seconds=_REPLY_SECONDS)
        return int(self._heard["pid"]) if "pid" in self._heard else None

    def terminate_items(self, *, with_leader: bool) -> None:
        """Send SIGTERM to all that descends from the slot process, and to itself if asked to."""
        keeper = self.pid()
        if keeper is None:
            return
        leader = self._leader(keeper)
        spared = {each for each in process_tree.children(keeper) if leader in process_tree.children(each)}
        if not with_leader:
            spared.add(leader)
        process_tree.terminate([each for each in process_tree.descendants(keeper) if each not in spared])

    def wait(self, seconds: float) -> bool:
        """Wait until every process of it is dead; False if that takes longer than `seconds`."""
        return self._listen_for("dead", seconds=seconds)

    @property
    def return_code(self) -> int:
        """Once it is dead: the slot process's exit status, or the negative number of its signal."""
        return int(self._heard.get("ended", -signal.SIGKILL))

    @property
    def failure(self) -> str | None:
        """Once it is dead: why it could not be started, as the launcher says."""
        return self._heard.get("failed")

    def kill(self) -> None:
        """Kill every process of it at once; `wait` tells when that is done."""
        pid = self.pid()
        if pid is not None and "dead" not in self._heard:
            self._launcher.kill(pid)

    def close(self) -> None:
        """Kill it and forget it. May be called twice."""
        if not self._closed:
            self.kill()
            self._closed = True
            os.close(self._status)

    def _leader(self, keeper: int) -> int:
        if self._namespaced:
            return next(iter(process_tree.children(keeper)), 0)
        self._listen_for("leader", seconds=_REPLY_SECONDS)
        return int(self._heard.get("leader", 0))

    def _listen_for(self, word: str, *, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        poll = select.poll()
        poll.register(self._status, select.POLLIN)
        while word not in self._heard and "dead" not in self._heard:
            if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
                return False
            for line in os.read(self._status, _STATUS_BYTES).decode().splitlines() or ["dead"]:
                said, _, what = line.partition(" ")
                self._heard[said] = what
        return word in self._heard


class Launcher:
    """Starts slot processes by one small helper process; safe to use from many threads.

    When the worker ends, by SIGKILL too, the helper sees its end of a socket closed, kills every
    enclosure and removes the scratch folder, which lies in memory where the machine has /dev/shm.
    """

    def __init__(self, *, enclosure: Enclosure = Enclosure.AUTO, scratch_parent: Path | None = None) -> None:
        self._wish = enclosure
        self._parent = scratch_parent or scratch.default_parent()
        self._lock = threading.Lock()
        self._helper: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._enclosure = enclosure
        self._closed = False
        scratch.remove_abandoned(self._parent)
        self.scratch, self._hold = scratch.make(self._parent)
        with self._lock:
            self._start_helper()

    @property
    def enclosure(self) -> Enclosure:
        """What the helper found that it can do: NAMESPACE or SUBREAPER."""
        return self._enclosure

    def launch(self, command: Command, *, directory: Path, descriptors: Mapping[int, int]) -> Enclosed:
        """Start a slot process; returns before it runs.

        `directory` is a folder of the caller's in `scratch`. `descriptors` maps numbers in the slot
        process to open ones here, which the caller may close afterwards. Raises LaunchFailed.
        """
        request = directory / "launch.json"
        request.write_text(
            json.dumps(
                {
                    "argv": [each.replace("{enclosure}", self._enclosure) for each in command.argv],
                    "environment": dict(command.environment),
                    "directory": str(command.directory),
                    "descriptors": list(descriptors),
                    "adopting": command.adopting,
                }
            )
        )
        status, theirs = os.pipe()
        try:
            self._send(f"start {request}".encode(), descriptors=[*descriptors.values(), theirs])
        except LaunchFailed:
            os.close(status)
            raise
        finally:
            os.close(theirs)
        namespaced = self._enclosure is Enclosure.NAMESPACE
        return Enclosed(status=status, launcher=self, namespaced=namespaced)

    def kill(self, keeper: int) -> None:
        """Kill an enclosure by its keeper's number. Without a helper all are dead already."""
        with self._lock, contextlib.suppress(OSError):
            if self._socket is not None:
                self._socket.send(f"kill {keeper}".encode())

    def close(self) -> None:
        """Kill every enclosure, wait for that, and remove the scratch folder. May be called twice."""
        with self._lock:
            self._closed = True
            self._stop_helper()
            shutil.rmtree(self.scratch, ignore_errors=True)
            if self._hold >= 0:
                os.close(self._hold)
                self._hold = -1

    def _send(self, message: bytes, *, descriptors: Sequence[int]) -> None:
        """Hand a request to the helper, starting it again should it have died."""
        with self._lock:
            for last_try in (False, True):
                try:
                    socket.send_fds(self._helpers_socket(), [message], list(descriptors))
                except OSError as error:
                    self._stop_helper()
                    if last_try:
                        raise LaunchFailed(f"the launcher does not answer: {error}") from error
                else:
                    return

    def _helpers_socket(self) -> socket.socket:
        if self._closed:
            raise LaunchFailed("the launcher is closed")
        return self._socket or self._start_helper()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start_helper(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        root = str(Path(__file__).parents[3])
        argv = [
            sys.executable,
            "-I",
            "-S",
            "-c",
            _BOOT,
            root,
            str(theirs.fileno()),
            str(self.scratch),
            self._wish,
        ]
        with theirs:
            self._helper = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno(), self._hold], start_new_session=True
            )
        ours.settimeout(_REPLY_SECONDS)
        found = ours.recv(64).decode()
        if not found:
            ours.close()
            raise LaunchFailed("the launcher ended as soon as it was started")
        ours.settimeout(None)
        self._socket, self._enclosure = ours, Enclosure(found)
        return ours

    def _stop_helper(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._helper is not None:
            self._helper.wait()
            self._helper = None
