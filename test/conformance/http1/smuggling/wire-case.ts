/** Bytes of one connection, and what must come of them. */
export interface WireCase {
  readonly name: string;
  /** One character for each octet. `last` follows them. */
  readonly bytes: string;
  /**
   * What the client gets, in order. A text: the request (`POST /a`) that reached the service, which answered with 200.
   * A number: the status with which the gateway answered. What is not here was read by nobody.
   */
  readonly outcome: readonly (string | number)[];
}

/** Cases of one kind, and who described them. */
export interface WireGroup {
  readonly title: string;
  readonly source: string;
  readonly cases: readonly WireCase[];
}

/** Is sent behind each case: who reads it knows where the message before it ends. */
export const last = "GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/** A request that nobody may see as one where it stands in the body of another. */
export const hidden = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";

/** The connection is closed behind it. */
export const refused: WireCase["outcome"] = [400];

/** One chunk, and the end. */
export const inChunks = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;

export const taken = (request: string): WireCase["outcome"] => [request, "GET /last"];

/** Everything that the cases of a group share. */
export function group(title: string, source: string, cases: readonly WireCase[]): WireGroup {
  return { title, source, cases };
}

/** An octet as the name of a case shows it. */
export const octetName = (code: number): string => `0x${code.toString(16).padStart(2, "0")}`;

/** A POST whose field lines follow `Host`, and what stands behind its head. */
export const post = (lines: string, behind = ""): string => `POST /a HTTP/1.1\r\nHost: a\r\n${lines}\r\n${behind}`;
