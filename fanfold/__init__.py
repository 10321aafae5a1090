"""Fanfold's client: run one function over a long list of inputs on many machines.

    with Client("http://127.0.0.1:30000") as client:
        for result in client.run('sha256sum "$1"', ["/etc/hosts", "/etc/passwd"]):
            print(result.index, result.outcome, result.stdout)

What is named here is loaded when it is first used, so that the command line starts fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fanfold.client import Client
    from fanfold.errors import (
        BadAddress,
        BadItem,
        FanfoldError,
        IllegalState,
        Problem,
        RequestRefused,
        ServerFault,
        ServerUnreachable,
        TaskIdInUse,
        TaskNotFound,
        TryAgain,
        UnreadableAnswer,
        WaitTimedOut,
    )
    from fanfold.submission import TaskOptions
    from fanfold.values import ItemResult, Node, Outcome, TaskPage, TaskState, TaskStatus

__all__ = [
    "BadAddress",
    "BadItem",
    "Client",
    "FanfoldError",
    "IllegalState",
    "ItemResult",
    "Node",
    "Outcome",
    "Problem",
    "RequestRefused",
    "ServerFault",
    "ServerUnreachable",
    "TaskIdInUse",
    "TaskNotFound",
    "TaskOptions",
    "TaskPage",
    "TaskState",
    "TaskStatus",
    "TryAgain",
    "UnreadableAnswer",
    "WaitTimedOut",
]

_HOMES = ("errors", "values", "submission", "client")

if not TYPE_CHECKING:  # A checker that saw this would take any name for one that is offered.

    def __getattr__(name: str) -> object:
        if name in __all__:
            for home in _HOMES:
                module = import_module(f"{__name__}.{home}")
                if name in vars(module):
                    return vars(module)[name]
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
