"""Consumer groups in memory: who owns which partition, and how far the group has come."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol


class Member(Protocol):
    """One consumer of a group."""

    def partitions(self) -> tuple[int, ...]: ...

    def take_over(self, partitions: Sequence[int]) -> None:
        """From now on it owns just these."""
        ...


@dataclass
class Group:
    """Members in the order they came, and the next offset of each partition that has one."""

    members: list[Member] = field(default_factory=list)
    committed: dict[int, int] = field(default_factory=dict)

    def share_out(self, partitions: int) -> None:
        """Gives each member its partitions; takes before it gives."""
        shares = share([member.partitions() for member in self.members], partitions=partitions)
        for member, wanted in zip(self.members, shares, strict=True):
            member.take_over([partition for partition in member.partitions() if partition in wanted])
        for member, wanted in zip(self.members, shares, strict=True):
            member.take_over(wanted)


def share(owned: Sequence[Sequence[int]], *, partitions: int) -> list[tuple[int, ...]]:
    """What each member owns next: even shares, each keeping what it can, as cooperative-sticky has it."""
    if not owned:
        return []
    least, more = divmod(partitions, len(owned))
    sizes = [least + (place < more) for place in range(len(owned))]
    kept = [sorted(have)[:size] for have, size in zip(owned, sizes, strict=True)]
    free = sorted(set(range(partitions)) - {partition for have in kept for partition in have})
    shares = []
    for have, size in zip(kept, sizes, strict=True):
        given, free = free[: size - len(have)], free[size - len(have) :]
        shares.append(tuple(sorted([*have, *given])))
    return shares
