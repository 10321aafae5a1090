"""The process that starts all enclosures of a worker, and ends them all when the worker ends."""

import contextlib
import gc
import json
import os
import select
import shutil
import signal
import socket
import sys
from pathlib import Path
from typing import NoReturn

from worker.runners.enclosure import keeper, process_tree, syscalls

_MESSAGE_BYTES = 4096
_DESCRIPTORS = 8


class Zygote:
    """Forks keepers on request over a socket; a request is a file's path, its descriptors go with it.

    One thread, small, without a site: forking it is cheap and safe, whatever the worker's threads do.
    The last descriptor of a request is the status pipe: `pid N` when begun, `dead` when all of it is.
    """

    def __init__(self, requests: socket.socket, *, scratch: str, namespaced: bool) -> None:
        self._requests = requests
        self._scratch = scratch
        self._namespaced = namespaced
        self._outer = os.open("/proc/self/ns/pid", os.O_RDONLY)
        self._life, self._life_end = os.pipe()
        self._keepers: dict[int, int] = {}
        self._ended: list[int] = []

    def serve(self) -> None:
        """Answer requests until the worker's end of the socket is closed, then end everything."""
        woken, wake = os.pipe()
        os.set_blocking(wake, False)
        os.set_blocking(woken, False)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        syscalls.adopt_orphans()
        # A collection in a fork would write to, and so copy, most of its memory.
        gc.collect()
        gc.freeze()
        gc.disable()
        while True:
            ready, _, _ = select.select([self._requests.fileno(), woken], [], [])
            if woken in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(woken, 4096)
                self._reap()
            if self._requests.fileno() in ready and not self._answer():
                break
        self._end_all()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _answer(self) -> bool:
        message, descriptors, _, _ = socket.recv_fds(self._requests, _MESSAGE_BYTES, _DESCRIPTORS)
        if not message:
            return False
        word, _, argument = message.decode().partition(" ")
        if word == "kill":
            if int(argument) in self._keepers:
                os.kill(int(argument), signal.SIGKILL)
        else:
            *given, status = descriptors
            self._start(argument, given=given, status=status)
            for each in given:
                os.close(each)
        return True

    def _start(self, request: str, *, given: list[int], status: int) -> None:
        try:
            wanted = json.loads(Path(request).read_bytes())
            numbers = wanted.pop("descriptors")
            pid = self._fork()
        except (OSError, ValueError) as error:
            _tell(status, f"failed {error}\ndead\n")
            os.close(status)
            return
        if pid == 0:
            keeper.keep(
                keeper.Wanted(**wanted),
                descriptors=dict(zip(numbers, given, strict=True)),
                life=self._life,
                status=status,
                namespaced=self._namespaced,
            )
        self._keepers[pid] = status
        _tell(status, f"pid {pid}\n")

    def _fork(self) -> int:
        if not self._namespaced:
            return os.fork()
        syscalls.unshare(syscalls.CLONE_NEWPID)
        pid = -1
        try:
            pid = os.fork()
        finally:
            if pid != 0:
                syscalls.join_namespace(self._outer, kind=syscalls.CLONE_NEWPID)
        return pid

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, _ = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    break
                if pid in self._keepers:
                    self._ended.append(self._keepers.pop(pid))
        if self._ended and not self._kill_strays():
            for status in self._ended:
                _tell(status, "dead\n")
                os.close(status)
            self._ended.clear()

    def _kill_strays(self) -> bool:
        """Kill what a keeper's end has left to us; whether there was any."""
        strays = [each for each in process_tree.children(os.getpid()) if each not in self._keepers]
        for each in strays:
            os.kill(each, signal.SIGKILL)
        return bool(strays)

    def _end_all(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while True:
                for each in process_tree.children(os.getpid()):
                    os.kill(each, signal.SIGKILL)
                os.waitpid(-1, 0)


def can_use_namespaces() -> bool:
    """Whether this process may make pid and mount namespaces with a /proc of their own."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            syscalls.unshare(syscalls.CLONE_NEWPID)
            inner = os.fork()
            if inner == 0:
                syscalls.mount_own_proc()
                os._exit(0)
            status = os.waitstatus_to_exitcode(os.waitpid(inner, 0)[1])
        finally:
            os._exit(status)
    return os.waitpid(pid, 0)[1] == 0


def main() -> NoReturn:
    """Run with the descriptor of the socket, the scratch folder and the wish for namespaces as arguments."""
    descriptor, scratch, wish = sys.argv[-3:]
    requests = socket.socket(fileno=int(descriptor))
    namespaced = can_use_namespaces() if wish == "auto" else wish == "namespace"
    requests.send(b"namespace" if namespaced else b"subreaper")
    Zygote(requests, scratch=scratch, namespaced=namespaced).serve()
    sys.exit(0)


def _tell(status: int, line: str) -> None:
    with contextlib.suppress(BrokenPipeError):
        os.write(status, line.encode())
