import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import protobuf from "protobufjs";

const file = new URL("metrics.proto", import.meta.url);
/** Of `io/prometheus/client/metrics.proto` in github.com/prometheus/client_model v0.6.3. */
const digest = "baa21c7ddfd1da4ed873e7476aa1895feddf27097cdd99e834a1a5e538cc7466";

/** As Prometheus defines them; fields that are not set are absent, whole numbers are numbers. */
export interface DecodedFamily {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly metric: readonly DecodedMetric[];
}

export interface DecodedMetric {
  readonly label?: readonly { readonly name: string; readonly value: string }[];
  readonly counter?: { readonly value: number; readonly exemplar?: DecodedExemplar };
  readonly gauge?: { readonly value: number };
  readonly histogram?: DecodedHistogram;
}

export interface DecodedExemplar {
  readonly label: DecodedMetric["label"];
  readonly value: number;
  readonly timestamp: { readonly seconds: number; readonly nanos?: number };
}

export interface DecodedHistogram {
  readonly sampleCount: number;
  readonly sampleSum: number;
  readonly bucket: readonly {
    readonly cumulativeCount: number;
    readonly upperBound: number;
    readonly exemplar?: DecodedExemplar;
  }[];
  readonly schema?: number;
  readonly zeroThreshold?: number;
  readonly zeroCount?: number;
  readonly positiveSpan?: readonly { readonly offset: number; readonly length: number }[];
  readonly positiveDelta?: readonly number[];
  readonly exemplars?: readonly DecodedExemplar[];
}

/** Families behind their lengths, by Prometheus' own definitions. Throws where they have fields that nobody knows. */
export function decodedFamilies(bytes: Uint8Array): DecodedFamily[] {
  const text = readFileSync(file, "utf8");
  if (createHash("sha256").update(text).digest("hex") !== digest) throw new Error("metrics.proto is not that of Prometheus");
  // Lists of numbers may be written in two ways, and whoever reads has to know both; the shorter one is to be compared with.
  const packed = text.replace(/positive_delta\s*= 13/, "$& [packed=true]");
  const { root } = protobuf.parse(packed);
  root.addJSON(protobuf.common.get("google/protobuf/timestamp.proto")!.nested!);
  root.resolveAll();
  const type = root.lookupType("io.prometheus.client.MetricFamily");
  const reader = protobuf.Reader.create(bytes);
  const families: DecodedFamily[] = [];
  while (reader.pos < reader.len) {
    const length = reader.uint32();
    const message = type.decode(bytes.subarray(reader.pos, reader.pos + length));
    // What is not in the definitions is left out of it: then it is shorter.
    if (type.encode(message).finish().length !== length) throw new Error("a family has fields that nobody knows");
    families.push(type.toObject(message, { longs: Number, enums: String }) as DecodedFamily);
    reader.skip(length);
  }
  return families;
}
