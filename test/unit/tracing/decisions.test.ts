import { describe, expect, it } from "vitest";
import type { Exchange, StartValue } from "../../../runtime/exchange/exchange.ts";
import type { TracingConfig } from "../../../runtime/policies/tracing/index.ts";
import type { RequestTrace } from "../../../runtime/policies/tracing/request-trace.ts";
import { fakeAnswer } from "../../harness/fake-exchange.ts";
import { stillClock } from "../../harness/still-clock.ts";
import {
  answered,
  attemptWith,
  type Changes,
  expression,
  flagOf,
  pass,
  remoteSpan,
  remoteTrace,
  requestWith,
  tracing,
} from "./support/pass.ts";

const sampledParent = ["traceparent", `00-${remoteTrace}-${remoteSpan}-01`] as const;
const unsampledParent = ["traceparent", `00-${remoteTrace}-${remoteSpan}-00`] as const;

const time = stillClock();

describe("who decides", () => {
  it("a request that is not sampled tells its service so (Tracing row 1)", () => {
    expect(flagOf(pass(tracing({ sampling: { share: 0 } })).lines)).toBe("00");
    expect(flagOf(pass(tracing({ sampling: { share: 1 } })).lines)).toBe("01");
  });

  it("a trusted parent that sampled is followed whatever the share, and one that did not as well (Tracing row 3)", () => {
    const none = tracing({ sampling: { share: 0 } });
    const { lines, spans } = pass(none, { lines: [sampledParent], isPeerTrusted: true });
    expect(lines).toContain(`00-${remoteTrace}-`);
    expect(flagOf(lines)).toBe("01");
    expect(spans[0]).toMatchObject({ traceId: remoteTrace, parentSpanId: remoteSpan, kind: 2, links: [] });
    const other = pass(tracing(), { lines: [unsampledParent], isPeerTrusted: true });
    expect([flagOf(other.lines), other.spans]).toEqual(["00", []]);
  });

  it("what anybody else says is a link, and decides nothing in either direction (Tracing row 4)", () => {
    for (const parent of [sampledParent, unsampledParent]) {
      const lines = [parent, ["tracestate", "a=1"], ["baggage", "userId=42"]] as const;
      const baggage = { allow: ["userId"], to: null };
      const rare = pass(tracing({ sampling: { share: 0 }, baggage }), { lines });
      expect([flagOf(rare.lines), rare.spans]).toEqual(["00", []]);
      const { lines: told, spans } = pass(tracing({ baggage }), { lines });
      expect(told).not.toContain(remoteTrace);
      expect(flagOf(told)).toBe("01");
      expect(spans[0]).toMatchObject({ parentSpanId: "", links: [{ traceId: remoteTrace, spanId: remoteSpan, traceState: "" }] });
      // `00` does not hide a request from the rules for how it ended.
      const kept = pass(tracing({ sampling: { share: 0 }, keep: {} }), { lines }, answered(500));
      expect(kept.spans).toHaveLength(2);
    }
  });

  it.each([
    ["never", true, false],
    ["fromTrustedProxies", false, false],
    ["fromTrustedProxies", true, true],
    ["always", false, true],
  ] as const)("trust: %s, from a peer that is%s a trusted proxy", (trust, isPeerTrusted, isContinued) => {
    const { x } = pass(tracing({ trust }), { lines: [sampledParent], isPeerTrusted });
    expect(x.trace!.traceId === remoteTrace).toBe(isContinued);
  });

  it("debug is sampled whatever the share, a decision alone starts a trace, and one that was left open is ours", () => {
    const through = (value: string, share: number) =>
      pass(tracing({ sampling: { share }, reads: ["b3"], writes: ["b3"] }), { lines: [["b3", value]], isPeerTrusted: true });
    expect(through(`${remoteTrace}-${remoteSpan}-d`, 0).lines).toMatch(new RegExp(`^\r\nb3: ${remoteTrace}-[0-9a-f]{16}-d-`));
    const alone = through("0", 1);
    expect([alone.lines.includes("-0-"), alone.spans]).toEqual([true, []]);
    expect(through(`${remoteTrace}-${remoteSpan}`, 1).spans).toHaveLength(2);
    expect(through(`${remoteTrace}-${remoteSpan}`, 0).spans).toHaveLength(0);
  });

  it("`always` and `never` count whatever the share, and `most` bounds what is decided here", () => {
    const isMeant = expression(({ path }: Exchange) => path === "/debug");
    const rare = tracing({ sampling: { share: 0, always: isMeant, most: 2 } });
    const counts = [1, 2, 3].map(() => pass(rare, { path: "/debug" }).spans.length);
    expect([...counts, pass(rare).spans.length]).toEqual([2, 2, 0, 0]);
    // A trusted caller is not bounded: its trace would have a hole.
    expect(pass(rare, { lines: [sampledParent], isPeerTrusted: true }).spans).toHaveLength(2);
    time.pass(500);
    expect([1, 2].map(() => pass(rare, { path: "/debug" }).spans.length)).toEqual([2, 0]);
    expect(pass(tracing({ sampling: { never: isMeant, always: isMeant } }), { path: "/debug" }).spans).toHaveLength(0);
  });

  it("a bound of less than one in a second lets one pass at once, and the next when its time has come", () => {
    const rare = tracing({ sampling: { most: 0.5 } });
    const sampled = (): number => pass(rare).spans.length;
    expect([sampled(), sampled()]).toEqual([2, 0]);
    time.pass(1_999);
    expect(sampled()).toBe(0);
    time.pass(1);
    expect([sampled(), sampled()]).toEqual([2, 0]);
    time.pass(60_000);
    expect([sampled(), sampled()]).toEqual([2, 0]);
  });

  it("a share is by the last 56 bits of the trace id, so that all who sample it agree", () => {
    const sampled = (share: number, tail: string): boolean => {
      const lines = [["b3", `${"f".repeat(18)}${tail}-${remoteSpan}`]] as const;
      return pass(tracing({ sampling: { share }, reads: ["b3"] }), { lines, isPeerTrusted: true }).spans.length > 0;
    };
    // OpenTelemetry, TraceState: probability sampling: R >= T, and T is (1 - share) * 2^56.
    expect([sampled(0.5, "80000000000000"), sampled(0.5, "7fffffffffffff")]).toEqual([true, false]);
    expect([sampled(0.25, "c0000000000000"), sampled(0.25, "bfffffffffffff")]).toEqual([true, false]);
    expect([sampled(1, "00000000000000"), sampled(0, "ffffffffffffff")]).toEqual([true, false]);
    expect(sampled(0.000001, "ffffffffffffff")).toBe(true);
  });

  it("of 10,000 requests a tenth is sampled, and no id comes twice", () => {
    const tenth = tracing({ sampling: { share: 0.1 } });
    const ids = new Set(Array.from({ length: 10_000 }, () => pass(tenth).x.trace!.traceId));
    expect(ids.size).toBe(10_000);
    // Six standard deviations.
    expect(Math.abs(tenth.spans.length / 2 - 1_000)).toBeLessThan(180);
  });
});

