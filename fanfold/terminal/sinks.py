"""Where results go: their outputs to the two output streams, byte for byte, or all of it as JSON."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, BinaryIO, Protocol

from fanfold.terminal.wording import ending, quoted_item

if TYPE_CHECKING:
    from fanfold.terminal.json_shapes import ErrorDetail
    from fanfold.values import ItemResult, TaskStatus


class Sink(Protocol):
    """Takes results in item order and, at last, the end. May block, and raise BrokenPipeError.

    `position` is the index after the last result that was written; 0 before. `is_brief`: of items that
    succeeded it writes their outputs and values alone.
    """

    position: int
    is_brief: bool

    def take(self, results: "Sequence[ItemResult]") -> None:
        """Write results; they may stay in a buffer."""

    def flush(self) -> bool:
        """Bring everything out. True, once, if a terminal's cursor is left within a line."""

    def end(self, task: "TaskStatus | None", *, error: "ErrorDetail | None" = None) -> None:
        """Write what comes after the last result."""


class OutputSink:
    """Writes what items wrote; `notes` adds a line on stderr for each that did not end well."""

    is_brief = True

    def __init__(self, *, notes: bool) -> None:
        self._stdout: BinaryIO = sys.stdout.buffer
        self._stderr: BinaryIO = sys.stderr.buffer
        self._terminals = [stream for stream in (self._stdout, self._stderr) if stream.isatty()]
        self._notes = notes
        self._within_line = False
        self.position = 0

    def take(self, results: "Sequence[ItemResult]") -> None:
        """Write of each stdout, then the value a python function returned, then stderr.

        What goes to stdout alone is written together, and at once where there is nothing but values.
        """
        from fanfold.terminal.json_shapes import to_json, to_json_lines

        if results and not any(each.stdout or each.stderr or self._note(each) for each in results):
            values = [each.value for each in results if each.value is not None]
            self._put([to_json_lines(values)], after=results[-1].index)
            return
        outputs: list[bytes] = []
        for result in results:
            if result.stdout:
                outputs.append(result.stdout_bytes)
            if result.value is not None:
                outputs += (to_json(result.value), b"\n")
            note = self._note(result)
            if result.stderr or note:
                self._put(outputs, after=result.index)
                outputs = []
                self._stdout.flush()
                self._write(self._stderr, result.stderr_bytes + note)
                self._stderr.flush()
        if results:
            self._put(outputs, after=results[-1].index)

    def _put(self, outputs: Sequence[bytes], *, after: int) -> None:
        self._write(self._stdout, b"".join(outputs))
        self.position = after + 1

    def flush(self) -> bool:
        """Bring everything out. True, once, if a terminal's cursor is left within a line."""
        self._stdout.flush()
        within_line, self._within_line = self._within_line, False
        return within_line

    def end(self, task: "TaskStatus | None", *, error: "ErrorDetail | None" = None) -> None:
        """Nothing comes after the outputs."""
        del task, error
        self.flush()

    def _write(self, stream: BinaryIO, data: bytes) -> None:
        if data:
            stream.write(data)
            if stream in self._terminals:
                self._within_line = not data.endswith(b"\n")

    def _note(self, result: "ItemResult") -> bytes:
        if not self._notes or (
            result.outcome == "ok" and not (result.stdout_truncated or result.stderr_truncated)
        ):
            return b""
        remarks = [] if result.outcome == "ok" else [ending(result)]
        remarks += ["output cut at the limit"] if result.stdout_truncated or result.stderr_truncated else []
        line_end = "\n" if result.stderr and not result.stderr.endswith("\n") else ""
        text = f"{line_end}fanfold: item {result.index} {quoted_item(result.item)}: {'; '.join(remarks)}\n"
        return text.encode()


class JsonLinesSink:
    """Writes each result as a line of JSON, and nothing else."""

    is_brief = False

    def __init__(self) -> None:
        self.position = 0

    def take(self, results: "Sequence[ItemResult]") -> None:
        """Write the lines."""
        from fanfold.terminal.json_shapes import to_json_lines

        sys.stdout.buffer.write(to_json_lines(results))
        if results:
            self.position = results[-1].index + 1

    def flush(self) -> bool:
        """Bring the lines out."""
        sys.stdout.buffer.flush()
        return False

    def end(self, task: "TaskStatus | None", *, error: "ErrorDetail | None" = None) -> None:
        """Nothing comes after the results."""
        del task, error
        self.flush()


class RunReportSink:
    """Writes one JSON object, a RunReport, in pieces as the results come; whole whatever happens."""

    is_brief = False

    def __init__(self) -> None:
        self._next_piece = b'{"results":['
        self.position = 0

    def take(self, results: "Sequence[ItemResult]") -> None:
        """Write the next elements of `results`."""
        from fanfold.terminal.json_shapes import to_json

        if results:
            sys.stdout.buffer.write(self._next_piece + to_json(results)[1:-1])
            self._next_piece = b","
            self.position = results[-1].index + 1

    def flush(self) -> bool:
        """Bring out what there is of the object."""
        sys.stdout.buffer.flush()
        return False

    def end(self, task: "TaskStatus | None", *, error: "ErrorDetail | None" = None) -> None:
        """Close the object."""
        from fanfold.terminal.json_shapes import to_json

        begun = b"" if self._next_piece == b"," else self._next_piece
        sys.stdout.buffer.write(begun + b'],"task":' + to_json(task) + b',"error":' + to_json(error) + b"}\n")
        self.flush()
