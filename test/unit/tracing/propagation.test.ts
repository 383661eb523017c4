import { ROOT_CONTEXT, type SpanContext, trace } from "@opentelemetry/api";
import { B3InjectEncoding, B3Propagator } from "@opentelemetry/propagator-b3";
import { JaegerPropagator } from "@opentelemetry/propagator-jaeger";
import { describe, expect, it } from "vitest";
import { lineKind } from "../../../runtime/fields/header-list.ts";
import { withholdTraceFields } from "../../../runtime/policies/tracing/fields.ts";
import { readIncoming, type TraceFormat } from "../../../runtime/policies/tracing/incoming.ts";
import { traceLines } from "../../../runtime/policies/tracing/outgoing.ts";
import { filterBaggage } from "../../../runtime/policies/tracing/propagation/baggage.ts";
import { combineTracestate } from "../../../runtime/policies/tracing/propagation/tracestate.ts";
import { received } from "./support/received.ts";

const trace32 = "80f198ee56343ba864fe8b2a57d3eff7";
const span16 = "e457b5a2e4d86bd1";

/** What is read, as `trace id, span id, decision`, with `short` and `random` behind; `-` for nothing. */
function read(formats: readonly TraceFormat[], ...lines: readonly (readonly [string, string])[]): string {
  const headers = received(...lines);
  const incoming = readIncoming(headers, withholdTraceFields(headers), formats);
  if (incoming === undefined) return "-";
  const { traceId, spanId, decision, isShort, isRandom } = incoming.context;
  return [traceId, spanId, decision, ...(isShort ? ["short"] : []), ...(isRandom ? ["random"] : [])].join(" ").trim();
}

describe("traceparent (W3C Trace Context level 2 §3.2, §4.3; Tracing row 5)", () => {
  const parent = (flags: string): string => `00-${trace32}-${span16}-${flags}`;
  it.each([
    ["sampled", parent("01"), `${trace32} ${span16} sampled`],
    ["not sampled", parent("00"), `${trace32} ${span16} unsampled`],
    ["the random flag", parent("03"), `${trace32} ${span16} sampled random`],
    ["flags that nobody knows", parent("fc"), `${trace32} ${span16} unsampled`],
    ["version ff", parent("01").replace("00-", "ff-"), "-"],
    ["a trace id of zeros", parent("01").replace(trace32, "0".repeat(32)), "-"],
    ["a parent id of zeros", parent("01").replace(span16, "0".repeat(16)), "-"],
    ["upper case", parent("01").toUpperCase(), "-"],
    ["more behind version 00", `${parent("01")}-more`, "-"],
    ["a dot behind version 00", `${parent("01")}.`, "-"],
    ["version 01 with more behind a hyphen", `${parent("01").replace("00-", "01-")}-more`, `${trace32} ${span16} sampled`],
    ["version cc with more behind a dot", `${parent("01").replace("00-", "cc-")}.more`, "-"],
    ["version cc without more", parent("01").replace("00-", "cc-"), `${trace32} ${span16} sampled`],
    ["a version of three digits", `0${parent("01")}`, "-"],
    ["one digit of flags", parent("1"), "-"],
    ["a flag that is no digit", parent("0."), "-"],
    ["nothing", "", "-"],
  ])("%s", (_what, value, expected) => {
    expect(read(["traceparent"], ["traceparent", value])).toBe(expected);
  });

  it("two fields are as good as none", () => {
    expect(read(["traceparent"], ["traceparent", parent("01")], ["Traceparent", parent("01")])).toBe("-");
  });

  it("names are read in any case, and no other name is", () => {
    expect(read(["traceparent"], ["TrAcEpArEnT", parent("01")])).toBe(`${trace32} ${span16} sampled`);
    for (const name of ["trace-parent", "trace.parent", "trace_parent"])
      expect(read(["traceparent"], [name, parent("01")])).toBe("-");
  });
});

