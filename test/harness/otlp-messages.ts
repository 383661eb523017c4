import root from "@opentelemetry/otlp-transformer/build/src/generated/root.js";

/** A message of protobufjs, as far as tests use it. */
interface Message {
  decode(bytes: Uint8Array): object;
  encode(message: object): { finish(): Uint8Array };
  toObject(message: object, options: object): object;
}

type Names =
  | "ExportTraceServiceRequest"
  | "ExportTraceServiceResponse"
  | "ExportMetricsServiceRequest"
  | "ExportMetricsServiceResponse";

interface Definitions {
  readonly opentelemetry: {
    readonly proto: {
      readonly collector: Readonly<Record<"trace" | "metrics", { readonly v1: Readonly<Record<Names, Message>> }>>;
    };
  };
}

/** OpenTelemetry's own definitions, as its package has them; it calls them a `Root` of protobufjs and no more. */
export const otlpDefinitions = (root as unknown as Definitions).opentelemetry.proto.collector;

const requests = {
  traces: otlpDefinitions.trace.v1.ExportTraceServiceRequest,
  metrics: otlpDefinitions.metrics.v1.ExportMetricsServiceRequest,
};

/** Fields of bytes that OTLP/JSON has as hexadecimal digits. */
const ids = ["traceId", "spanId", "parentSpanId"];

/** What a request in Protocol Buffers says, by OpenTelemetry's own definitions, as OTLP/JSON has it. */
export function decodedOtlp(signal: keyof typeof requests, bytes: Uint8Array): unknown {
  const type = requests[signal];
  const message = type.decode(bytes);
  // What is not in the definitions is left out of it: then it is shorter.
  if (type.encode(message).finish().length !== bytes.length) throw new Error("the message has fields that nobody knows");
  return JSON.parse(
    JSON.stringify(type.toObject(message, { longs: String, bytes: Buffer, json: true }), (name, value: unknown) => {
      const isId = ids.includes(name) && typeof value === "object" && value !== null && "data" in value;
      return isId ? Buffer.from(value.data as number[]).toString("hex") : value;
    }),
  );
}
