-- commit: one change of one task with everything that follows from it, or nothing at all.
--
-- KEYS     those that this change touches (touched.py), named in the same order by change.names
-- ARGV     1 the change, a msgpack map with the fields of change.py; empty ones are left out
--          2 the compressed block of results, or ''  3… the hints, one for each channel of change.hinted
--          then blocks of inputs: first index and block, alternating
-- Returns  'done', 'conflict' (the task is not as `before` says) or 'incomplete' (blocks are missing).
-- Raises   'CORRUPT <key> …' where a key has a wrong type. Types are looked at before the first write,
--          because Redis does not take back what a script wrote before it failed. For the same reason
--          the first write is one that Redis refuses when it is full, read-only or cannot persist.

-- The cheapest command that fails on another type.
local PROBES = {
  task = 'HLEN', spec = 'HLEN', inputs = 'HLEN', firsts = 'ZCARD', redo = 'STRLEN', agenda = 'STRLEN',
  out = 'HLEN', index = 'ZCARD', dead = 'LLEN', unfinished = 'SCARD', outstanding = 'SCARD',
  recent = 'ZCARD', expiring = 'ZCARD', outbox = 'ZCARD', tries = 'HLEN', letters = 'ZCARD',
  ['letter-bodies'] = 'HLEN', counts = 'HLEN', upload = 'HLEN', ['upload-firsts'] = 'ZCARD',
}
local MOST_EXPIRED_AT_ONCE = 16
local FIRST_SWEEP_SECONDS = 2

local call = redis.call
local NONE = {}
local change = cmsgpack.unpack(ARGV[1])
local key = {}
for i, name in ipairs(change.names) do
  local answer = redis.pcall(PROBES[name], KEYS[i])
  if type(answer) == 'table' then
    return redis.error_reply('CORRUPT ' .. KEYS[i] .. ' (' .. name .. '): ' .. answer.err)
  end
  key[name] = KEYS[i]
end

if (call('HGET', key.task, 'version') or '') ~= change.before then
  return 'conflict'
end
if change.spec and not change.has_inputs and call('HLEN', key.upload) ~= (change.upload_blocks or 0) then
  return 'incomplete'
end

local now
local function time_now()
  if not now then
    local time = call('TIME')
    now = time[1] + time[2] / 1000000
  end
  return now
end

local function write_ledger()
  call('HSET', key.task, 'version', change.token, 'core', change.core)
  for id, shard in pairs(change.shards or NONE) do
    call('HSET', key.task, 's:' .. id, shard)
  end
  for _, id in ipairs(change.new or NONE) do
    call('SADD', key.outstanding, change.task_id .. ' ' .. id)
  end
  for _, id in ipairs(change.gone or NONE) do
    call('HDEL', key.task, 's:' .. id)
    call('SREM', key.outstanding, change.task_id .. ' ' .. id)
  end
end

local function keep_inputs()
  for i = 3 + #(change.hinted or NONE), #ARGV, 2 do
    call('HSET', key.inputs, ARGV[i], ARGV[i + 1])
    call('ZADD', key.firsts, ARGV[i], ARGV[i])
  end
end

local function take_over_upload()
  for from, to in pairs({ upload = 'inputs', ['upload-firsts'] = 'firsts' }) do
    if call('EXISTS', key[from]) == 1 then
      call('RENAME', key[from], key[to])
      call('PERSIST', key[to])
    end
  end
end

-- Sets the bits from `first` up to, not with, `stop`: whole bytes at once, single bits at both ends.
local function set_bits(bitmap, first, stop)
  local bytes_from = math.min(stop, math.ceil(first / 8) * 8)
  local bytes_to = math.max(bytes_from, math.floor(stop / 8) * 8)
  for bit = first, bytes_from - 1 do
    call('SETBIT', bitmap, bit, 1)
  end
  if bytes_to > bytes_from then
    call('SETRANGE', bitmap, bytes_from / 8, string.rep('\255', (bytes_to - bytes_from) / 8))
  end
  for bit = bytes_to, stop - 1 do
    call('SETBIT', bitmap, bit, 1)
  end
end

