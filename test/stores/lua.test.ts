import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { component } from "../harness/component.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { limits } from "./support/redis-store.ts";

const run = promisify(execFile);

/**
 * A server of one key for a script, as far as scripts see one: replies are what Lua in Redis makes of them. It refuses keys that
 * were not declared (Dragonfly, clusters) and commands that the README does not ask permission for.
 */
const stub = `
local kept, ttl = {}, {}
clock = 0
redis = { call = function(name, key, ...)
  local rest = {...}
  if name == 'TIME' then
    return {string.format('%.0f', math.floor(clock / 1000000)), string.format('%.0f', clock % 1000000)}
  end
  if key ~= KEYS[1] then error('undeclared key ' .. tostring(key)) end
  if name == 'GET' then return kept[key] or false end
  if name == 'SET' then
    assert(type(rest[1]) == 'string' and rest[2] == 'PX' and #rest == 3)
    assert(rest[3] > 0 and rest[3] == math.floor(rest[3]), 'life span ' .. tostring(rest[3]))
    kept[key] = rest[1]; ttl[key] = rest[3]; return 'OK'
  end
  if name == 'PTTL' then return kept[key] and (ttl[key] or -1) or -2 end
  if name == 'PEXPIRE' then ttl[key] = rest[1]; return 1 end
  error('undeclared command ' .. name)
end }
cjson, bit, table = nil, nil, nil
for line in io.lines(arg[2]) do
  local words = {}
  for word in string.gmatch(line, '%S+') do words[#words + 1] = word end
  clock = tonumber(words[1])
  KEYS = {'key'}
  ARGV = {}
  for index = 2, #words do ARGV[#ARGV + 1] = words[index] end
  local reply = assert(loadfile(arg[1]))()
  local text = ''
  for index = 1, #reply do text = text .. string.format(' %.0f', reply[index]) end
  print(text .. ' ' .. (ttl['key'] or 0))
end
`;

type Row = readonly [time: number, ...args: readonly string[]];

async function answers(lua: "lua5.1" | "lua5.4", script: string, rows: readonly Row[]): Promise<number[][]> {
  const folder = temporaryFolder({ "stub.lua": stub, "script.lua": script });
  writeFileSync(join(folder, "rows"), rows.map((row) => row.join(" ")).join("\n"));
  const { stdout } = await run(await component(lua), [
    join(folder, "stub.lua"),
    join(folder, "script.lua"),
    join(folder, "rows"),
  ]);
  return stdout
    .trim()
    .split("\n")
    .map((line) => line.trim().split(" ").map(Number));
}

const window = 10_000;
/** Microseconds since the epoch. */
const start = Date.UTC(2027, 0, 15) * 1000;

describe.each(["lua5.1", "lua5.4"] as const)("the scripts in %s", (lua) => {
  describe.each(Object.entries(limits))("%s", (_name, limit) => {
    const { law, script } = limit(20, window);

    const rowsOf = (
      uses: readonly (readonly [number, number])[],
    ): { readonly row: Row; readonly now: number; readonly cost: number }[] => {
      let now = start;
      return uses.map(([wait, cost]) => {
        now += wait * 1000;
        return { now, cost, row: [now, "take", String(cost), String(cost), "0", ...script!.arguments(now / 1000)] };
      });
    };

    it("decide as the law in memory does", async () => {
      const uses = fc.sample(fc.tuple(fc.integer({ min: 0, max: 2500 }), fc.integer({ min: 1, max: 6 })), 300);
      const rows = rowsOf(uses);
      const got = await answers(
        lua,
        script!.lua,
        rows.map(({ row }) => row),
      );
      const cells = { doubles: new Float64Array(7), counts: new Uint32Array(14) };
      for (const [index, { now, cost }] of rows.entries()) {
        const passed = law.take(cells, 0, now / 1000, cost, cost);
        const [gotPassed, left, moreIn, retryIn, , ttl] = got[index]!;
        expect([index, gotPassed, left]).toEqual([index, passed ? 1 : 0, law.left(cells, 0, now / 1000)]);
        const more = law.waitFor(cells, 0, now / 1000, Math.min(law.most, left! + 1)) * 1000;
        expect(Math.abs(moreIn! - more)).toBeLessThanOrEqual(5);
        if (!passed) expect(Math.abs(retryIn! - law.waitFor(cells, 0, now / 1000, cost) * 1000)).toBeLessThanOrEqual(5);
        // Rounded up: it does not go before what it counts (redis#14826).
        expect(ttl! * 1000).toBeGreaterThanOrEqual(moreIn!);
      }
    });

    it("let nobody wait longer than before where the clock of the server goes back by a minute", async () => {
      const minute = 60_000_000;
      const take = (now: number): Row => [now, "take", "1", "1", "0", ...script!.arguments(now / 1000)];
      const rows: Row[] = Array.from({ length: 21 }, () => take(start + 2 * minute));
      const back = start + minute;
      const got = await answers(lua, script!.lua, [
        ...rows,
        take(back),
        ...Array.from({ length: 60 }, () => take(back)),
        take(back + 12_000_000),
      ]);
      const before = got[20]!;
      expect(before[0]).toBe(0);
      const after = got[21]!;
      // Either it is let in, once more at most, or it waits no longer than it had to.
      if (after[0] === 0) expect(after[3]).toBeLessThanOrEqual(before[3]! + 1_100_000);
      expect(got.slice(21, -1).filter(([passed]) => passed === 1).length).toBeLessThanOrEqual(20);
      expect(got.at(-1)![0]).toBe(1);
    });

    it("write numbers that they read back, however large", async () => {
      const { script: large } = limit(900_000_000, window);
      const now = Date.UTC(2200, 0, 1) * 1000;
      const take = (cost: string): Row => [now, "take", cost, cost, "0", ...large!.arguments(now / 1000)];
      const got = await answers(lua, large!.lua, [take("899999999"), take("2"), take("1"), take("1")]);
      expect(got.map(([passed]) => passed)).toEqual([1, 0, 1, 0]);
    });
  });
});

it("a window that is not that of the server's clock is asked for again, and counts nothing", async () => {
  const { script } = limits.fixed(5, window);
  const rows: Row[] = [
    [start, "take", "1", "1", "0", ...script!.arguments(start / 1000 - 15_000)],
    [start, "take", "1", "1", "0", ...script!.arguments(start / 1000)],
    // Another gateway, with a clock of its own: what stands, stands.
    [start, "take", "1", "1", "0", ...script!.arguments(start / 1000 + 15_000)],
  ];
  const got = await answers("lua5.1", script!.lua, rows);
  expect(got.map((reply) => reply.slice(0, 2))).toEqual([
    [-1, start - 1_700_000_000_000_000],
    [1, 4],
    [1, 3],
  ]);
});
