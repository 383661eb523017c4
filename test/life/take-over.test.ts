import { describe, expect, it } from "vitest";
import type { Json } from "../../runtime/life/json.ts";
import type { Living } from "../../runtime/life/living.ts";
import { settled, TurnedClock } from "../harness/turned-clock.ts";
import { thing } from "./support/things.ts";
import { delivered, ToyGroup } from "./support/worker-group.ts";

/** Hands over `state`, and notes what it adopts. */
function heir(name: string, state: Json, schema = "v1"): { readonly living: Living; readonly adopted: Json[] } {
  const adopted: Json[] = [];
  return { living: thing(name, { schema, handOver: () => state, adopt: (given) => void adopted.push(given) }), adopted };
}

describe("a take-over", () => {
  it("goes on from what a process before hands over, before anything starts, thing by thing", async () => {
    const group = new ToyGroup(2);
    const [breakers, endpoints] = [heir("breakers", { open: ["orders"] }), heir("endpoints", ["10.0.0.1"])];
    const old = await group.serving(breakers.living, endpoints.living);
    const taken = await group.group.takeOver(old.id);
    const order: string[] = [];
    const fresh = [heir("breakers", null), heir("endpoints", null), heir("new", null)];
    const noting = fresh.map(({ living }) => ({
      ...living,
      adopt: (state: Json) => {
        order.push(`${living.name} adopts`);
        living.adopt?.(state);
      },
      start: () => void order.push(`${living.name} starts`),
    }));
    await group.serving(...noting);
    taken(true);
    expect(fresh.map(({ adopted }) => adopted)).toEqual([[{ open: ["orders"] }], [["10.0.0.1"]], []]);
    expect(order).toEqual(["breakers adopts", "endpoints adopts", "breakers starts", "endpoints starts", "new starts"]);
    expect([breakers.adopted, endpoints.adopted]).toEqual([[], []]);
    // One that starts much later begins anew: what was handed over is old by then.
    const late = heir("breakers", null);
    await group.serving(late.living);
    expect(late.adopted).toEqual([]);
  });

  it("leaves what is of another shape or cannot be read, says so, and starts", async () => {
    const group = new ToyGroup(2);
    const old = await group.serving(heir("counts", 1, "v1").living, heir("broken", 2).living, heir("gone", 3).living);
    await group.group.takeOver(old.id);
    const counts = heir("counts", null, "v2");
    const broken = {
      ...heir("broken", null).living,
      adopt: () => {
        throw new Error("not a list");
      },
    };
    const fresh = await group.serving(counts.living, broken);
    expect(counts.adopted).toEqual([]);
    expect(fresh.log.lines).toEqual([
      'info what the process before handed over is of another shape, and is not used {"thing":"counts"}',
      'warning what the process before handed over could not be read {"thing":"broken","reason":"not a list"}',
    ]);
    expect(fresh.house.report().every(({ readiness }) => readiness.ready)).toBe(true);
  });

  it("waits 200 ms for it and no longer", async () => {
    const clock = new TurnedClock();
    const group = new ToyGroup(2);
    const old = await group.serving(heir("breakers", 1).living);
    old.up.hold();
    let isOver = false;
    const over = group.group.takeOver(old.id).then(() => void (isOver = true));
    await clock.turn(199);
    expect(isOver).toBe(false);
    await clock.turn(1);
    await over;
    const fresh = heir("breakers", null);
    await group.serving(fresh.living);
    old.up.release();
    await delivered();
    expect(fresh.adopted).toEqual([]);
  });

  it("does not wait where nobody can hand over", async () => {
    const clock = new TurnedClock();
    const group = new ToyGroup(2);
    await group.group.takeOver(undefined);
    await group.group.takeOver(99);
    const dying = await group.serving(heir("breakers", 1).living);
    const over = group.group.takeOver(dying.id);
    dying.kill();
    await clock.turn(200);
    await over;
    await settled();
    expect(clock.waiting).toBe(0);
  });

  it("takes at most 8 MiB: what there is no room for begins anew, and a line names it", async () => {
    new TurnedClock();
    const group = new ToyGroup(2);
    const mebibyte = "x".repeat(1_048_576);
    const states = Array.from({ length: 10 }, (_, index) => heir(`state ${index}`, index === 4 ? mebibyte.repeat(9) : mebibyte));
    const old = await group.serving(...states.map(({ living }) => living));
    await group.group.takeOver(old.id);
    const fresh = states.map(({ living }) => heir(living.name, null));
    await group.serving(...fresh.map(({ living }) => living));
    expect(fresh.map(({ adopted }) => adopted.length)).toEqual([1, 1, 1, 1, 0, 1, 1, 1, 0, 0]);
    expect(old.log.lines.map((line) => /"thing":"(.*)"/.exec(line)![1])).toEqual(["state 4", "state 8", "state 9"]);
    expect(Math.max(...old.up.sizes)).toBeLessThanOrEqual(262_144);
  });

  it("goes on where a thing fails to hand over", async () => {
    const group = new ToyGroup(2);
    const broken = {
      ...heir("broken", 1).living,
      handOver: () => {
        throw new Error("a bug");
      },
    };
    const old = await group.serving(broken, heir("fine", 2).living);
    await group.group.takeOver(old.id);
    const [first, second] = [heir("broken", null), heir("fine", null)];
    await group.serving(first.living, second.living);
    expect([first.adopted, second.adopted]).toEqual([[], [2]]);
  });

  it("goes on where a thing hands over what is no JSON", async () => {
    const group = new ToyGroup(2);
    const circle: { [key: string]: Json } = {};
    circle.self = circle;
    const old = await group.serving(heir("circle", circle).living, heir("fine", 2).living);
    await group.group.takeOver(old.id);
    const fine = heir("fine", null);
    await group.serving(heir("circle", null).living, fine.living);
    expect(fine.adopted).toEqual([2]);
    expect(old.log.lines.length).toBe(1);
  });

  it("leaves no values behind that only builds before had, once their processes are gone", async () => {
    const group = new ToyGroup(2);
    const publisher = (...topics: readonly string[]): Living =>
      thing("lists", {
        own: ({ latest }) => {
          for (const topic of topics) latest<string>(topic).publish(`value of ${topic}`);
        },
      });
    const user = (...topics: readonly string[]): Living =>
      thing("lists", { start: ({ latest }) => void topics.map((topic) => latest(topic)) });
    const old = await group.serving(publisher("policies.yaml:7", "kept"));
    await delivered();
    const taken = await group.group.takeOver(old.id);
    const fresh = await group.serving(user("kept"));
    taken(true);
    group.group.leaving([old.id]);
    await delivered();
    expect(group.group.topics).toEqual(["policies.yaml:7", "kept"]);
    old.kill();
    expect(group.group.topics).toEqual(["kept"]);
    // Where all die at once, those that follow find what they had.
    fresh.kill();
    expect(group.group.topics).toEqual(["kept"]);
  });
});
