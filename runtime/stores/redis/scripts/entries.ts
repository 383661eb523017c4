/**
 * Entries, the mark of their base and the lead of work about one of them: three keys in one slot. A lead is the mark that its
 * owner knew and the owner, `+` where each asks for itself, or `-` where nothing is known; it counts only with the mark of now.
 *
 * Written in what Lua 5.1 and 5.4 have in common.
 */
export const entriesScript = `local entry, base, lead, op = KEYS[1], KEYS[2], KEYS[3], ARGV[1]
local mark = redis.call('GET', base)
if op == 'lead' then
  if not mark then
    mark = ARGV[5]
    redis.call('SET', base, mark, 'PX', ARGV[6])
  end
  if ARGV[4] == '0' then return {'mine', mark} end
  local head = redis.call('GETRANGE', entry, 4, 27)
  if string.sub(head, 13) == mark and string.sub(head, 1, 12) ~= ARGV[2] then return {'stored', mark, string.sub(head, 1, 12)} end
  local had = redis.call('GET', lead)
  if had and string.sub(had, 1, 12) == mark then
    local who = string.sub(had, 13)
    if who == '+' then return {'apart', mark} end
    if who == '-' then return {'alone', mark} end
    if who ~= ARGV[3] then return {'held', mark} end
  end
  redis.call('SET', lead, mark .. ARGV[3], 'PX', ARGV[4])
  return {'mine', mark}
end
local leads = ARGV[2] ~= '' and redis.call('GET', lead) == ARGV[2]
if op == 'write' then
  if leads then redis.call('DEL', lead) end
  if mark ~= ARGV[3] then return 0 end
  redis.call('SET', entry, ARGV[5], 'PX', ARGV[4])
  if redis.call('PTTL', base) < tonumber(ARGV[4]) then redis.call('PEXPIRE', base, ARGV[4]) end
  return 1
end
if not leads then return 0 end
if op == 'extend' then return redis.call('PEXPIRE', lead, ARGV[3]) end
redis.call('SET', lead, ARGV[3], 'PX', ARGV[4])
return 1`;
