-- items: the compressed blocks of inputs that hold some spans, in order, each once.
--
-- KEYS     1 upload  2 upload_firsts (before the submit)  3 inputs  4 firsts (after it)
-- ARGV     1 most blocks, or 0  2… first item and end of each span, ascending: first stop first stop …
-- Returns  first index and block, alternating; what is missing is left out. Once there are as many as
--          may be, nothing more is looked for.

local blocks, firsts = KEYS[3], KEYS[4]
if redis.call('EXISTS', KEYS[1]) == 1 then
  blocks, firsts = KEYS[1], KEYS[2]
end
local most = 2 * tonumber(ARGV[1])
local answer = {}
local seen_to = 0 -- all blocks that begin before this index are in the answer, where they are wanted

local function take_from(first, stop)
  local start = redis.call('ZREVRANGEBYSCORE', firsts, first, '-inf', 'LIMIT', 0, 1)[1] or first
  local wanted = redis.call('ZRANGEBYSCORE', firsts, start, '(' .. stop)
  for _, name in ipairs(wanted) do
    if #answer == most and most > 0 then
      return
    end
    answer[#answer + 1] = name
    answer[#answer + 1] = redis.call('HGET', blocks, name) or ''
  end
  local last = wanted[#wanted] or stop
  local after = redis.call('ZRANGEBYSCORE', firsts, '(' .. last, '+inf', 'LIMIT', 0, 1)[1]
  seen_to = tonumber(after) or math.huge
end

for i = 2, #ARGV, 2 do
  local first, stop = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
  if stop > seen_to and (#answer < most or most == 0) then
    take_from(string.format('%.0f', math.max(first, seen_to)), ARGV[i + 1])
  end
end
return answer
