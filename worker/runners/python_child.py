"""The slot process for python functions: a script of its own that imports nothing of the worker.

Arguments: folder of the slot process, cap of a value in bytes. It is told batches on descriptor 3 and
holds the control pipe, on 4, only for its end to be seen. Items' stdout and stderr are the FIFOs `out`
and `err`. The worker's mark goes to both after each item, and on `err` a line that tells how it ended.
Byte 0 of the file `brake` is 1 while no item may begin.
"""

import _thread
import binascii
import fcntl
import gc
import io
import itertools
import json
import linecache
import mmap
import os
import signal
import sys
import time
import traceback
import types
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NoReturn

_SOURCE_NAME = "function.py"
_OUT_OF_THE_WAY = 64
_IF_ENDED = os.WEXITED | os.WNOHANG | os.WNOWAIT
_NO_VALUE = b'"bnVsbA=="'
_FORGOTTEN_VALUES = 20_000
_INDEX_VARIABLE_BYTES = 48
_to_json = json.JSONEncoder(allow_nan=False).encode

_Function = Callable[[str], object]


class _Failure(Exception):
    """An item that has nothing to return: exit code, and what is to be said on stderr."""

    def __init__(self, said: str, *, exit_code: int = 1) -> None:
        super().__init__(said)
        self.said = said
        self.exit_code = exit_code


class _IndexVariable:
    """FANFOLD_ITEM_INDEX in the environment. libc never frees what a variable was, 80 bytes an item.

    So from some item on the variable is a piece of memory that is written to. (Not from the first: the
    library that hands it over takes as long to load as a thousand items that do nothing.)
    """

    def __init__(self) -> None:
        self._left = _FORGOTTEN_VALUES
        self._memory: Any = None

    def tell(self, index: int) -> None:
        text = b"%d" % index
        if self._memory is None:
            os.environ["FANFOLD_ITEM_INDEX"] = text.decode()
            self._left -= 1
            if not self._left:
                self._own()
            return
        self._memory.value = b"FANFOLD_ITEM_INDEX=" + text
        try:
            os.environ._data[b"FANFOLD_ITEM_INDEX"] = text  # type: ignore[attr-defined]  # noqa: SLF001
        except AttributeError:  # the function has put something of its own there
            os.environ["FANFOLD_ITEM_INDEX"] = text.decode()

    def _own(self) -> None:
        import ctypes

        self._memory = ctypes.create_string_buffer(b"FANFOLD_ITEM_INDEX=", _INDEX_VARIABLE_BYTES)
        ctypes.CDLL(None).putenv(self._memory)


class Slot:
    """Runs items one after another, and leaves nothing of one to the next that it can help."""

    def __init__(self, folder: Path, *, value_cap: int) -> None:
        self._folder = folder
        self._value_cap = value_cap
        self._pid = os.getpid()
        self._home = os.open(".", os.O_RDONLY | os.O_CLOEXEC)
        self._out = _open_stream(folder / "out", standard=1)
        self._err = _open_stream(folder / "err", standard=2)
        self._open_texts()
        with (folder / "brake").open("r+b") as file:
            self._brake = mmap.mmap(file.fileno(), 1)
        self._function = _load((folder / "function").read_bytes().decode(errors="surrogatepass"))
        self._stdout.flush()
        self._index = _IndexVariable()
        self._threads = _thread._count()  # noqa: SLF001 - threading's own count misses raw threads

    def serve(self, *, mark: bytes, worker: bytes, items: Iterable[tuple[int, int, str]]) -> None:
        """Run a batch. The mark is kept where neither a traceback with variables nor a `repr` shows it.

        An answer is the result as the worker keeps it, a JSON array without its brackets and outputs.
        """
        marks = itertools.repeat(mark)
        environment, brake, clock, tell_index = os.environ, self._brake, time.perf_counter, self._index.tell
        out, err, run, clear_up, write = self._out, self._err, self._run, self._clear_up, os.write
        last_attempt = 0
        for index, attempt, text in items:
            if brake[0]:
                break
            tell_index(index)
            if attempt != last_attempt:
                environment["FANFOLD_ATTEMPT"] = str(attempt)
                last_attempt = attempt
            began, started = time.time(), clock()
            outcome, exit_code, value = run(text)
            duration = clock() - started
            clear_up()
            write(out, next(marks))
            answer = b'%b\x1e%d,"%b",%d,null,"","",false,false,%b,%.6f,%.3f,%d,%b\n' % (
                next(marks),
                index,
                outcome,
                exit_code,
                value,
                began,
                duration * 1000,
                attempt,
                worker,
            )
            written = write(err, answer)
            if written < len(answer):
                _write_all(err, answer[written:])
            if _thread._count() > self._threads:  # noqa: SLF001
                # Threads cannot be ended: a new process takes over, and these end with this one.
                _write_all(self._err, next(marks) + b"\x1eretire\n")
                return
        _write_all(self._err, next(marks) + b"\x1eend\n")

    def say_ready(self, mark: bytes) -> None:
        """Tell that the function is loaded."""
        _write_all(self._err, mark + b"\x1eready\n")

    def _run(self, text: str) -> tuple[bytes, int, bytes]:
        try:
            result = self._function(text)
            if result is None:
                return b"ok", 0, _NO_VALUE
            return b"ok", 0, self._encoded(result)
        except SystemExit as end:
            code = _exit_code(end)
            return (b"failed", code, b"null") if code else (b"ok", 0, _NO_VALUE)
        except _Failure as failure:
            self._complain(failure.said)
            return b"failed", failure.exit_code, b"null"
        except BaseException as error:  # noqa: BLE001 - whatever user code raises is data
            self._complain(_traceback(error))
            return b"failed", 1, b"null"

    def _encoded(self, result: object) -> bytes:
        try:
            text = _to_json(result)
            if "\\ud" in text:  # half a surrogate pair is no text: many readers refuse it
                json.dumps(result, ensure_ascii=False).encode()
        except (TypeError, ValueError, RecursionError) as error:
            raise _Failure(f"fanfold: what run(item) returned cannot be written as JSON: {error}\n") from None
        if len(text) > self._value_cap:
            raise _Failure(
                f"fanfold: what run(item) returned is {len(text)} bytes of JSON, "
                f"more than {self._value_cap}\n"
            )
        return b'"%b"' % binascii.b2a_base64(text.encode(), newline=False)

    def _complain(self, text: str) -> None:
        try:
            self._stdout.flush()
            self._stderr.write(text)
        except ValueError:
            os.write(self._err, text.encode(errors="replace"))

    def _clear_up(self) -> None:
        if os.getpid() != self._pid:
            os._exit(0)  # a fork of an item that came back from `run`
        try:
            self._stdout.flush()
            self._stderr.flush()
        except (ValueError, OSError):
            self._open_texts()
        sys.stdout, sys.stderr = self._stdout, self._stderr
        signal.alarm(0)
        os.fchdir(self._home)
        try:
            os.waitid(os.P_ALL, 0, _IF_ENDED)
        except ChildProcessError:
            return
        _kill_children()

    def _open_texts(self) -> None:
        self._stdout = io.TextIOWrapper(_buffered(self._out), encoding="utf-8", errors="surrogateescape")
        self._stderr = io.TextIOWrapper(
            _buffered(self._err), encoding="utf-8", errors="backslashreplace", line_buffering=True
        )
        sys.stdout, sys.stderr = self._stdout, self._stderr


