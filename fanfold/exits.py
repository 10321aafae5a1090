"""Exit statuses of the commands, the same in all; `fanfold run` has its own below 102."""

from enum import IntEnum

MOST_COUNTED_FAILURES = 100


class Exit(IntEnum):
    """What a command tells its caller."""

    OK = 0
    FAILED = 1
    USAGE = 2
    UNREACHABLE = 69
    TRY_AGAIN = 75
    CONFIGURATION = 78
    MANY_FAILED = 101
    TIMED_OUT = 124
    INTERRUPTED = 130
    BROKEN_PIPE = 141
    RUN_NOT_DONE = 255


MEANINGS = {
    Exit.OK: "all is well",
    Exit.FAILED: "the command failed, or the task it waited for did not complete",
    Exit.USAGE: "wrong usage",
    Exit.UNREACHABLE: "no server answers",
    Exit.TRY_AGAIN: "the service cannot do it now: try again later",
    Exit.CONFIGURATION: "the configuration cannot be used",
    Exit.TIMED_OUT: "the time given with --timeout for waiting was over",
    Exit.INTERRUPTED: "Ctrl-C",
    Exit.BROKEN_PIPE: "whoever read the output went away",
}


def failures(count: int) -> int:
    """The status of a run of which so many items failed, as GNU parallel has it."""
    return count if count <= MOST_COUNTED_FAILURES else Exit.MANY_FAILED
