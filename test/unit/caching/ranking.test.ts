import { describe, expect, test } from "vitest";
import { askedIn, halfLife, Ranking } from "../../../runtime/caching/warming/ranking.ts";
import { WarmTarget } from "../../../runtime/caching/warming/target.ts";
import { urlOf, WarmTargets } from "../../../runtime/caching/warming/targets.ts";

describe("what is asked for most", () => {
  test("adds up what several processes counted, in one order for all of them", () => {
    const [one, other] = [new Ranking(10), new Ranking(10)];
    const reports = [[["a", 3], ["b", 5]], [["c", 5], ["a", 3]]] as const; // biome-ignore format: one line
    for (const report of reports) one.add(report, 0);
    for (const report of reports.toReversed()) other.add(report, 0);
    expect(one.top(10)).toEqual([["a", 6], ["b", 5], ["c", 5]]); // biome-ignore format: one line
    expect(other.top(10)).toEqual(one.top(10));
  });

  test("what was asked for yesterday gives way to what is asked for now, and is forgotten", () => {
    const ranking = new Ranking(10);
    ranking.add([["yesterday", 100_000]], 0);
    ranking.add([["today", 10]], halfLife);
    expect(ranking.top(1)).toEqual([["yesterday", 50_000]]);
    ranking.add([["today", 10]], 24 * halfLife);
    expect(ranking.top(1)[0]![0]).toBe("today");
    ranking.decay(40 * halfLife);
    expect(ranking.size).toBe(0);
  });

  test("of more than there is room for, the least asked go", () => {
    const ranking = new Ranking(3);
    ranking.add([["a", 1], ["b", 2], ["c", 3], ["d", 4]], 0); // biome-ignore format: one line
    expect(ranking.top(9).map(([key]) => key)).toEqual(["d", "c", "b"]);
  });

  test("what others say is read as far as it can be", () => {
    const long = "x".repeat(300);
    expect(askedIn([["a", 1], ["b", -1], ["c"], [long, 1], "d", ["e", Number.NaN], ["f", 2]], 10)).toEqual([["a", 1], ["f", 2]]); // biome-ignore format: one line
    expect(askedIn([["a", 1], ["b", 1]], 1)).toEqual([["a", 1]]); // biome-ignore format: one line
    for (const nothing of [undefined, null, 7, "a", {}]) expect(askedIn(nothing, 10)).toEqual([]);
  });

  test.each([
    ["shop.v1.get https://shop.example.com/a?b=1", "https://shop.example.com/a?b=1"],
    ["shop.v1.an operation http://a:8080/", "http://a:8080/"],
    ['shop.v1.get https://a/b\n["x"]', "https://a/b"],
    ["47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", undefined],
  ])("the URL in the key %j", (key, url) => expect(urlOf(key)).toBe(url));
});

describe("what changes again and again", () => {
  test("is fetched at once the first time, then with pauses that double up to half a minute", () => {
    const target = new WarmTarget("https://a/b");
    const fetched: number[] = [];
    for (let now = 0; now < 180_000; now += 10)
      if (target.dueAt(now) <= now) {
        target.fetched(now);
        fetched.push(now);
      }
    // Seven pauses from 0.25 to 16 s, then one every half minute.
    expect(fetched.slice(0, 9)).toEqual([0, 10, 260, 760, 1_760, 3_760, 7_760, 15_760, 31_760]);
    expect(fetched.length).toBeLessThanOrEqual(15);
    // After a while without changes it is followed at once again.
    const later = 400_000;
    expect(target.dueAt(later)).toBe(later);
    target.fetched(later);
    expect(target.dueAt(later + 1)).toBe(later + 1);
  });

  test("is due once, however often it is told of it, and as long as it is warmed", () => {
    const targets = new WarmTargets();
    targets.list(["https://a/1", "https://a/2"]);
    const [one, two] = targets.all();
    targets.place(one!, "https://a/1", "each");
    targets.place(two!, "https://a/2", "owner");
    for (let index = 0; index < 1_000; index++)
      for (const base of ["https://a/1", "https://a/2", "https://a/3"]) targets.changed(base, 5);
    expect(targets.takeDue("each", 4)).toEqual([]);
    expect(targets.takeDue("each", 5)).toEqual([one]);
    expect(targets.takeDue("each", 5)).toEqual([]);
    targets.list(["https://a/1"]);
    expect(targets.takeDue("owner", 5)).toEqual([]);
    expect(targets.all()).toEqual([one]);
  });

  test("the most asked are not listed twice, and go when others are asked for", () => {
    const targets = new WarmTargets();
    targets.list(["https://a/1"]);
    targets.ask([["op https://a/1", 9], ["op https://a/2", 5], ["hashed", 3]]); // biome-ignore format: one line
    expect(targets.all().map(({ url }) => url)).toEqual(["https://a/1", "https://a/2"]);
    targets.ask([["op https://a/3", 9]]);
    expect([targets.listed, targets.asked, targets.all().map(({ url }) => url)]).toEqual([1, 1, ["https://a/1", "https://a/3"]]);
  });
});
