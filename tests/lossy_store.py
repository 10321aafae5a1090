"""A store, twin or real, whose replies get lost when a test says so: the call is carried out all the same."""

from collections import Counter
from collections.abc import Callable
from typing import Any, cast

from app.errors import StoreUnavailable
from app.repositories.ports import Store


class LossyStore:
    """Passes everything on. `losing` counts, by name of a method, the next replies that are lost."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.losing: Counter[str] = Counter()
        self.is_away = False

    @property
    def as_store(self) -> Store:
        return cast("Store", self)

    def lose_reply(self, method: str) -> None:
        """The next call of `method` is carried out and not answered."""
        self.losing[method] += 1

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call = getattr(self._store, name)

        def through(*args: Any, **kwargs: Any) -> Any:
            if self.is_away:
                raise StoreUnavailable("the store is away")
            answer = call(*args, **kwargs)
            if self.losing[name]:
                self.losing[name] -= 1
                raise StoreUnavailable(f"the reply of {name} was lost")
            return answer

        return through
