import { attributesOf, type Span, type SpanAttributes, type SpanValue } from "../../telemetry/span.ts";
import { ByteBuffer } from "../byte-buffer.ts";
import type { Encoding } from "../encoded-queue.ts";
import { type OtlpSource, schemaUrl } from "./source.ts";
import { keyValueJson, nanosecondsJson, resourceJson } from "./source-json.ts";

/** `ExportTraceServiceRequest` in OTLP/JSON. */
export function tracesJson(source: OtlpSource): Encoding<Span> {
  const scope = JSON.stringify({ scope: source.scope }).slice(1, -1);
  const schema = JSON.stringify({ schemaUrl }).slice(1, -1);
  const front = Buffer.from(
    `{"resourceSpans":[{"resource":${JSON.stringify(resourceJson(source))},"scopeSpans":[{${scope},"spans":[`,
  );
  const behind = Buffer.from(`],${schema}}],${schema}}]}`);
  return {
    createBuffer: () => new ByteBuffer(),
    // The comma in front of the first one is where the list begins.
    write: (span, into) => into.utf8(`,${JSON.stringify(spanJson(span))}`),
    front: front.length - 1,
    behind: behind.length,
    frame(bytes, from, to) {
      const start = from + 1 - front.length;
      bytes.set(front, start);
      bytes.set(behind, to);
      return bytes.subarray(start, to + behind.length);
    },
  };
}

const spanJson = (span: Span): object => ({
  traceId: span.traceId,
  spanId: span.spanId,
  ...(span.traceState === "" ? {} : { traceState: span.traceState }),
  ...(span.parentSpanId === "" ? {} : { parentSpanId: span.parentSpanId }),
  ...(span.flags === 0 ? {} : { flags: span.flags }),
  name: span.name,
  kind: span.kind,
  startTimeUnixNano: nanosecondsJson(span.start),
  endTimeUnixNano: nanosecondsJson(span.end),
  ...attributesJson(attributesOf(span)),
  ...(span.events.length === 0
    ? {}
    : {
        events: span.events.map(({ name, time, attributes }) => ({
          timeUnixNano: nanosecondsJson(time),
          name,
          ...attributesJson(attributes),
        })),
      }),
  ...(span.links.length === 0
    ? {}
    : {
        links: span.links.map(({ traceId, spanId, traceState, attributes }) => ({
          traceId,
          spanId,
          ...(traceState === "" ? {} : { traceState }),
          ...attributesJson(attributes),
        })),
      }),
  ...(span.status === 0 && span.statusMessage === ""
    ? {}
    : {
        status: {
          ...(span.statusMessage === "" ? {} : { message: span.statusMessage }),
          ...(span.status === 0 ? {} : { code: span.status }),
        },
      }),
});

function attributesJson(attributes: SpanAttributes): object {
  if (attributes.length === 0) return {};
  const pairs: object[] = [];
  // Key, value, key, value: each key is a text.
  for (let index = 0; index + 1 < attributes.length; index += 2)
    pairs.push(keyValueJson(attributes[index] as string, attributes[index + 1] as SpanValue));
  return { attributes: pairs };
}