def main() -> NoReturn:
    """Serve batches until the worker closes the pipe."""
    folder, value_cap = Path(sys.argv[1]), int(sys.argv[2])
    sys.argv[:] = [_SOURCE_NAME]
    told, _ = _move_away(3), _move_away(4)
    slot = Slot(folder, value_cap=value_cap)
    gc.collect()
    gc.freeze()
    is_ready = False
    while os.read(told, 1):
        batch = json.loads((folder / "batch").read_bytes())
        mark = bytes.fromhex(batch["mark"])
        if not is_ready:
            slot.say_ready(mark)
            is_ready = True
        slot.serve(mark=mark, worker=json.dumps(batch["worker"]).encode(), items=batch["items"])
    os._exit(0)


def _load(source: str) -> _Function:
    """The template's `run`; where it has none, a function that fails with the reason."""
    module = types.ModuleType("function")
    module.__file__ = _SOURCE_NAME
    sys.modules["function"] = module
    linecache.cache[_SOURCE_NAME] = (len(source), None, source.splitlines(keepends=True), _SOURCE_NAME)
    try:
        exec(compile(source, _SOURCE_NAME, "exec"), module.__dict__)  # noqa: S102 - that is the purpose
    except SystemExit as end:
        return _failing(
            "fanfold: the template called sys.exit when it was loaded\n", exit_code=_exit_code(end)
        )
    except BaseException as error:  # noqa: BLE001 - whatever user code raises is data
        return _failing(_traceback(error))
    run = getattr(module, "run", None)
    if not callable(run):
        return _failing("fanfold: the template defines no function run(item)\n")
    return run  # type: ignore[no-any-return]


def _failing(said: str, *, exit_code: int = 1) -> _Function:
    def run(_: str) -> object:
        raise _Failure(said, exit_code=exit_code)

    return run


def _exit_code(end: SystemExit) -> int:
    if end.code is None:
        return 0
    if isinstance(end.code, int):
        return end.code & 0xFF
    print(end.code, file=sys.stderr)
    return 1


def _traceback(error: BaseException) -> str:
    """As Python prints it, from the first frame that is not of this file."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next
    return "".join(traceback.format_exception(type(error), error, frames))


def _open_stream(path: Path, *, standard: int) -> int:
    """Open a FIFO twice: as standard output or error, and to our own number, which items do not inherit."""
    for_items = os.open(path, os.O_WRONLY)
    os.dup2(for_items, standard)
    os.close(for_items)
    return _move_away(os.open(path, os.O_WRONLY))


def _move_away(descriptor: int) -> int:
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _OUT_OF_THE_WAY)
    os.close(descriptor)
    return moved


def _buffered(descriptor: int) -> io.BufferedWriter:
    return io.BufferedWriter(io.FileIO(descriptor, "w", closefd=False), 32_768)


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _kill_children() -> None:
    """Kill all that the item left; orphans become our children, so the loop ends when none is left."""
    while True:
        for thread in Path("/proc/self/task").iterdir():
            for pid in (thread / "children").read_text().split():
                os.kill(int(pid), signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


if __name__ == "__main__":
    main()