describe("tracestate (level 2 §3.3; Tracing rows 6 and 7)", () => {
  const members = (count: number): string => Array.from({ length: count }, (_, index) => `k${index}=${index}`).join(",");
  it.each<[string, string[], string]>([
    ["lines are combined in order", ["foo=1,bar=2", "rojo=1", "baz=3"], "foo=1,bar=2,rojo=1,baz=3"],
    ["white space and empty members go", [" foo=1 \t , \t bar=2,,", "", "\tbaz=3"], "foo=1,bar=2,baz=3"],
    ["duplicates pass", ["foo=1,foo=2"], "foo=1,foo=2"],
    ["32 members", [members(16), members(16)], `${members(16)},${members(16)}`],
    ["33 members", [members(16), members(17)], ""],
    ["a key of 256 characters", [`foo=1,${"z".repeat(256)}=1`], `foo=1,${"z".repeat(256)}=1`],
    ["a key of 257 characters", [`foo=1,${"z".repeat(257)}=1`], ""],
    ["a value of 257 characters", [`foo=${"1".repeat(257)}`], ""],
    ["keys with at signs", ["foo@=1,foo@@bar=1,t@v@w=2"], "foo@=1,foo@@bar=1,t@v@w=2"],
    ["a key that begins with an at sign", ["@foo=1,bar=2"], ""],
    ["an upper-case key", ["FOO=1"], ""],
    ["a space in a key", ["foo =1"], ""],
    ["a dot in a key", ["foo.bar=1"], ""],
    ["a second equals sign", ["foo=bar=baz"], ""],
    ["an empty value", ["foo=,bar=3"], ""],
    ["no value", ["foo"], ""],
  ])("%s", (_what, lines, expected) => {
    expect(combineTracestate(lines)).toBe(expected);
  });

  it("counts with a valid traceparent alone", () => {
    const stateOf = (...lines: readonly (readonly [string, string])[]): string | undefined => {
      const headers = received(...lines);
      return readIncoming(headers, withholdTraceFields(headers), ["traceparent", "b3"])?.traceState;
    };
    expect(stateOf(["traceparent", `00-${trace32}-${span16}-01`], ["tracestate", "a=1"], ["tracestate", "b=2"])).toBe("a=1,b=2");
    expect(stateOf(["tracestate", "a=1"])).toBeUndefined();
    expect(stateOf(["tracestate", "a=1"], ["b3", `${trace32}-${span16}-1`])).toBe("");
    expect(stateOf(["tracestate", "a=1"], ["traceparent", "00-0-0-01"])).toBeUndefined();
  });
});

describe("B3 (openzipkin/b3-propagation; Tracing rows 8 and 9)", () => {
  const short = trace32.slice(16);
  it.each([
    [`${trace32}-${span16}-1`, `${trace32} ${span16} sampled`],
    [`${trace32}-${span16}-0-05e3ac9a4f6e3b90`, `${trace32} ${span16} unsampled`],
    [`${trace32}-${span16}-d`, `${trace32} ${span16} debug`],
    [`${trace32}-${span16}`, `${trace32} ${span16} open`],
    [`${short}-${span16}-1`, `${short.padStart(32, "0")} ${span16} sampled short`],
    [`${short.padStart(32, "0")}-${span16}-1`, `${short.padStart(32, "0")} ${span16} sampled`],
    ["0", "unsampled"],
    ["1", "sampled"],
    ["d", "debug"],
    ["x", "-"],
    ["", "-"],
    [`${trace32}-${span16}-2`, "-"],
    [`${trace32}-${span16}-1-`, "-"],
    [`${trace32}-${span16}-1-05e3ac9a4f6e3b90-1`, "-"],
    [`${trace32.slice(1)}-${span16}-1`, "-"],
    [`${trace32}-${span16.slice(1)}-1`, "-"],
    [`${"0".repeat(32)}-${span16}-1`, "-"],
    [`${trace32}-${"0".repeat(16)}-1`, "-"],
    [trace32, "-"],
  ])("b3: %s", (value, expected) => {
    expect(read(["b3"], ["b3", value])).toBe(expected);
  });

  const many = (sampled: readonly (readonly [string, string])[]) =>
    read(["b3"], ["X-B3-TraceId", trace32], ["X-B3-SpanId", span16], ...sampled);
  it.each<[string, (readonly [string, string])[], string]>([
    ["without a decision", [], "open"],
    ["sampled", [["X-B3-Sampled", "1"]], "sampled"],
    ["sampled as older tracers write it", [["X-B3-Sampled", "true"]], "sampled"],
    ["not sampled", [["X-B3-Sampled", "0"]], "unsampled"],
    ["debug", [["X-B3-Flags", "1"]], "debug"],
  ])("its many fields, %s", (_what, fields, decision) => {
    expect(many(fields)).toBe(`${trace32} ${span16} ${decision}`);
  });

  it("a decision alone has no ids, and one that is none does not count", () => {
    expect(read(["b3"], ["X-B3-Sampled", "0"])).toBe("unsampled");
    expect(read(["b3"], ["X-B3-Flags", "0"])).toBe("-");
    expect(many([["X-B3-Sampled", "yes"]])).toBe("-");
    expect(read(["b3"], ["X-B3-TraceId", trace32])).toBe("-");
  });

  it("the single field counts before the many, unless it is invalid", () => {
    const other = trace32.replaceAll("8", "9");
    expect(read(["b3"], ["X-B3-TraceId", other], ["X-B3-SpanId", span16], ["b3", `${trace32}-${span16}-0`])).toBe(
      `${trace32} ${span16} unsampled`,
    );
    expect(read(["b3"], ["X-B3-TraceId", other], ["X-B3-SpanId", span16], ["b3", "x"])).toBe(`${other} ${span16} open`);
    expect(read(["b3-multi"], ["X-B3-TraceId", other], ["X-B3-SpanId", span16], ["b3", `${trace32}-${span16}-0`])).toBe(
      `${other} ${span16} open`,
    );
  });
});

