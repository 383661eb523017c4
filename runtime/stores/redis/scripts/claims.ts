/**
 * Claims: one hash for each key, with owner (`o`), mark (`m`), the end of the lease in milliseconds of the server's clock
 * (`u`) and what came of it (`r`), which is there once the work is done. A command that is sent again by the same owner, as
 * its reply was lost, does no harm.
 *
 * Written in what Lua 5.1 and 5.4 have in common.
 */
export const claimsScript = `local key, op, owner, mark = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local had = redis.call('HMGET', key, 'o', 'm', 'u', 'r')
local other = had[1] and had[1] ~= owner
if op == 'claim' and other then
  if had[4] then return {'kept', had[2], had[4]} end
  if tonumber(had[3]) > now then return {'held', had[2]} end
  if ARGV[6] ~= '1' or had[2] ~= mark then return {'lost', had[2]} end
elseif other then
  return 0
end
if op == 'release' then
  redis.call('DEL', key)
  return 1
end
if op == 'keep' then
  redis.call('HSET', key, 'o', owner, 'm', mark, 'u', '0', 'r', ARGV[4])
elseif op == 'claim' or not had[4] then
  redis.call('HSET', key, 'o', owner, 'm', mark, 'u', string.format('%.0f', now + tonumber(ARGV[4])))
end
redis.call('PEXPIRE', key, ARGV[5])
if op == 'claim' then return {'mine'} end
return 1`;
