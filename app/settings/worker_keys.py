"""The keys of a worker: `fanfold.worker.*`."""

from datetime import timedelta

from pydantic import ByteSize, Field

from app.settings.fields import (
    CountOrZero,
    DurationOrZero,
    Names,
    PositiveDuration,
    PositiveSize,
    Section,
)


class WorkerSettings(Section):
    name: str = Field(default="", description="Name of this worker; empty means the host's name.")
    slots: CountOrZero = Field(default=0, description="Items run at once; 0 means one for each core.")
    grace_period: DurationOrZero = Field(
        default=timedelta(seconds=30), description="How long a stopping worker lets running items go on."
    )
    term_grace: DurationOrZero = Field(
        default=timedelta(seconds=2),
        description="Time between SIGTERM and SIGKILL for an item that ran too long.",
    )
    output_cap: PositiveSize = Field(
        default=ByteSize(64 << 10),
        description="Most that is kept of an item's stdout, and of its stderr.",
    )
    record_interval: PositiveDuration = Field(
        default=timedelta(seconds=2), description="Longest time that results wait before they are recorded."
    )
    block_size: PositiveSize = Field(
        default=ByteSize(1 << 20),
        description="Size of waiting results at which they are recorded at once.",
    )
    pass_env: Names = Field(
        default=(), description="Environment variables of the worker that items see, separated by commas."
    )
    work_dir: str = Field(default="", description="Folder that items start in; empty means the worker's own.")
    isolation_kill: DurationOrZero = Field(
        default=timedelta(0),
        description="Time without Redis after which running items are killed; 0s means never.",
    )