describe("uber-trace-id (Jaeger's client libraries; Tracing row 10)", () => {
  it.each([
    [`${trace32}:${span16}:0:1`, `${trace32} ${span16} sampled`],
    [`${trace32}:${span16}:0:0`, `${trace32} ${span16} unsampled`],
    [`${trace32}:${span16}:0:3`, `${trace32} ${span16} debug`],
    [`${trace32}:${span16}:0:2`, `${trace32} ${span16} unsampled`],
    [`${trace32}%3A${span16}%3a0%3A01`, `${trace32} ${span16} sampled`],
    [`abc:1:0:1`, `${"abc".padStart(32, "0")} ${"1".padStart(16, "0")} sampled short`],
    [`${trace32}::0:1`, "-"],
    [`0:${span16}:0:1`, "-"],
    [`${trace32}:0:0:1`, "-"],
    [`${trace32}:${span16}:0:x`, "-"],
    [`${trace32}:${span16}:0`, "-"],
    [`${trace32}:${span16}:0:1:1`, "-"],
    [`${trace32}0:${span16}:0:1`, "-"],
    ["", "-"],
  ])("%s", (value, expected) => {
    expect(read(["uber-trace-id"], ["uber-trace-id", value])).toBe(expected);
  });
});

it("of several formats the first in the list counts that is valid (Tracing row 11)", () => {
  const lines = [
    ["uber-trace-id", `${trace32}:${span16}:0:1`],
    ["b3", `${trace32}-${span16}-0`],
    ["traceparent", "00-none-at-all"],
  ] as const;
  expect(read(["traceparent", "b3", "uber-trace-id"], ...lines)).toBe(`${trace32} ${span16} unsampled`);
  expect(read(["traceparent", "uber-trace-id", "b3"], ...lines)).toBe(`${trace32} ${span16} sampled`);
  expect(read(["traceparent"], ...lines)).toBe("-");
});

it("every field that tells of a trace is withheld, in any spelling that a service takes for it, and can be read all the same", () => {
  const names = ["Traceparent", "tracestate", "b3", "X-B3-TraceId", "x-b3-spanid", "X-B3-ParentSpanId", "X-B3-Sampled"];
  names.push("X-B3-Flags", "Uber-Trace-Id", "uber_trace_id", "X_B3_TraceId", "baggage");
  const others = ["b4", "x-b3-traceids", "x-baggage", "user-agent", "ubertraceid-", "traceparen_", "content-type"];
  const headers = received(...[...names, ...others].map((name) => [name, "1"] as const));
  withholdTraceFields(headers);
  const kinds = [...names, ...others].map((name, index) => [name, headers.places[index * 5 + 4]]);
  expect(kinds).toEqual([
    ...names.map((name) => [name, lineKind.connection]),
    ...others.map((name) => [name, lineKind.endToEnd]),
  ]);
  expect(headers.get("baggage")).toBe("1");
});

