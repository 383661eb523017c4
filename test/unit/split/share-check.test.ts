import { describe, expect, test } from "vitest";
import { chanceOf } from "../../../runtime/policies/fault-injection/chance.ts";
import { falseAlarms, ShareCheck } from "../../../runtime/policies/split/share-check.ts";
import { placeOf, seedOf } from "../../../runtime/policies/split/unit-hash.ts";

/** Users until the alarm; undefined: none was raised. */
function alarmAfter(seed: number, stated: readonly number[], real: number, users: number): number | undefined {
  const chance = chanceOf(seed);
  const check = new ShareCheck();
  check.expect(stated);
  for (let user = 1; user <= users; user++) if (check.add(chance() < real ? 0 : 1, undefined)) return user;
  return undefined;
}

describe("the sample-ratio check", () => {
  test("raises no more false alarms than it says, though it is asked after each of 5,000 users", () => {
    const runs = 400;
    const alarms = Array.from({ length: runs }, (_, seed) => alarmAfter(seed, [0.05, 0.95], 0.05, 5_000)).filter(
      (user) => user !== undefined,
    );
    // 0.4 are to be expected at most; four or more would be seen once in 1,000.
    expect(runs * falseAlarms).toBeLessThan(1);
    expect(alarms.length).toBeLessThan(4);
  });

  test("finds an arm that loses a tenth of its users, and one that gets nobody", () => {
    for (let seed = 0; seed < 20; seed++) {
      expect(alarmAfter(seed, [0.5, 0.5], 0.45 / 0.95, 65_000), `${seed}`).toBeLessThan(40_000);
      expect(alarmAfter(seed, [0.05, 0.95], 0, 65_000), `${seed}`).toBeLessThan(400);
    }
  });

  test("counts a user once, however many requests are sent", () => {
    const check = new ShareCheck();
    check.expect([0.5, 0.5]);
    const seed = seedOf("once");
    for (let request = 0; request < 10_000; request++) check.add(0, placeOf(seed, "eager"));
    expect(check.users).toEqual([1, 0]);
    expect(check.isAlarmed).toBe(false);
  });

  test("leaves users out of all arms alike once its memory is full", () => {
    const check = new ShareCheck();
    check.expect([0.2, 0.8]);
    const seed = seedOf("full");
    for (let user = 0; user < 300_000; user++) {
      const place = placeOf(seed, `user-${user}`);
      check.add(place < 0.2 * 2 ** 32 ? 0 : 1, place);
    }
    const [one = 0, other = 0] = check.users;
    expect(one + other).toBeGreaterThan(60_000);
    expect(Math.abs(one / (one + other) - 0.2)).toBeLessThan(0.01);
    expect(check.isAlarmed).toBe(false);
  });

  test("forgets who was there when shares change, and not what it found out", () => {
    const check = new ShareCheck();
    check.expect([0.05, 0.95]);
    for (let user = 0; user < 1_000; user++) check.add(1, undefined);
    expect(check.isAlarmed).toBe(true);
    check.expect([0.25, 0.75]);
    expect(check.users).toEqual([0, 0]);
    expect(check.isAlarmed).toBe(true);
  });
});
