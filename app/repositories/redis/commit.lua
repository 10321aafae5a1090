-- commit: one change of one task with everything that follows from it, or nothing at all.
--
-- KEYS     1-9    of the task:    task spec inputs firsts redo agenda out index dead
--          10-18  of its bucket:  unfinished outstanding recent expiring outbox tries letters bodies counts
--          19-20  of the upload:  upload upload_firsts (only where a submit takes it over)
-- ARGV     1      the change, a msgpack map with the fields of change.py
--          2      the compressed block of results, or ''
-- Returns  'done', 'conflict' (the task is not as `before` says) or 'incomplete' (blocks are missing).
-- Raises   'CORRUPT <key> …' where a key has a wrong type. Types are looked at before the first write,
--          because Redis does not take back what a script wrote before it failed. For the same reason
--          the first write is one that Redis refuses when it is full, read-only or cannot persist.

local KINDS = {
  { 'task', 'hash' }, { 'spec', 'hash' }, { 'inputs', 'hash' }, { 'firsts', 'zset' },
  { 'redo', 'string' }, { 'agenda', 'string' }, { 'out', 'hash' }, { 'index', 'zset' }, { 'dead', 'list' },
  { 'unfinished', 'set' }, { 'outstanding', 'set' }, { 'recent', 'zset' }, { 'expiring', 'zset' },
  { 'outbox', 'zset' }, { 'tries', 'hash' }, { 'letters', 'zset' }, { 'bodies', 'hash' }, { 'counts', 'hash' },
  { 'upload', 'hash' }, { 'upload_firsts', 'zset' },
}
local KEYS_OF_TASK = 9
local MOST_EXPIRED_AT_ONCE = 16
local FIRST_SWEEP_SECONDS = 2

local call = redis.call
local key = {}
for i, name in ipairs(KEYS) do
  local wanted, found = KINDS[i][2], call('TYPE', name).ok
  if found ~= 'none' and found ~= wanted then
    return redis.error_reply('CORRUPT ' .. name .. ' is a ' .. found .. ' where a ' .. wanted .. ' belongs')
  end
  key[KINDS[i][1]] = name
end

local change = cmsgpack.unpack(ARGV[1])
local time = call('TIME')
local now = time[1] + time[2] / 1000000

if (call('HGET', key.task, 'version') or '') ~= change.before then
  return 'conflict'
end
if change.spec and call('HLEN', key.upload) ~= change.upload_blocks then
  return 'incomplete'
end

local function write_ledger()
  call('HSET', key.task, 'version', change.token, 'core', change.core)
  for id, shard in pairs(change.shards) do
    call('HSET', key.task, 's:' .. id, shard)
    call('SADD', key.outstanding, change.task_id .. ' ' .. id)
  end
  for _, id in ipairs(change.gone) do
    call('HDEL', key.task, 's:' .. id)
    call('SREM', key.outstanding, change.task_id .. ' ' .. id)
  end
end

local function take_over_upload()
  call('HSET', key.spec, 'spec', change.spec)
  for from, to in pairs({ upload = 'inputs', upload_firsts = 'firsts' }) do
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
  for _, span in ipairs(change.redo) do
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
  for _, entry in ipairs(change.entries) do
    call('ZADD', key.index, entry[1], entry[2])
  end
  for _, letter in ipairs(change.letters) do
    call('RPUSH', key.dead, letter[3])
    call('ZADD', key.letters, letter[2], letter[1])
    call('HSET', key.bodies, letter[1], letter[3])
  end
end

local function keep_outbox()
  if not change.in_outbox then
    call('ZREM', key.outbox, change.task_id)
    call('HDEL', key.tries, change.task_id)
  elseif call('ZADD', key.outbox, 'NX', now + FIRST_SWEEP_SECONDS, change.task_id) == 1 then
    call('HSET', key.tries, change.task_id, 0)
  end
end

local function prune_listing()
  for _, id in ipairs(call('ZRANGEBYSCORE', key.expiring, '-inf', now, 'LIMIT', 0, MOST_EXPIRED_AT_ONCE)) do
    call('ZREM', key.recent, id)
    call('ZREM', key.expiring, id)
  end
end

local function keep_listings()
  call(change.over and 'SREM' or 'SADD', key.unfinished, change.task_id)
  if change.created_at then
    call('ZREM', key.expiring, change.task_id)
    prune_listing()
    call('ZADD', key.recent, change.created_at, change.task_id)
  end
end

local function keep_expiry()
  if change.over then
    for i = 1, KEYS_OF_TASK do
      call('PEXPIRE', KEYS[i], change.retention_ms)
    end
    call('ZADD', key.expiring, now + change.retention_ms / 1000, change.task_id)
  elseif change.revived then
    for i = 1, KEYS_OF_TASK do
      call('PERSIST', KEYS[i])
    end
    call('ZREM', key.expiring, change.task_id)
  end
end

write_ledger()
if change.spec then
  take_over_upload()
end
if change['function'] then
  call('HSET', key.spec, 'function', change['function'])
end
mark()
keep_results()
keep_outbox()
keep_listings()
keep_expiry()
for name, count in pairs(change.counts) do
  call('HINCRBY', key.counts, name, count)
end
if change.ended then
  call('PUBLISH', change.channel, change.task_id)
end
return 'done'
