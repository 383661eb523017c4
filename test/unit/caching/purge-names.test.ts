import { describe, expect, it } from "vitest";
import type { Purge } from "../../../runtime/caching/purging/purge.ts";
import { createPurgeAfter } from "../../../runtime/caching/purging/purge-after.ts";
import type { Purges } from "../../../runtime/caching/purging/purges.ts";
import { createTagging, tagsIn, tagsOfValue } from "../../../runtime/caching/purging/tagging.ts";
import type { Expression } from "../../../runtime/exchange/exchange.ts";
import { HeaderList } from "../../../runtime/fields/header-list.ts";
import { fakeExchange } from "../../harness/fake-exchange.ts";

/** As the compiler emits one. */
const gives = (value: unknown) => (() => value) as unknown as Expression<unknown>;

/** What an operation purges whose expressions give these values. */
function purgedBy(given: { readonly uris?: unknown; readonly prefixes?: unknown; readonly tags?: unknown }): readonly string[] {
  const asked: Purge[] = [];
  const purges = { purge: (all: readonly Purge[]) => void asked.push(...all) } as unknown as Purges;
  const of = (value: unknown) => (value === undefined ? [] : [gives(value)]);
  createPurgeAfter({
    purges,
    tags: of(given.tags),
    uris: of(given.uris),
    prefixes: of(given.prefixes),
    field: null,
    isSoft: false,
  }).response(fakeExchange());
  return asked.map(({ kind, name }) => `${kind} ${name}`);
}

describe("what an operation purges", () => {
  // Parameters of the path are texts in expressions: `/products/caf%C3%A9` has the id `caf\u00e9`.
  it.each([
    ["caf\u00e9", "caf%C3%A9"],
    ["a b", "a%20b"],
    ["100%", "100%25"],
    ["100%z", "100%25z"],
    ["a#b", "a%23b"],
    ["\u{1f600}", "%F0%9F%98%80"],
    ["a%20b", "a%20b"],
    ["plain~1", "plain~1"],
  ])("is the path as it is kept, also with the parameter %s in it", (id, written) => {
    expect(purgedBy({ uris: `/products/${id}/reviews` })).toEqual([`uri /products/${written}/reviews`]);
    expect(purgedBy({ prefixes: `/products/${id}` })).toEqual([`prefix /products/${written}`]);
  });

  it("is nothing where nothing can be kept", () => {
    for (const path of ["/products/../x", "/products//x", "products", "/a\\b", ""]) expect(purgedBy({ uris: path })).toEqual([]);
  });

  it("are tags of texts and numbers", () => {
    expect(purgedBy({ tags: ["a", 7, 8n, "", null] })).toEqual(["tag a", "tag 7", "tag 8"]);
  });
});

describe("tags", () => {
  it("in fields are read as UTF-8 where they are, as purges have them", () => {
    const sent = (text: string): string => Buffer.from(text).toString("latin1");
    // The bytes of the first one have a no-break space among them.
    for (const tag of ["\u00e0-la-carte", "caf\u00e9", "\u{1f600}", "\u65e5\u672c"])
      expect(tagsIn(sent(`plain ${tag}, last`))).toEqual(["plain", tag, "last"]);
    expect(tagsIn("caf\u00e9 b"), "Latin-1").toEqual(["caf\u00e9", "b"]);
  });

  it("of what is neither text nor number cannot be named, so the answer is not kept", () => {
    const tagsOf = (value: unknown) => {
      const tagging = createTagging({ fields: [], values: [gives(value)], keepsFields: false, most: 10 });
      return tagging.tagsOf(fakeExchange(), { status: 200, headers: new HeaderList(), body: undefined, source: "service" });
    };
    expect([tagsOf(7), tagsOf(["a", 9n]), tagsOf(null), tagsOf("")]).toEqual([["7"], ["a", "9"], [], []]);
    expect([tagsOf(true), tagsOf([{}]), tagsOf(["a", ["b"]])]).toEqual([undefined, undefined, undefined]);
    expect(tagsOfValue({})).toBeUndefined();
  });
});
