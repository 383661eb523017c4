import type { TimeWindow, Windows } from "../../../limits/fixed-window.ts";
import type { LimitScript } from "./script.ts";
import { scriptHead, scriptTail } from "./script-parts.ts";

/**
 * A fixed window in a server: its start, its end and what was used in it. Gateways work out the window, as the server knows no
 * time zones, and the first one says what it is for all: clocks and time zone data that differ reset nothing twice. A window
 * that is not that of the server's clock is not used: the answer `-1` and the time ask for the right one, and nothing was
 * counted.
 */
export const createFixedWindowScript = ({
  limit,
  windows,
}: {
  readonly limit: number;
  readonly windows: Windows;
}): LimitScript => {
  // To find a window of a calendar costs a hundred times what a request does.
  let window: TimeWindow | undefined;
  let own: readonly string[] = [];
  return {
    __made: true,
    id: `fixed ${limit} ${windows.id}`,
    version: "f1",
    lua: `${scriptHead}local most, longest = tonumber(ARGV[5]), tonumber(ARGV[6])
local first, last, used = tonumber(ARGV[7]), tonumber(ARGV[8]), 0
local stands = false
if kept then
  local s, e, u = string.match(kept, '^(-?%d+) (-?%d+) (%d+)$')
  if s and now < tonumber(e) and now > tonumber(s) - longest then
    first, last, used = tonumber(s), tonumber(e), tonumber(u)
    stands = true
  end
end
if not stands and (now < first or now >= last) then return {-1, math.floor(now)} end
local function left() return math.max(0, most - used) end
local function wait() return last - now end
local function state() return string.format('%.0f %.0f %.0f', first, last, used) end
local function life() return last - now end
if op == 'take' and left() >= b then
  passed = 1
  if a > 0 then used = used + a; changed = true end
elseif op == 'settle' then
  if c > a then
    used = used + c - a
  elseif b >= first then
    used = math.max(0, used - (a - c))
  end
  changed = true
end
${scriptTail}`,
    arguments(now) {
      if (window === undefined || now < window.start || now >= window.end) {
        window = windows.around(now);
        own = [String(limit), String(windows.longest * 1000), inMicroseconds(window.start), inMicroseconds(window.end)];
      }
      return own;
    },
  };
};

/** As scripts count time. */
const inMicroseconds = (time: number): string => String((time - 1_700_000_000_000) * 1000);