describe("the environment, where the configuration is silent (C4)", () => {
  const withEnvironment = (sampler: string, argument = "") =>
    // Read at start; plain text then.
    tracing({ sampling: { share: 0.1, environment: { sampler, argument } as TracingConfig["sampling"]["environment"] } });
  const unsampled = (sampler: string) =>
    pass(withEnvironment(sampler), { lines: [unsampledParent], isPeerTrusted: true }).spans.length;

  it("chooses the sampler by OpenTelemetry's names", () => {
    expect(pass(withEnvironment("always_on")).spans).toHaveLength(2);
    expect(pass(withEnvironment("parentbased_always_off")).spans).toHaveLength(0);
    expect(pass(withEnvironment("traceidratio")).spans).toHaveLength(2);
    expect(pass(withEnvironment("parentbased_traceidratio", "0")).spans).toHaveLength(0);
    // Without `parentbased_` nobody else decides.
    expect([unsampled("always_on"), unsampled("parentbased_always_on")]).toEqual([2, 0]);
  });

  const withPropagators = (propagators: string, written: Changes = {}) =>
    tracing({ reads: null, writes: null, propagators: propagators as unknown as StartValue, ...written });

  it("chooses the formats by OpenTelemetry's names, where none are written", () => {
    const told = (...given: Parameters<typeof withPropagators>): string[] =>
      pass(withPropagators(...given))
        .lines.split("\r\n")
        .slice(1)
        .map((line) => line.split(":", 1)[0]!);
    expect(told("")).toEqual(["traceparent"]);
    expect(told(" b3 , tracecontext,b3,baggage")).toEqual(["b3", "traceparent"]);
    expect(told("jaeger,b3multi")).toEqual(["uber-trace-id", "X-B3-TraceId", "X-B3-SpanId", "X-B3-ParentSpanId", "X-B3-Sampled"]);
    expect(told("none")).toEqual([]);
    expect(told("jaeger", { writes: ["b3"] })).toEqual(["b3"]);
    const continued = pass(withPropagators("b3", { writes: ["traceparent"] }), {
      lines: [["b3", `${remoteTrace}-${remoteSpan}-1`]],
      isPeerTrusted: true,
    });
    expect(continued.lines).toContain(`traceparent: 00-${remoteTrace}-`);
    expect(() => withPropagators("tracecontext,xray")).toThrow(/OTEL_PROPAGATORS has "xray".*b3multi.*`propagation`/);
  });

  it("refuses to start with a value that does not fit, and names the variable", () => {
    expect(() => withEnvironment("sometimes")).toThrow(/OTEL_TRACES_SAMPLER is "sometimes".*always_on.*`sample`/);
    for (const argument of ["2", "-0.1", "ten"])
      expect(() => withEnvironment("traceidratio", argument)).toThrow(/OTEL_TRACES_SAMPLER_ARG is .* from 0 to 1/);
  });
});

