/**
 * Who keeps entries in a server and may change what they are about, by when they were last heard of, and the epoch of what is kept:
 * two keys of one slot. One that was not heard of for too long may have changed what nobody was told of: another epoch begins. So
 * it does where one was heard of in what is the future by now, since its end would not be noticed for that long.
 *
 * By the clock of the server. Written in what Lua 5.1 and 5.4 have in common.
 */
export const homesScript = `local members, epoch, member = KEYS[1], KEYS[2], ARGV[1]
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local function number(value) return string.format('%.0f', value) end
local current = redis.call('GET', epoch)
if member ~= '' then redis.call('ZREM', members, member) end
local lost = redis.call('ZREMRANGEBYSCORE', members, '-inf', number(now - tonumber(ARGV[2])))
lost = lost + redis.call('ZREMRANGEBYSCORE', members, number(now + tonumber(ARGV[2])), '+inf')
if lost > 0 or ARGV[3] == '1' or not current then current = ARGV[4] end
redis.call('SET', epoch, current, 'PX', ARGV[5])
if member ~= '' then
  redis.call('ZADD', members, number(now), member)
  redis.call('PEXPIRE', members, ARGV[5])
end
return current`;
