-- take: one scheduler takes a due entry of the outbox by moving its next try away.
--
-- KEYS     1 outbox  2 tries
-- ARGV     1 task id  2 seconds until the next try  3 longest wait in seconds: a next try further away
--          than that is due too, because the clock has been set back
-- Returns  the number of this try, or nil where the entry is gone or not due.

local at = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or nil)
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
if not at or (at > now and at <= now + ARGV[3]) then
  return nil
end
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
return redis.call('HINCRBY', KEYS[2], ARGV[1], 1)
