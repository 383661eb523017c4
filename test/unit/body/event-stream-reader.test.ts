import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EventStreamReader } from "../../../runtime/body/event-stream-reader.ts";

const usage = [["usage", "total"]];

function lastOf(pieces: readonly Uint8Array[], paths: readonly (readonly string[])[] = usage): unknown {
  const reader = new EventStreamReader(paths);
  for (const piece of pieces) {
    // Bytes beside the piece belong to others.
    const around = Buffer.concat([Buffer.from("\n\n"), piece, Buffer.from("\n\n")]);
    reader.add(around, 2, 2 + piece.length);
  }
  return reader.last();
}

const whole = (text: string, paths?: readonly (readonly string[])[]): unknown => lastOf([Buffer.from(text)], paths);
const total = (count: number): string => `data: {"usage":{"total":${count}}}`;

describe("EventStreamReader (WHATWG HTML §9.2.6)", () => {
  it.each<[string, string, unknown]>([
    ["the last event that has the names", `${total(1)}\n\n${total(2)}\n\n`, { usage: { total: 2 } }],
    ["not one without them", `${total(1)}\n\ndata: {"usage":null}\n\ndata: [DONE]\n\n`, { usage: { total: 1 } }],
    ["no event that was not ended", `${total(1)}\n\n${total(2)}\n`, { usage: { total: 1 } }],
    ["lines of data together", `data: {"usage":\ndata: {"total":3}}\n\n`, { usage: { total: 3 } }],
    ["without a space", `data:{"usage":{"total":4}}\n\n`, { usage: { total: 4 } }],
    ["ends of lines: CR LF", `${total(5)}\r\n\r\n`, { usage: { total: 5 } }],
    ["ends of lines: CR", `${total(6)}\r\r`, { usage: { total: 6 } }],
    ["a byte order mark in front", `\ufeff${total(7)}\n\n`, { usage: { total: 7 } }],
    ["no comment and no other field", `: ${total(8)}\nevent: data\nid: 1\n\n`, undefined],
    ["no text that is no JSON", `${total(1)}\n\ndata: "usage" "total"\n\n`, undefined],
  ])("%s", (_, text, expected) => {
    expect(whole(text)).toEqual(expected);
  });

  it("takes any event where no names are looked for", () => {
    expect(whole("data: 1\n\ndata: 2\n\n", [])).toBe(2);
  });

  it("passes over what is longer than it keeps, and goes on behind it", () => {
    const long = `data: {"usage":{"total":9},"text":"${"x".repeat(70_000)}"}`;
    expect(whole(`${total(1)}\n\n${long}\n\n`)).toEqual({ usage: { total: 1 } });
    const many = `data: ${"x".repeat(1000)}\n`.repeat(70);
    expect(whole(`${many}data: "usage" "total"\n\n${total(2)}\n\n`)).toEqual({ usage: { total: 2 } });
  });

  it("finds the same however the stream is cut", () => {
    const line = fc.constantFrom(total(1), total(2), "data", "data: {", `data: "ü€𝄞"}`, ": note", "", "", "id: 1", "\ufeff");
    const end = fc.constantFrom("\n", "\r", "\r\n");
    const stream = fc.array(fc.tuple(line, end), { maxLength: 12 });
    const cuts = fc.array(fc.nat(200), { maxLength: 12 });
    fc.assert(
      fc.property(stream, cuts, (lines, at) => {
        const bytes = Buffer.from(lines.flat().join(""));
        const places = [0, ...at.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
        const pieces = places.slice(1).map((place, index) => bytes.subarray(places[index], place));
        expect(lastOf(pieces)).toEqual(lastOf([bytes]));
      }),
    );
  });
});