local function clear_bits_before(bitmap, stop)
  local bytes_to = math.floor(stop / 8)
  if bytes_to > 0 then
    call('SETRANGE', bitmap, 0, string.rep('\0', bytes_to))
  end
  for bit = bytes_to * 8, stop - 1 do
    call('SETBIT', bitmap, bit, 0)
  end
end

-- What the cursor has not reached: in a first run all up to the end, later what is on the agenda.
-- The agenda is cut for it: the run is ending, nothing is planned from it any more.
local function mark_waiting(cursor, stop, run)
  if run == 1 then
    set_bits(key.redo, cursor, stop)
  elseif call('EXISTS', key.agenda) == 1 then
    clear_bits_before(key.agenda, cursor)
    call('BITOP', 'OR', key.redo, key.redo, key.agenda)
  end
end

local function mark()
  for _, span in ipairs(change.redo or NONE) do
    set_bits(key.redo, span[1], span[2])
  end
  if change.waiting then
    mark_waiting(change.waiting[1], change.waiting[2], change.waiting[3])
  end
  if change.new_agenda then
    if call('EXISTS', key.redo) == 1 then
      call('RENAME', key.redo, key.agenda)
    else
      call('DEL', key.agenda)
    end
  end
end

local function keep_results()
  if change.block_id then
    call('HSET', key.out, change.block_id, ARGV[2])
  end
  for _, entry in ipairs(change.entries or NONE) do
    call('ZADD', key.index, entry[1], entry[2])
  end
  for _, letter in ipairs(change.letters or NONE) do
    call('RPUSH', key.dead, letter[3])
    call('ZADD', key.letters, letter[2], letter[1])
    call('HSET', key['letter-bodies'], letter[1], letter[3])
  end
end

-- `enters_outbox` is nil where it stays as it is.
local function keep_outbox()
  if change.enters_outbox then
    call('ZADD', key.outbox, time_now() + FIRST_SWEEP_SECONDS, change.task_id)
    call('HSET', key.tries, change.task_id, 0)
  elseif change.enters_outbox == false then
    call('ZREM', key.outbox, change.task_id)
    call('HDEL', key.tries, change.task_id)
  end
end

-- The listings of this bucket forget tasks whose keys have expired.
local function prune_listing()
  for _, id in ipairs(call('ZRANGEBYSCORE', key.expiring, '-inf', time_now(), 'LIMIT', 0, MOST_EXPIRED_AT_ONCE)) do
    call('ZREM', key.recent, id)
    call('ZREM', key.expiring, id)
  end
end

local function appear()
  call('ZREM', key.expiring, change.task_id)
  prune_listing()
  call('ZADD', key.recent, change.created_at, change.task_id)
  call('SADD', key.unfinished, change.task_id)
end

local function each_key_of_task(command, argument)
  for _, name in ipairs(change.lasting) do
    if argument then
      call(command, key[name], argument)
    else
      call(command, key[name])
    end
  end
end

local function end_task()
  call('SREM', key.unfinished, change.task_id)
  call('ZADD', key.expiring, time_now() + change.retention_ms / 1000, change.task_id)
  each_key_of_task('PEXPIRE', change.retention_ms)
  call('PUBLISH', change.channel, change.task_id)
end

local function revive()
  call('SADD', key.unfinished, change.task_id)
  call('ZREM', key.expiring, change.task_id)
  each_key_of_task('PERSIST')
end

-- First, as the only write that can fail for what the key holds: then nothing else is written.
for name, count in pairs(change.counts or NONE) do
  local answer = redis.pcall('HINCRBY', key.counts, name, count)
  if type(answer) == 'table' then
    return redis.error_reply(answer.err:find('integer') and ('CORRUPT ' .. key.counts .. ' ' .. name) or answer.err)
  end
end
write_ledger()
if change.spec then
  call('HSET', key.spec, 'spec', change.spec)
  if change.has_inputs then
    keep_inputs()
  else
    take_over_upload()
  end
end
if change['function'] then
  call('HSET', key.spec, 'function', change['function'])
end
mark()
keep_results()
keep_outbox()
if change.created_at then
  appear()
elseif change.revived then
  revive()
end
if change.ended then
  end_task()
end
-- After all writes: who is told may come at once.
for i, channel in ipairs(change.hinted or NONE) do
  call('PUBLISH', channel, string.format('%.6f ', time_now()) .. ARGV[2 + i])
end
return 'done'
