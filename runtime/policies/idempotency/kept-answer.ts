// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import buffer from "node:buffer";
import type { Answer } from "../../exchange/exchange.ts";
import { HeaderList, lineKind, placeSize } from "../../fields/header-list.ts";

/** The head of an answer as it is kept. */
export interface KeptHead {
  readonly status: number;
  /** Name and value alternating. */
  readonly lines: readonly string[];
}

/**
 * Fields that are of one message, and not of what it says: when it was made (`Date`, `Age`) and how long it is. A cookie may
 * be a session that is over by then, and is a secret that would lie in the store.
 */
const isOfOneMessage = (name: string): boolean =>
  ["age", "content-length", "date", "idempotency-replayed", "set-cookie"].includes(name.toLowerCase());

export function keptHead({ status, headers }: Answer): KeptHead {
  const { text, places, added } = headers;
  const lines: string[] = [];
  const keep = (name: string, value: string): void => {
    if (!isOfOneMessage(name)) lines.push(name, value);
  };
  for (let at = 0; at < places.length; at += placeSize)
    if (places[at + 4] === lineKind.endToEnd)
      keep(text.slice(places[at], places[at + 1]), text.slice(places[at + 2], places[at + 3]));
  for (let index = 0; index < added.length; index += 2) keep(added[index]!, added[index + 1]!);
  return { status, lines };
}

/** An answer as text. `undefined` for a body that was not kept. */
export function writeAnswer(head: KeptHead, body: Uint8Array | undefined): string {
  if (body === undefined) return JSON.stringify({ status: head.status });
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return JSON.stringify({
    ...head,
    ...(buffer.isUtf8(bytes) ? { text: bytes.toString() } : { bytes: bytes.toString("base64") }),
  });
}

/** Undefined where only is known that there was one. */
export function readAnswer(text: string, source: string): Answer | undefined {
  // `writeAnswer` wrote it.
  const kept = JSON.parse(text) as Partial<KeptHead> & { status: number; text?: string; bytes?: string };
  if (kept.lines === undefined) return undefined;
  const headers = new HeaderList([...kept.lines, "Idempotency-Replayed", "true"]);
  const body = kept.bytes === undefined ? (kept.text ?? "") : Buffer.from(kept.bytes, "base64");
  return { status: kept.status, headers, body, source };
}
