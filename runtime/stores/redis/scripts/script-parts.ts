/**
 * What the scripts have in common. Microseconds are counted from 2023-11-14, so that they keep fractions in a double. Numbers
 * are written with `%.0f`, as Lua turns large ones into `1e+14`, and read back in Lua 5.1 and 5.4 alike.
 */
export const scriptHead = `local key = KEYS[1]
local op = ARGV[1]
local a, b, c = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = (tonumber(time[1]) - 1700000000) * 1000000 + tonumber(time[2])
local kept = redis.call('GET', key)
local passed = 0
local changed = false
`;

/** A key without a life span would count for ever: whoever meets one gives it one. */
export const scriptTail = `local function round(number) return math.floor(math.ceil(number)) end
if changed then
  redis.call('SET', key, state(), 'PX', round(life() / 1000) + 1)
elseif kept and redis.call('PTTL', key) == -1 then
  redis.call('PEXPIRE', key, round(life() / 1000) + 1)
end
local rest = left()
local more = 0
if rest < most then more = math.max(0, wait(rest + 1)) end
local retry = 0
if op == 'take' and passed == 0 then
  retry = -1
  if b <= most then retry = math.max(1, wait(b)) end
end
return {passed, rest, round(more), round(retry), round(now)}`;
