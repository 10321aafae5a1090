"""The companion's side: reads `what count` lines, does it, answers in JSON; needs no library."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

Abilities = Mapping[str, Callable[[int], object]]

_WARM_UP = 2


def answer_questions(able: AbstractContextManager[Abilities]) -> None:
    """Become able, try each ability once, say so, then do what is asked until stdin ends."""
    with os.fdopen(os.dup(1), "w") as answers:
        # What libraries print must not be taken for an answer.
        os.dup2(2, 1)
        with able as abilities:
            for ability in abilities.values():
                ability(_WARM_UP)
            print("true", file=answers, flush=True)
            for line in sys.stdin:
                what, count = line.split()
                print(json.dumps(abilities[what](int(count))), file=answers, flush=True)