describe("what services are told", () => {
  it("all formats that are configured, with the same ids (Tracing row 11)", () => {
    const all = tracing({ writes: ["traceparent", "b3", "b3-multi", "uber-trace-id"] });
    const { lines, spans } = pass(all);
    const { traceId, spanId: server } = spans[0]!;
    const attempt = spans[1]!.spanId;
    expect(lines.split("\r\n").slice(1)).toEqual([
      `traceparent: 00-${traceId}-${attempt}-01`,
      `b3: ${traceId}-${attempt}-1-${server}`,
      `X-B3-TraceId: ${traceId}`,
      `X-B3-SpanId: ${attempt}`,
      `X-B3-ParentSpanId: ${server}`,
      "X-B3-Sampled: 1",
      `uber-trace-id: ${traceId}:${attempt}:0:1`,
    ]);
  });

  it("64 bits as they came, and padded for W3C and the exporter (Tracing row 8)", () => {
    const lines = [["b3", `${remoteTrace.slice(16)}-${remoteSpan}-1`]] as const;
    const { lines: told, spans } = pass(tracing({ reads: ["b3"], writes: ["b3", "traceparent"] }), {
      lines,
      isPeerTrusted: true,
    });
    const padded = `${"0".repeat(16)}${remoteTrace.slice(16)}`;
    expect(told).toContain(`b3: ${remoteTrace.slice(16)}-`);
    expect(told).toContain(`traceparent: 00-${padded}-`);
    expect(spans[0]!.traceId).toBe(padded);
  });

  it("that the id is random, if the caller said so, and no flag beside", () => {
    const flags = (sent: string) =>
      flagOf(pass(tracing(), { lines: [["traceparent", `00-${remoteTrace}-${remoteSpan}-${sent}`]], isPeerTrusted: true }).lines);
    expect(["02", "03", "fd", "ff"].map(flags)).toEqual(["02", "03", "01", "03"]);
  });

  it("with `always` that each trace is sampled, which exports no span more here (C2)", () => {
    const { lines, spans, x } = pass(tracing({ sampling: { share: 0 }, tellsSampled: true }));
    expect([flagOf(lines), spans, x.trace!.isSampled]).toEqual(["01", [], false]);
  });

  it("baggage by the list, and only the services that are named (Tracing row 18)", () => {
    const { policy } = tracing({ baggage: { allow: ["userId"], to: ["orders"] } });
    const x = requestWith({ lines: [["baggage", "userId=42,secret=x"]], isPeerTrusted: true });
    policy.request(x);
    expect(x.trace!.attemptLines(attemptWith({}), "GET / ", "orders")).toContain("\r\nbaggage: userId=42");
    expect(x.trace!.attemptLines(attemptWith({}), "GET / ", "partner")).not.toContain("baggage");
    const large = requestWith({ lines: [["baggage", `userId=${"4".repeat(9_000)}`]], isPeerTrusted: true });
    policy.request(large);
    expect(large.trace!.attemptLines(attemptWith({}), "GET / ", "orders")).not.toContain("baggage");
    const counts = Object.fromEntries(policy.metrics().map(({ name, samples }) => [name, samples[0]!.value]));
    expect(counts.gatewright_baggage_dropped_total).toBe(1);
  });
});

