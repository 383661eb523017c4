import { describe, expect, it } from "vitest";
import { flagOf, type Reply, ReplyReader } from "../../../runtime/stores/memcached/reply-reader.ts";
import { Ring } from "../../../runtime/stores/memcached/ring.ts";

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `memcached-${index + 1}:11211`);
const keys = Array.from({ length: 10_000 }, (_, index) => `key ${index}`);

describe("the ring of servers", () => {
  it("gives each about as much", () => {
    const ring = new Ring(names(5));
    const counts = [0, 0, 0, 0, 0];
    for (const key of keys) counts[ring.serverOf(key)]!++;
    for (const count of counts) expect(Math.abs(count - 2_000)).toBeLessThan(600);
  });

  it("moves no key between those that stay where one is added", () => {
    const [four, five] = [new Ring(names(4)), new Ring(names(5))];
    const moved = keys.filter((key) => four.serverOf(key) !== five.serverOf(key));
    expect(moved.every((key) => five.serverOf(key) === 4)).toBe(true);
    expect(moved.length).toBeLessThan(keys.length / 3.5);
  });

  it("is the same in whatever order the servers are named", () => {
    const [one, other] = [new Ring(names(3)), new Ring(names(3).reverse())];
    for (const key of keys.slice(0, 1_000)) expect(names(3)[one.serverOf(key)]).toBe(names(3).reverse()[other.serverOf(key)]);
  });
});

describe("replies", () => {
  const text = "HD\r\nVA 5 t59 c12\r\n\r\nEN\n\r\nEN\r\nSERVER_ERROR out of memory\r\nVA 0\r\n\r\nMN\r\n";

  const read = (pieces: readonly Buffer[]): Reply[] => {
    const replies: Reply[] = [];
    const reader = new ReplyReader(1_000);
    for (const piece of pieces) reader.read(piece, (reply) => replies.push(reply));
    return replies;
  };
  const told = (replies: readonly Reply[]) => replies.map(({ code, rest, value }) => [code, rest.join(" "), value?.toString()]);

  it("are the same in whatever pieces they come", () => {
    const whole = told(read([Buffer.from(text)]));
    expect(whole).toEqual([
      ["HD", "", undefined],
      ["VA", "t59 c12", "\r\nEN\n"],
      ["EN", "", undefined],
      ["SERVER_ERROR", "out of memory", undefined],
      ["VA", "", ""],
      ["MN", "", undefined],
    ]);
    for (let cut = 1; cut < text.length; cut++)
      expect(told(read([Buffer.from(text.slice(0, cut)), Buffer.from(text.slice(cut))]))).toEqual(whole);
    expect(told(read([...text].map((one) => Buffer.from(one))))).toEqual(whole);
  });

  it("have flags with values", () => {
    const [, reply] = read([Buffer.from(text)]);
    expect([flagOf(reply!, "t"), flagOf(reply!, "c"), flagOf(reply!, "s")]).toEqual(["59", "12", undefined]);
  });

  it.each(["VA x\r\n", "VA -1\r\n", "VA 1001\r\n", "VA 4\r\nhello\r\n", "VA 1\r\nab\n", "x".repeat(5_000)])(
    "that are none are refused: %.20s",
    (wrong) => {
      expect(() => read([Buffer.from(wrong)])).toThrow();
    },
  );
});
