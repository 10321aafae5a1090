"""An item given up, as the record on the dead-letter topic."""

import msgspec

from app.protocol.decision import DeadLetter


def letter_record(letter: DeadLetter) -> tuple[str, bytes]:
    """Key (the task id) and JSON value."""
    body = {
        "v": 1,
        "kind": "item",
        "taskId": letter.task_id,
        "run": letter.run,
        "index": letter.index,
        "reason": letter.reason,
        "workers": letter.workers,
        "at": letter.at,
    }
    return letter.task_id, msgspec.json.encode(body)
