import {
  ageAt,
  contentAt,
  headLength,
  idLength,
  markAt,
  mostMs,
  nameAt,
  spanAt,
  tolerated,
  versionAt,
  whoseLength,
  writtenAt,
} from "../../entry-form.ts";

/**
 * Entries, the mark of their base and the lead of work about one of them: three keys in one slot. A lead is the mark that its
 * owner knew and the owner, `+` where each asks for itself, or `-` where nothing is known; it counts only with the mark of now.
 * What is written goes in front of the parts that are there, in one step: of two who write at once, none loses what is the other's.
 *
 * Written in what Lua 5.1 and 5.4 have in common.
 */
export const entriesScript = (): string => `local entry, base, lead, op = KEYS[1], KEYS[2], KEYS[3], ARGV[1]
local mark = redis.call('GET', base)
if op == 'lead' then
  if not mark then
    mark = ARGV[5]
    redis.call('SET', base, mark, 'PX', ARGV[6])
  end
  if ARGV[4] == '0' then return {'mine', mark} end
  local head = redis.call('GETRANGE', entry, ${versionAt}, ${versionAt + 2 * idLength - 1})
  local version = string.sub(head, 1, ${idLength})
  if string.sub(head, ${idLength + 1}) == mark and version ~= ARGV[2] then return {'stored', mark, version} end
  local had = redis.call('GET', lead)
  if had and string.sub(had, 1, ${idLength}) == mark then
    local who = string.sub(had, ${idLength + 1})
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
  local function number(text, at, length)
    local value = 0
    for place = at + 1, at + length do value = value * 256 + string.byte(text, place) end
    return value
  end
  local function bytes(value)
    local text = ''
    for _ = 1, 6 do
      text = string.char(math.floor(value % 256)) .. text
      value = math.floor(value / 256)
    end
    return text
  end
  local made, span, parts, size = ARGV[4], number(ARGV[4], ${spanAt}, 6), 1, #ARGV[4]
  local pieces = {'', string.sub(made, ${headLength + 1})}
  local before = redis.call('GET', entry)
  local left = before and redis.call('PTTL', entry) or 0
  local passed = -${tolerated}
  if before and #before > ${headLength} and string.sub(before, 1, 3) == string.sub(made, 1, 3)
    and string.sub(before, ${markAt + 1}, ${writtenAt}) == string.sub(made, ${markAt + 1}, ${writtenAt}) then
    passed = math.max(number(made, ${writtenAt}, 6) - number(before, ${writtenAt}, 6), number(before, ${spanAt}, 6) - left)
  end
  if passed > -${tolerated} then
    passed = math.max(0, passed)
    span = math.max(span, left)
    local name = string.sub(made, ${headLength + nameAt + 1}, ${headLength + nameAt + whoseLength})
    local at = ${headLength}
    while at + ${contentAt} <= #before and parts < tonumber(ARGV[6]) do
      local stop = at + 4 + number(before, at, 4)
      if stop > #before or stop < at + ${contentAt} then break end
      local its = string.sub(before, at + ${nameAt + 1}, at + ${nameAt + whoseLength})
      if its ~= name and size + stop - at <= tonumber(ARGV[5]) then
        pieces[#pieces + 1] = string.sub(before, at + 1, at + ${ageAt})
        pieces[#pieces + 1] = bytes(math.min(${mostMs}, number(before, at + ${ageAt}, 6) + passed))
        pieces[#pieces + 1] = string.sub(before, at + ${contentAt + 1}, stop)
        parts = parts + 1
        size = size + stop - at
      end
      at = stop
    end
  end
  local text = string.format('%.0f', span)
  pieces[1] = string.sub(made, 1, 3) .. string.char(parts) .. string.sub(made, 5, ${spanAt}) .. bytes(span)
  redis.call('SET', entry, table.concat(pieces), 'PX', text)
  if redis.call('PTTL', base) < span then redis.call('PEXPIRE', base, text) end
  return parts
end
if not leads then return 0 end
if op == 'extend' then return redis.call('PEXPIRE', lead, ARGV[3]) end
redis.call('SET', lead, ARGV[3], 'PX', ARGV[4])
return 1`;
