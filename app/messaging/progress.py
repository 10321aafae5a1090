"""How far one partition is done: messages are finished in any order, offsets move in order alone."""


class Progress:
    """What is under way in one partition, oldest first. Not thread-safe."""

    def __init__(self) -> None:
        self._under_way: dict[int, bool] = {}
        self._next: int | None = None

    def received(self, offset: int) -> None:
        """This offset was handed out; one below those before means that the log was wound back."""
        if self._next is not None and offset < self._next:
            self._under_way.clear()
        self._under_way[offset] = False
        self._next = offset + 1

    def finished(self, offset: int) -> None:
        """This offset is done; one that was never handed out here, or is done, changes nothing."""
        if offset in self._under_way:
            self._under_way[offset] = True

    def advance(self) -> int | None:
        """The offset to go on from after a restart, or None while nothing has been handed out.

        Forgets what lies before it.
        """
        finished = []
        for offset, done in self._under_way.items():
            if not done:
                break
            finished.append(offset)
        for offset in finished:
            del self._under_way[offset]
        return next(iter(self._under_way), self._next)