describe("what is kept for how it ended (C2)", () => {
  const rare = { sampling: { share: 0 } };

  it("errors, slow requests and those of a condition; the service was told otherwise", () => {
    const keep = { slowerThan: 500, when: expression(({ answer }: Exchange) => answer?.status === 429) };
    const slow = (x: Exchange): void => {
      time.pass(501);
      answered(200)(x);
    };
    const kept = [answered(500), answered(429), slow, answered(404), answered(200)].map((end) => {
      const { lines, spans } = pass(tracing({ ...rare, keep }), {}, end);
      return [flagOf(lines), spans.length];
    });
    expect(kept).toEqual([
      ["00", 2],
      ["00", 2],
      ["00", 2],
      ["00", 0],
      ["00", 0],
    ]);
  });

  it("slower than nothing is every request that takes time", () => {
    const { spans } = pass(tracing({ ...rare, keep: { errors: false, slowerThan: 0 } }), {}, (x) => {
      time.pass(1);
      answered(200)(x);
    });
    expect(spans).toHaveLength(2);
  });

  it("no client makes itself be kept by leaving, and of what is kept there are so many in a second", () => {
    const gone = (x: Exchange): void => void (x.outcome = "clientGone");
    expect(pass(tracing({ ...rare, keep: {} }), {}, gone).spans).toHaveLength(0);
    const some = tracing({ ...rare, keep: { most: 2 } });
    expect([1, 2, 3].map(() => pass(some, {}, answered(500)).spans.length)).toEqual([2, 2, 0]);
    expect(countsOf(some)).toMatchObject({ kept: 2, rate: 1, waiting: 0 });
  });

  it("of more than may wait, the oldest is decided by its begin, and counted", () => {
    const full = tracing({ ...rare, keep: { waiting: 2 } });
    const waiting = [1, 2, 3].map(() => {
      const x = requestWith();
      full.policy.request(x);
      return x;
    });
    expect(waiting.map(({ trace }) => (trace as RequestTrace).isRecording)).toEqual([false, true, true]);
    for (const x of waiting) {
      answered(500)(x);
      full.policy.done(x);
    }
    expect(full.spans).toHaveLength(2);
    expect(countsOf(full)).toMatchObject({ kept: 2, waiting: 1 });
    // Those that have ended take no place.
    for (let count = 0; count < 10; count++) pass(full, {}, answered(200));
    expect(countsOf(full)).toMatchObject({ waiting: 1 });
  });

  it("what lasts is not held for it: tunnels and event streams (Tracing row 17)", () => {
    const held = tracing({ ...rare, keep: { slowerThan: 1 } });
    const stream = (x: Exchange): void => {
      x.answer = fakeAnswer({ headers: ["Content-Type", "text/event-stream; charset=utf-8"] });
      time.pass(1_000);
    };
    const tunnel = (x: Exchange): void => {
      answered(101)(x);
      time.pass(1_000);
    };
    expect([stream, tunnel].map((end) => pass(held, {}, end).spans.length)).toEqual([0, 0]);
    expect(pass(tracing(), {}, stream).spans).toHaveLength(2);
  });

  const countsOf = ({ policy }: ReturnType<typeof tracing>): Readonly<Record<string, number>> =>
    Object.fromEntries(
      policy.metrics().flatMap(({ samples }) => samples.map(({ labels, value }) => [/"(.*)"/.exec(labels)?.[1] ?? "", value])),
    );
});
