"""The workers as the API shows them, and heartbeats that come over HTTP."""

from datetime import UTC, datetime

from app.models.node import Beat
from app.models.status import NodeBeat, NodeList, NodeStatus
from app.repositories.ports import Store

HTTP_SILENCE_SECONDS = 30.0
"""A node that beats over HTTP holds no shards, so there is no hurry to miss it."""
HTTP_PREFIX = "http/"


class Nodes:
    """Reads and takes beats. Every method may raise StoreUnavailable."""

    def __init__(self, *, store: Store, silence_seconds: float) -> None:
        self._store = store
        self._silence_seconds = silence_seconds

    def living(self) -> NodeList:
        """The nodes that were heard of lately, by name."""
        now = self._store.time()
        beats = sorted(
            self._store.beats().values(), key=lambda beat: (beat.over_http, beat.name, beat.worker)
        )
        return NodeList(nodes=tuple(_view(beat) for beat in beats if self._is_alive(beat, now=now)))

    def beat_over_http(self, node_id: str) -> NodeBeat:
        """Lists the node for a while. It is never given shards."""
        # The prefix keeps a caller from taking the place of a worker.
        self._store.beat(
            Beat(worker=HTTP_PREFIX + node_id, name=node_id, slots=0, room=False, over_http=True)
        )
        return NodeBeat(node_id=node_id)

    def _is_alive(self, beat: Beat, *, now: float) -> bool:
        return now - beat.at <= (HTTP_SILENCE_SECONDS if beat.over_http else self._silence_seconds)


def _view(beat: Beat) -> NodeStatus:
    return NodeStatus(
        node_id=beat.name if beat.over_http else beat.worker,
        name=beat.name,
        slots=beat.slots,
        busy=beat.busy,
        room=beat.room,
        draining=beat.draining,
        shards=len(beat.held),
        over_http=beat.over_http,
        last_beat_at=datetime.fromtimestamp(beat.at, tz=UTC),
    )
