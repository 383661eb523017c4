import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { ContentSelector } from "../../../runtime/body/content-selector.ts";
import { createJsonBody } from "../../../runtime/body/json-body.ts";
import type { Expression, Slot, StartValue } from "../../../runtime/exchange/exchange.ts";
import { keptText } from "../../../runtime/exchange/kept-text.ts";
import { EncodedQueue } from "../../../runtime/exporters/encoded-queue.ts";
import { tracesProtobuf } from "../../../runtime/exporters/otlp/traces-protobuf.ts";
import { HeaderList } from "../../../runtime/fields/header-list.ts";
import { fieldText } from "../../../runtime/http1/field-text.ts";
import { type RequestHead, RequestHeadReader } from "../../../runtime/http1/request-head.ts";
import { createStaticKeys } from "../../../runtime/identity/api-key/static-keys.ts";
import type { Law } from "../../../runtime/limits/law.ts";
import { SlidingWindow } from "../../../runtime/limits/sliding-window.ts";
import { TokenBucket } from "../../../runtime/limits/token-bucket.ts";
import { createRateLimit, type RateLimitConfig } from "../../../runtime/policies/rate-limit/index.ts";
import { createMemoryStore } from "../../../runtime/stores/memory/memory-store.ts";
import type { Span } from "../../../runtime/telemetry/span.ts";
import { fakeExchange } from "../../harness/fake-exchange.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Bytes of a field that nobody looks at: what a kept slice of the head would keep with it. */
const ballast = "b".repeat(30_000);

const heads = new RequestHeadReader({ headBytes: 65_536, fieldLines: 100 });

/** A head as a client sends it, with these lines in the middle of much else. */
function headWith(lines: string): RequestHead {
  const bytes = Buffer.from(`GET /a HTTP/1.1\r\nHost: a\r\nX-Before: ${ballast}\r\n${lines}\r\nX-After: c\r\n\r\n`);
  heads.read(bytes, 0, bytes.length);
  return heads.head!;
}

/** Bytes that stay for each of `count` calls. */
function bytesKept(count: number, call: (index: number) => void): number {
  call(-1);
  collectGarbage();
  collectGarbage();
  const before = process.memoryUsage();
  for (let index = 0; index < count; index++) call(index);
  headWith("X: y");
  collectGarbage();
  collectGarbage();
  const after = process.memoryUsage();
  return (after.heapUsed + after.external - before.heapUsed - before.external) / count;
}

const limit = (caller: RateLimitConfig["caller"], law: Law): RateLimitConfig => ({
  store: createMemoryStore({ name: "default", maxBytes: 1 }),
  rule: { id: "limit", law, fields: null },
  tiers: null,
  caller,
  cost: 1,
  bypass: null,
  maxKeys: 100_000,
  onStoreFailure: null,
  slot: 0 as Slot,
});

const spanOf = (agent: string): Span => ({
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  parentSpanId: "",
  traceState: "",
  flags: 1,
  name: "GET",
  kind: 2,
  start: 0,
  end: 1,
  attributes: ["user_agent.original", agent],
  events: [],
  links: [],
  status: 0,
  statusMessage: "",
});

/** Twenty characters that are others each time: V8 copies texts of less than thirteen. */
const key = (index: number): string => `caller-number-${String(index).padStart(9, "0")}`;

