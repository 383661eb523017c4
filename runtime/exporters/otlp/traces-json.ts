import type { Span, SpanAttributes, SpanValue } from "../../telemetry/span.ts";
import type { Encode } from "./config.ts";
import { type OtlpSource, schemaUrl } from "./source.ts";
import { keyValueJson, nanosecondsJson, resourceJson } from "./source-json.ts";

/** `ExportTraceServiceRequest` in OTLP/JSON. */
export function tracesJson(source: OtlpSource): Encode<Span> {
  const resource = resourceJson(source);
  return (spans) => {
    const scopeSpans = [{ scope: source.scope, spans: spans.map(spanJson), schemaUrl }];
    return Buffer.from(JSON.stringify({ resourceSpans: [{ resource, scopeSpans, schemaUrl }] }));
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
  ...attributesJson(span.attributes),
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
