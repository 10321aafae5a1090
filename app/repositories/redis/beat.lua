-- beat: stores a heartbeat with the store's time.
--
-- KEYS     1 beats
-- ARGV     1 worker  2 the beat as JSON
-- Returns  nothing of use. The value is the time in seconds, a space, the beat.

local time = redis.call('TIME')
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.6f %s', time[1] + time[2] / 1000000, ARGV[2]))
return 1
