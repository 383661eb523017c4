/** What of a batch was refused although the others were taken: never sent again. */
export interface PartialSuccess {
  readonly rejected: number;
  /** For operators; also where nothing was refused, as a warning. */
  readonly message: string;
}

const nothing: PartialSuccess = { rejected: 0, message: "" };

/** Characters of a message that are logged. */
const longestMessage = 500;

/**
 * `ExportTraceServiceResponse` or its siblings, which have their fields under the same numbers. An answer that cannot be read says
 * nothing: its status already said that the batch was taken.
 */
export function partialSuccess(body: Uint8Array, contentType: string): PartialSuccess {
  if (body.length === 0) return nothing;
  try {
    const { rejected, message } = /^application\/json\b/i.test(contentType) ? fromJson(body) : fromProtobuf(body);
    const count = Number.isSafeInteger(rejected) && rejected > 0 ? rejected : 0;
    return { rejected: count, message: message.slice(0, longestMessage) };
  } catch {
    return nothing;
  }
}

function fromJson(body: Uint8Array): PartialSuccess {
  const answer = JSON.parse(Buffer.from(body).toString("utf8")) as {
    readonly partialSuccess?: Readonly<Record<string, unknown>>;
  };
  const { rejectedSpans, rejectedDataPoints, rejectedLogRecords, errorMessage } = answer.partialSuccess ?? {};
  return {
    // A 64-bit number, which OTLP/JSON has as a text.
    rejected: Number(rejectedSpans ?? rejectedDataPoints ?? rejectedLogRecords ?? 0),
    message: typeof errorMessage === "string" ? errorMessage : "",
  };
}

function fromProtobuf(body: Uint8Array): PartialSuccess {
  const inner = fieldsOf(body).find(({ field }) => field === 1)?.bytes;
  if (inner === undefined) return nothing;
  const fields = fieldsOf(inner);
  const message = fields.find(({ field }) => field === 2)?.bytes;
  return {
    rejected: fields.find(({ field }) => field === 1)?.number ?? 0,
    message: message === undefined ? "" : Buffer.from(message).toString("utf8"),
  };
}

interface Field {
  readonly field: number;
  /** Of a varint. */
  readonly number?: number;
  /** Of what has a length. */
  readonly bytes?: Uint8Array;
}

/** The fields of one message, each once over its bytes; throws where it ends too early. */
function fieldsOf(body: Uint8Array): Field[] {
  const found: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = body[at++];
      if (byte === undefined || scale > 2 ** 63) throw new RangeError("a message that ends in a number");
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  const skip = (length: number): number => {
    if (at + length > body.length) throw new RangeError("a message that ends in a field");
    at += length;
    return at - length;
  };
  while (at < body.length) {
    const tag = varint();
    const field = Math.floor(tag / 8);
    const wire = tag % 8;
    if (wire === 0) found.push({ field, number: varint() });
    else if (wire === 1) skip(8);
    else if (wire === 5) skip(4);
    else if (wire === 2) {
      const length = varint();
      const from = skip(length);
      found.push({ field, bytes: body.subarray(from, from + length) });
    } else throw new RangeError("a message with a kind of field that there is not");
  }
  return found;
}
