import { describe, expect, it } from "vitest";
import { createSharedProofs } from "../../../../runtime/identity/jose/shared-proofs.ts";
import type { EventTopic } from "../../../../runtime/life/channel.ts";

const now = 1_790_000_000;
const clock = { wall: () => now * 1_000, monotonic: () => 0 };

/** A topic whose events reach everybody, their sender among them, when they are delivered. */
function topic(): { readonly events: EventTopic<string>; readonly sent: string[]; readonly deliver: () => void } {
  const listeners: ((event: string) => void)[] = [];
  const sent: string[] = [];
  let delivered = 0;
  return {
    events: { publish: (event) => void sent.push(event), subscribe: (listener) => void listeners.push(listener) },
    sent,
    deliver() {
      for (; delivered < sent.length; delivered++) for (const listener of listeners) listener(sent[delivered]!);
    },
  };
}

describe("proofs in a group of processes", () => {
  it("that one has seen count in no other, from when they have heard of it", () => {
    const { events, deliver } = topic();
    const [one, other] = [createSharedProofs(), createSharedProofs()];
    for (const proofs of [one, other]) proofs.join(events, clock);
    expect(one.admit("a", now)).toBe("new");
    deliver();
    expect([one.admit("a", now), other.admit("a", now), other.admit("b", now)]).toEqual(["seen", "seen", "new"]);
    deliver();
    expect(one.admit("b", now)).toBe("seen");
  });
  it("are told once each, in few bytes, whatever their name", () => {
    const { events, sent, deliver } = topic();
    const proofs = createSharedProofs();
    proofs.join(events, clock);
    for (const name of ["a", "a", "x".repeat(10_000)]) proofs.admit(name, now);
    deliver();
    expect(sent.map(({ length }) => length)).toEqual([43, 43]);
  });
  it("count once where there is no group", () => {
    const proofs = createSharedProofs();
    expect([proofs.admit("a", now), proofs.admit("a", now)]).toEqual(["new", "seen"]);
  });
});
