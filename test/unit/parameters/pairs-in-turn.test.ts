import { describe, expect, it } from "vitest";
import { compileReader, type Reader } from "./readers.ts";

const query = (name: string, schema: unknown, more: object = {}): object => ({ name, in: "query", schema, ...more });
const keywords = (reader: Reader, text: string): string[] =>
  reader.read({ query: text }).violations.map(({ keyword, pointer }) => (pointer === "" ? keyword : `${keyword} ${pointer}`));

describe("objects of names and values in turn", () => {
  it("refuses names and values that do not go in turn, and names that come twice", async () => {
    const object = { type: "object", properties: { a: { type: "integer" } } };
    const reader = await compileReader([query("o", object, { explode: false }), query("p", object)]);
    expect(keywords(reader, "o=a,1,b")).toEqual(["style"]);
    expect(keywords(reader, "o=a,1,a,2")).toEqual(["repeated /a"]);
    expect(keywords(reader, "a=1&a=2")).toEqual(["repeated /a"]);
    expect(keywords(reader, "o=a,x")).toEqual(["type /a"]);
  });
});