describe("what is kept of a request", () => {
  const callers: Record<string, RateLimitConfig["caller"]> = {
    "a header field": { by: "header", name: "x-caller" },
    "an expression": { by: "expression", value: ((x) => x.headers.get("x-caller")) as Expression<string> },
    "an address that a proxy names": { by: "peer.ip" },
  };
  for (const [what, caller] of Object.entries(callers)) {
    for (const law of [
      new TokenBucket({ limit: 10, window: 60_000, burst: 5 }),
      new SlidingWindow({ limit: 10, window: 60_000 }),
    ]) {
      it(`by a limit by ${what} is the key alone (${law.id})`, () => {
        const policy = createRateLimit(limit(caller, law));
        const kept = bytesKept(2_000, (index) => {
          const { headers } = headWith(`X-Caller: ${key(index)}`);
          const ip = headers.get("x-caller")!;
          policy.request({ ...fakeExchange({ peer: { ip } }), headers });
        });
        expect(kept).toBeLessThan(700);
      });
    }
  }

  it("by the keys of consumers is the key alone", () => {
    const consumers = Array.from({ length: 2_000 }, (_, index) => ({
      subject: `s${index}`,
      key: key(index) as StartValue,
      roles: [],
      scopes: [],
    }));
    const scheme = createStaticKeys({
      name: "k",
      in: "header",
      parameter: "x-caller",
      challenge: "",
      forward: "none",
      consumers,
    });
    const kept = bytesKept(2_000, (index) => {
      const { headers } = headWith(`X-Caller: ${key(Math.max(0, index))}`);
      expect(scheme.authenticate({ ...fakeExchange(), headers })).toMatchObject({ scheme: "k" });
    });
    expect(kept).toBeLessThan(500);
  });

  it("by spans that wait to be exported is what is sent of them", () => {
    const encoding = tracesProtobuf({ attributes: [], scope: { name: "gatewright", version: "1" } });
    const queue = new EncodedQueue({ items: 10_000, bytes: 1e7, full: "dropNewest" }, 512, encoding, () => {});
    const kept = bytesKept(2_000, (index) => {
      const agent = headWith(`User-Agent: ${key(index)}`).headers.get("user-agent")!;
      queue.add(spanOf(agent), 0);
    });
    // Buffers double as they grow, and batches know where each span ends.
    expect([queue.waiting, kept < 4 * (queue.bytes / queue.waiting)]).toEqual([2_001, true]);
  });

  it("by the media types of operations is the value alone", () => {
    const entries = [{ type: "text", subtype: "plain", parameters: [] }];
    const selectors = Array.from({ length: 500 }, () => new ContentSelector(entries));
    const kept = bytesKept(500, (index) => {
      const { headers } = headWith(`Content-Type: text/plain; charset=utf-8; a=${key(index).slice(-3)}`);
      selectors[Math.max(0, index)]!.select(headers.get("content-type"));
    });
    expect(kept).toBeLessThan(1_000);
  });

  it("by the lines that are written is bounded by their own length", () => {
    const kept = bytesKept(200, (index) => {
      const { headers } = headWith(`X-Caller: ${key(index)}`);
      fieldText(new HeaderList([`X-Name-${String(index)}`, headers.get("x-caller")!]));
    });
    expect(kept).toBeLessThan(1_000);
  });

  it("by the reader of JSON is nothing, however many keys a body has", () => {
    const readers = Array.from({ length: 20 }, () => createJsonBody({ maxDepth: 10 }));
    const media = { type: "application", subtype: "json", parameters: [] };
    const kept = bytesKept(20, (index) => {
      const members = Array.from({ length: 20_000 }, (_, member) => `"\\n${member}":1`).join(",");
      expect(readers[Math.max(0, index)]!.read(Buffer.from(`{${members}}`), media).problem).toBeUndefined();
    });
    expect(kept).toBeLessThan(200_000);
  });
});

describe("a kept text", () => {
  it("is the same text", () => {
    for (const text of ["", "a", key(1), "ä€\u{1f600}\ud800", " leading"]) expect(keptText(text)).toBe(text);
  });

  it("would keep the head that it was cut from without the copy", () => {
    const slices: string[] = [];
    expect(
      bytesKept(200, (index) => void slices.push(headWith(`X-Caller: ${key(index)}`).headers.get("x-caller")!)),
    ).toBeGreaterThan(20_000);
    const copies: string[] = [];
    expect(
      bytesKept(200, (index) => void copies.push(keptText(headWith(`X-Caller: ${key(index)}`).headers.get("x-caller")!))),
    ).toBeLessThan(300);
  });
});
