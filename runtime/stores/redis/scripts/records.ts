/**
 * Records of one space: four keys of one slot. `data` has values by name, each behind the milliseconds since the epoch at
 * which it ends (0: never) and a blank; a removed one has no value, and is remembered for a day. `log` has the names in the
 * order of their last change, `ends` by when they end, and `meta` which era it is and how many changes there were.
 *
 * A script, as a name without its value, or a change without its place in the order, would be a record that nobody gets to
 * know of. Written in what Lua 5.1 and 5.4 have in common.
 */
export const recordsScript = `local data, log, ends, meta = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local op = ARGV[1]
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local function number(value) return string.format('%.0f', value) end
local era = redis.call('HGET', meta, 'era')
if op == 'changes' then
  if not era then return {'', '0', 0, 0} end
  local since = '-inf'
  if ARGV[2] == era then since = '(' .. ARGV[3] end
  local found = redis.call('ZRANGEBYSCORE', log, since, '+inf', 'WITHSCORES', 'LIMIT', 0, tonumber(ARGV[4]))
  local damaged = 0
  if redis.call('HLEN', data) ~= redis.call('ZCARD', log) then damaged = 1 end
  local version = ARGV[3]
  if ARGV[2] ~= era then version = '0' end
  local reply = {era, version, #found / 2, damaged}
  for at = 1, #found, 2 do
    reply[2] = found[at + 1]
    reply[#reply + 1] = found[at]
    reply[#reply + 1] = redis.call('HGET', data, found[at]) or ''
  end
  return reply
end
local over = redis.call('ZRANGEBYSCORE', ends, '-inf', number(now), 'LIMIT', 0, 100)
for at = 1, #over do
  redis.call('HDEL', data, over[at])
  redis.call('ZREM', log, over[at])
  redis.call('ZREM', ends, over[at])
end
local name = ARGV[2]
local kept = redis.call('HGET', data, name)
local function write(value, last)
  if not era then redis.call('HSET', meta, 'era', ARGV[3]) end
  local version = redis.call('HINCRBY', meta, 'version', 1)
  redis.call('HSET', data, name, number(last) .. ' ' .. value)
  redis.call('ZADD', log, number(version), name)
  if last > 0 then redis.call('ZADD', ends, number(last), name) else redis.call('ZREM', ends, name) end
end
if op == 'put' then
  if not kept and redis.call('HLEN', data) >= tonumber(ARGV[6]) then return 0 end
  local span = tonumber(ARGV[5])
  local last = 0
  if span > 0 then last = now + span end
  write(ARGV[4], last)
  return 1
end
if not kept or string.sub(kept, -1) == ' ' then return 0 end
write('', now + 86400000)
return 1`;
