/** Internal, server or client, by OTLP's numbers. */
export type SpanKind = 1 | 2 | 3;

/** Unset, ok or error, by OTLP's numbers. */
export type SpanStatus = 0 | 1 | 2;

/** The value of an attribute. */
export type SpanValue = string | number | boolean | readonly string[];

/** Key, value, key, value: one array instead of an object for each attribute. */
export type SpanAttributes = readonly SpanValue[];

/** What many spans have in common. Who makes spans has few of them and keeps them: who encodes spans does so with them once. */
export interface SpanShape {
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes: SpanAttributes;
  /** Of attributes that each span has values of its own for. No key comes twice. */
  readonly keys: readonly string[];
}

/** What happened at a moment of a span. */
export interface SpanEvent {
  readonly name: string;
  /** Milliseconds since the epoch, with fractions. */
  readonly time: number;
  readonly attributes: SpanAttributes;
}

/** Another span that has to do with this one, and is not its parent. */
export interface SpanLink {
  /** 32 hexadecimal digits, lower case. */
  readonly traceId: string;
  /** 16 hexadecimal digits, lower case. */
  readonly spanId: string;
  readonly traceState: string;
  readonly attributes: SpanAttributes;
}

/** A span that has ended: a piece of work of one request, as OTLP describes it. */
export interface Span {
  /** 32 hexadecimal digits, lower case. */
  readonly traceId: string;
  /** 16 hexadecimal digits, lower case. */
  readonly spanId: string;
  /** As `spanId`; empty for the first span of a trace. */
  readonly parentSpanId: string;
  readonly traceState: string;
  /** Of W3C Trace Context: 1 sampled, 2 random trace id. Bit 256 says that bit 512 is known, and that one that the parent is remote (OTLP's `SpanFlags`). */
  readonly flags: number;
  readonly name: string;
  readonly kind: SpanKind;
  /** Milliseconds since the epoch, with fractions: a double keeps a quarter of a microsecond. */
  readonly start: number;
  /** As `start`, and not before it. */
  readonly end: number;
  /** Says the same name and kind, and further attributes, with the values of its `keys`; undefined: it has no such attribute. */
  readonly shape?: SpanShape | undefined;
  readonly values?: readonly (SpanValue | undefined)[];
  readonly attributes: SpanAttributes;
  readonly events: readonly SpanEvent[];
  readonly links: readonly SpanLink[];
  readonly status: SpanStatus;
  /** Empty unless the status is an error that more can be said about. */
  readonly statusMessage: string;
}

/** All of them, those of its shape first. */
export function attributesOf({ shape, values = [], attributes }: Span): SpanAttributes {
  if (shape === undefined) return attributes;
  const all: SpanValue[] = [...shape.attributes];
  for (const [index, key] of shape.keys.entries()) {
    const value = values[index];
    if (value !== undefined) all.push(key, value);
  }
  return [...all, ...attributes];
}

/** Where spans go when they have ended. */
export interface SpanSink {
  /**
   * Never throws and never waits: what does not fit is counted and dropped. Keeps nothing of the span, whose texts may be parts
   * of long ones.
   *
   * @param now monotonic milliseconds, of who has read the clock anyway
   */
  take(span: Span, now?: number): void;
}
