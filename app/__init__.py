"""The scheduler. Its layers import downwards only, as `.importlinter` has `make check` prove:

`__main__` > `wiring` > `controllers`, `web`, `consumers` > `services` > `repositories`, `messaging` >
`protocol` > `models` > `settings` > `support` > `errors`

HTTP comes in through `controllers` and `web`, Kafka through `consumers`; both call `services`, which see the
ports of `repositories` (Redis) and `messaging` (Kafka). `protocol` decides, purely, what happens to a task.
The worker shares what lies below `services`.
"""
