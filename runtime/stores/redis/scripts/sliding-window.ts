import type { LimitScript } from "./script.ts";
import { scriptHead, scriptTail } from "./script-parts.ts";

/**
 * A sliding window in a server: the number of the newest part, and what was counted in it and the ten before it. Where the
 * clock goes back, the newest part is now: nobody waits longer than before.
 */
export const createSlidingWindowScript = ({
  limit,
  window,
}: {
  readonly limit: number;
  /** Milliseconds. */
  readonly window: number;
}): LimitScript => {
  const own = [String(window * 100), String(limit)];
  return {
    __made: true,
    id: `sliding ${limit} ${window}`,
    version: "s1",
    lua: `${scriptHead}local part, most = tonumber(ARGV[5]), tonumber(ARGV[6])
local current = math.floor(now / part)
local counts = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
if kept then
  local numbers = {}
  for number in string.gmatch(kept, '%d+') do numbers[#numbers + 1] = tonumber(number) end
  if #numbers == 12 then
    local gone = current - numbers[1]
    if gone < 0 then gone = 0; changed = true end
    for age = 0, 10 - gone do counts[age + gone + 1] = numbers[age + 2] end
  end
end
local function total()
  local sum = 0
  for index = 1, 11 do sum = sum + counts[index] end
  return sum
end
local function left() return math.max(0, most - total()) end
local function wait(amount)
  local missing = amount - most + total()
  for age = 10, 0, -1 do
    missing = missing - counts[age + 1]
    if missing <= 0 then return (current - age + 11) * part - now end
  end
  return 0
end
local function state()
  local text = string.format('%.0f', current)
  for index = 1, 11 do text = text .. string.format(' %.0f', counts[index]) end
  return text
end
local function life() return 11 * part end
if op == 'take' and left() >= b then
  passed = 1
  if a > 0 then counts[1] = counts[1] + a; changed = true end
elseif op == 'settle' then
  if c > a then
    counts[1] = counts[1] + c - a
  else
    local age = current - math.floor(b / part)
    if age >= 0 and age <= 10 then counts[age + 1] = math.max(0, counts[age + 1] - (a - c)) end
  end
  changed = true
end
${scriptTail}`,
    arguments: () => own,
  };
};
