"""The slot process for python functions: a script of its own that imports nothing of the worker.

Arguments: folder of the slot process, cap of a value in bytes. It is told batches on descriptor 3 and
holds the control pipe, on 4, for its end to be seen and to wake the worker. Items' stdout and stderr are
the FIFOs `out` and `err`; how they ended is told in memory (see `python_answers`).
Byte 0 of the file `brake` is 1 while no item may begin.
"""
# Without `pathlib` and `typing` a slot process starts in three quarters of the time.
# ruff: noqa: PTH100, PTH120, PTH123

import _thread
import fcntl
import gc
import importlib
import io
import itertools
import json
import linecache
import mmap
import os
import signal
import struct
import sys
import time
import traceback
import types
from collections.abc import Callable, Iterable, Iterator, Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from worker.runners.python_answers import Answers
    from worker.runners.python_process import Process

_SOURCE_NAME = "function.py"
_OUT_OF_THE_WAY = 64

_ARRAY_OF_13, _TIMESTAMP, _FLOAT, _NUMBER, _BYTES, _TEXT = 0x9DCF, 0xD7FF, 0xCB, 0xCF, 0xC6, 0xDB
_NANOSECONDS_AT = 34
_NIL = b"\xc0"
_NULL = b"\xc4\x04null"
_OK = b"\xa2ok\x00" + _NIL
_NO_OUTPUTS = b"\xc4\x00\xc4\x00\xc2\xc2"
_pack_attempt = struct.Struct(">BQ").pack
_pack_length = struct.Struct(">BI").pack
_pack_ok = struct.Struct(">5sBI").pack
_to_json = json.JSONEncoder(allow_nan=False).encode

_Function = Callable[[str], object]


class _Failure(Exception):
    """An item that has nothing to return: exit code, and what is to be said on stderr."""

    def __init__(self, said: str, *, exit_code: int = 1) -> None:
        super().__init__(said)
        self.said = said
        self.exit_code = exit_code