describe("what services are told is what others read", () => {
  const carrierOf = (formats: readonly TraceFormat[], isDebug = false, isShort = false): Record<string, string> => {
    const traceId = isShort ? trace32.slice(16).padStart(32, "0") : trace32;
    const told = {
      traceId,
      isShort,
      isRandom: false,
      isDebug,
      saysSampled: true,
      traceState: "",
      serverSpanId: "05e3ac9a4f6e3b90",
    };
    const lines = traceLines(told, span16, formats).split("\r\n").slice(1);
    return Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 2)]),
    );
  };
  const getter = {
    get: (carrier: Record<string, string>, key: string) => carrier[key.toLowerCase()],
    keys: (carrier: Record<string, string>) => Object.keys(carrier),
  };
  const spanIn = (propagator: B3Propagator | JaegerPropagator, carrier: Record<string, string>): SpanContext | undefined =>
    trace.getSpanContext(propagator.extract(ROOT_CONTEXT, carrier, getter));

  it.each<[TraceFormat, B3Propagator | JaegerPropagator]>([
    ["b3", new B3Propagator()],
    ["b3-multi", new B3Propagator({ injectEncoding: B3InjectEncoding.MULTI_HEADER })],
    ["uber-trace-id", new JaegerPropagator()],
  ])("%s, by OpenTelemetry's own propagators", (format, propagator) => {
    for (const isDebug of [false, true])
      expect(spanIn(propagator, carrierOf([format], isDebug))).toMatchObject({ traceId: trace32, spanId: span16, traceFlags: 1 });
    // 64 bits go on as they came, and are the same trace to who pads them.
    const short = carrierOf([format], false, true);
    expect(Object.values(short).join(" ")).not.toContain("0".repeat(16));
    expect(spanIn(propagator, short)?.traceId).toBe(trace32.slice(16).padStart(32, "0"));
  });

  it.each<[TraceFormat, B3Propagator | JaegerPropagator]>([
    ["b3", new B3Propagator()],
    ["b3-multi", new B3Propagator({ injectEncoding: B3InjectEncoding.MULTI_HEADER })],
    ["uber-trace-id", new JaegerPropagator()],
  ])("%s is read as OpenTelemetry's propagators write it", (format, propagator) => {
    for (const traceFlags of [0, 1]) {
      const carrier: Record<string, string> = {};
      const context = trace.setSpanContext(ROOT_CONTEXT, { traceId: trace32, spanId: span16, traceFlags });
      propagator.inject(context, carrier, {
        set(into, key, value) {
          into[key] = String(value);
        },
      });
      const lines = Object.entries(carrier).map(([name, value]) => [name, value] as const);
      expect(read([format], ...lines)).toBe(`${trace32} ${span16} ${traceFlags === 1 ? "sampled" : "unsampled"}`);
    }
  });
});

describe("baggage (W3C Baggage §3.3; Tracing row 18)", () => {
  it.each<[string, string[], string | "tooLarge"]>([
    ["what is allowed goes on as it came", ["userId=42,secret=x"], "userId=42"],
    ["with its properties", ["secret=x , userId =  42;ttl=3;p , tier=gold"], "userId =  42;ttl=3;p,tier=gold"],
    ["lines are one list", ["userId=1", "secret=2", "tier=3"], "userId=1,tier=3"],
    ["no key goes on that is only similar", ["UserId=1,userId2=2,xuserId=3,userId"], ""],
    ["what cannot be sent does not", ["userId=a\u00e9,tier=3"], "tier=3"],
    ["64 members", [Array.from({ length: 64 }, () => "tier=1").join(",")], Array.from({ length: 64 }, () => "tier=1").join(",")],
    ["65 members", [Array.from({ length: 65 }, () => "other=1").join(",")], "tooLarge"],
    ["8,192 bytes", [`tier=1,other=${"x".repeat(8_192 - 13)}`], "tier=1"],
    ["8,193 bytes", [`tier=1,other=${"x".repeat(8_193 - 13)}`], "tooLarge"],
    ["8,193 bytes in two lines", ["tier=1", `other=${"x".repeat(8_193 - 13)}`], "tooLarge"],
  ])("%s", (_what, lines, expected) => {
    expect(filterBaggage(lines, ["userId", "tier"])).toBe(expected);
  });
});
