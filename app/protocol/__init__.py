"""The nine operations on a task as pure decisions: a ledger in, a `Decision` out, no I/O.

    submit  published  plan  offer  claim  ask  record  revoke  control

Each is one atomic change of the store and safe to repeat. Nothing else changes a task. The fence is
twofold: a shard's id is random and dead once revoked, and items count only while they remain in a shard.
"""
