import type { LimitScript } from "./script.ts";
import { scriptHead, scriptTail } from "./script-parts.ts";

/**
 * A token bucket in a server: `level` tokens were taken at `last`, and leak since. A clock that goes back stops the leaking for
 * no longer than until the next write: nobody waits longer than before.
 */
export const createTokenBucketScript = ({
  limit,
  window,
  burst,
}: {
  readonly limit: number;
  /** Milliseconds. */
  readonly window: number;
  readonly burst: number;
}): LimitScript => {
  const own = [String((window * 1000) / limit), String(burst)];
  return {
    __made: true,
    id: `bucket ${limit} ${window} ${burst}`,
    version: "b1",
    lua: `${scriptHead}local interval, most = tonumber(ARGV[5]), tonumber(ARGV[6])
local level, last = 0, now
if kept then
  local first, second = string.match(kept, '^([%d.]+) (%d+)$')
  if first then level, last = tonumber(first), tonumber(second) end
end
if last > now then last = now; changed = true end
level = math.max(0, level - (now - last) / interval)
local function left() return math.max(0, math.floor(most - level + 0.000001)) end
local function wait(amount) return (level - (most - amount)) * interval end
local function state() return string.format('%.6f %.0f', level, now) end
local function life() return level * interval end
if op == 'take' and left() >= b then
  passed = 1
  if a > 0 then level = level + a; changed = true end
elseif op == 'settle' then
  if c > a then
    level = level + c - a
  else
    level = math.max(0, level - math.max(0, math.min(a - c, a - (now - b) / interval)))
  end
  changed = true
end
${scriptTail}`,
    arguments: () => own,
  };
};