class Slot:
    """Runs items one after another, and leaves nothing of one to the next that it can help."""

    def __init__(self, folder: str, *, value_cap: int, answers: "Answers", process: "Process") -> None:
        self._value_cap = value_cap
        self._answers = answers
        self._process = process
        self._is_itself = process.is_itself
        self._home = os.open(".", os.O_RDONLY | os.O_CLOEXEC)
        _open_for_items(f"{folder}/out", standard=1)
        _open_for_items(f"{folder}/err", standard=2)
        self._open_texts()
        with open(f"{folder}/brake", "r+b") as file:
            self._brake = mmap.mmap(file.fileno(), 1)
        self._function = _load(_content(f"{folder}/function").decode(errors="surrogatepass"))
        self._stdout.flush()
        self._threads = _thread._count()  # noqa: SLF001 - threading's own count misses raw threads

    def serve(
        self, *, mark: bytes, worker: str, spans: Iterable[tuple[int, int, int]], texts: Sequence[str]
    ) -> None:
        """Run a batch: texts for the indexes from the first of a span up to the second, at its attempt.

        The mark is kept where neither a traceback with variables nor a `repr` shows it.
        """
        marks, left = itertools.repeat(mark), iter(texts)
        self._answers.begin()
        told_attempt = 0
        for start, stop, attempt in spans:
            if attempt != told_attempt:
                os.environ["FANFOLD_ATTEMPT"] = str(attempt)
                told_attempt = attempt
            alike = _pack_attempt(_NUMBER, attempt) + _NO_OUTPUTS + _packed(_TEXT, worker)
            if not self._serve_span(zip(range(start, stop), left), alike=alike, marks=marks):  # noqa: B905
                break
        is_crowded = _thread._count() > self._threads  # noqa: SLF001
        # Threads cannot be ended: a new process takes over, and these end with this one.
        self._answers.say(b"retire" if is_crowded else b"end", mark=mark)

    def _serve_span(self, items: Iterable[tuple[int, str]], *, alike: bytes, marks: Iterator[bytes]) -> bool:
        """Whether the next span may begin.

        An answer is the result as it is stored, an array in msgpack; `alike` is what all have of it. What the
        loop calls is at hand, because that takes most of its time.
        """
        brake, clock, tell_index, threads = self._brake, time.perf_counter, self._process.tell, self._threads
        run, clear_up, give, count_threads = self._run, self._clear_up, self._answers.give, _thread._count  # noqa: SLF001
        now, pack = time.time_ns, struct.Struct(f">HQHQBd{len(alike)}s").pack
        for index, text in items:
            if brake[0]:
                return False
            tell_index(index)
            began, started = now(), clock()
            ending = run(text)
            microseconds = int((clock() - started) * 1e6 + 0.5)
            clear_up()
            second, rest = divmod(began, 1_000_000_000)
            moment = rest // 1000 * 1000 << _NANOSECONDS_AT | second
            head = pack(_ARRAY_OF_13, index, _TIMESTAMP, moment, _FLOAT, microseconds / 1000, alike)
            give(index, head + ending, marks)
            if count_threads() > threads:
                return False
        return True

    def _run(self, text: str) -> bytes:
        """How the item ended, and its value."""
        try:
            result = self._function(text)
            return _OK + _NULL if result is None else self._ok(result)
        except SystemExit as end:
            code = _exit_code(end)
            return _failed(code) if code else _OK + _NULL
        except _Failure as failure:
            self._complain(failure.said)
            return _failed(failure.exit_code)
        except BaseException as error:  # noqa: BLE001 - whatever user code raises is data
            self._complain(_traceback(error))
            return _failed(1)

    def _ok(self, result: object) -> bytes:
        try:
            text = str(result) if type(result) is int else _to_json(result)  # which takes ten times as long
            if "\\ud" in text:  # half a surrogate pair is no text: many readers refuse it
                json.dumps(result, ensure_ascii=False).encode()
        except (TypeError, ValueError, RecursionError) as error:
            raise _Failure(f"fanfold: what run(item) returned cannot be written as JSON: {error}\n") from None
        if len(text) > self._value_cap:
            raise _Failure(
                f"fanfold: what run(item) returned is {len(text)} bytes of JSON, "
                f"more than {self._value_cap}\n"
            )
        return _pack_ok(_OK, _BYTES, len(text)) + text.encode()

    def _complain(self, text: str) -> None:
        try:
            self._stdout.flush()
            self._stderr.write(text)
        except ValueError:
            os.write(self._answers.err, text.encode(errors="replace"))

    def _clear_up(self) -> None:
        if not self._is_itself():
            os._exit(0)  # a fork of an item that came back from `run`
        try:
            self._stdout.flush()
            self._stderr.flush()
        except (ValueError, OSError):
            self._open_texts()
        sys.stdout, sys.stderr = self._stdout, self._stderr
        signal.alarm(0)
        os.fchdir(self._home)
        if not self._process.is_childless():
            self._process.kill_children()

    def _open_texts(self) -> None:
        self._stdout = io.TextIOWrapper(
            _buffered(self._answers.out), encoding="utf-8", errors="surrogateescape"
        )
        self._stderr = io.TextIOWrapper(
            _buffered(self._answers.err), encoding="utf-8", errors="backslashreplace", line_buffering=True
        )
        sys.stdout, sys.stderr = self._stdout, self._stderr


def main() -> "NoReturn":
    """Serve batches until the worker closes the pipe."""
    folder, value_cap = sys.argv[1], int(sys.argv[2])
    sys.argv[:] = [_SOURCE_NAME]
    told, control = _move_away(3), _move_away(4)
    answers = _beside("python_answers").Answers(folder, control=control)
    slot = Slot(folder, value_cap=value_cap, answers=answers, process=_beside("python_process").Process())
    gc.collect()
    gc.freeze()
    is_ready = False
    while os.read(told, 1):
        batch = json.loads(_content(f"{folder}/batch"))
        mark = bytes.fromhex(batch["mark"])
        if not is_ready:
            answers.say(b"ready", mark=mark)
            is_ready = True
        slot.serve(mark=mark, worker=batch["worker"], spans=batch["spans"], texts=batch["texts"])
    os._exit(0)


def _beside(name: str) -> types.ModuleType:
    """A script that lies beside this one; no item finds it, nor what else lies there."""
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    try:
        return importlib.import_module(name)
    finally:
        del sys.path[0], sys.modules[name]


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


def _failed(exit_code: int) -> bytes:
    return b"\xa6failed\xd2" + exit_code.to_bytes(4, "big", signed=True) + _NIL + _NIL


def _packed(kind: int, text: str) -> bytes:
    data = text.encode()
    return _pack_length(kind, len(data)) + data


def _content(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _open_for_items(path: str, *, standard: int) -> None:
    """Open a FIFO as standard output or error."""
    opened = os.open(path, os.O_WRONLY)
    os.dup2(opened, standard)
    os.close(opened)


def _move_away(descriptor: int) -> int:
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _OUT_OF_THE_WAY)
    os.close(descriptor)
    return moved


def _buffered(descriptor: int) -> io.BufferedWriter:
    return io.BufferedWriter(io.FileIO(descriptor, "w", closefd=False), 32_768)


if __name__ == "__main__":
    main()
