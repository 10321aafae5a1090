-- entries: index entries of results from an item on, of every run.
--
-- KEYS     1 index (score = run * 2^32 + first item)
-- ARGV     1 first item wanted  2 most entries
-- Returns  members and scores, alternating: of each run the last one that begins before the item (it may
--          reach over it; entries of one run do not overlap), then at most so many from the item on.

local RUN = 4294967296
local start, limit = tonumber(ARGV[1]), ARGV[2]
local newest = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')
local runs = newest[1] and math.floor(tonumber(newest[2]) / RUN) or 0
local answer = {}

local function add(entries)
  for _, entry in ipairs(entries) do
    answer[#answer + 1] = entry
  end
end

for run = 1, runs do
  local from = string.format('%.0f', run * RUN + start)
  local low = string.format('%.0f', run * RUN)
  local high = string.format('(%.0f', (run + 1) * RUN)
  add(redis.call('ZREVRANGEBYSCORE', KEYS[1], '(' .. from, low, 'WITHSCORES', 'LIMIT', 0, 1))
  add(redis.call('ZRANGEBYSCORE', KEYS[1], from, high, 'WITHSCORES', 'LIMIT', 0, limit))
end
return answer
