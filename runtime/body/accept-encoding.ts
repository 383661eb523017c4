/** What a client takes, of what can be given. */
export interface CodingChoice<Coding extends string> {
  /** Undefined: no content coding. */
  readonly coding: Coding | undefined;
  /** The client does not take the content without a coding. */
  readonly isNeeded: boolean;
}

/**
 * The content coding that a client prefers by its `Accept-Encoding` (RFC 9110 §12.5.3), all lines as one; of those that it
 * prefers alike the first in `offered`. Without the field nobody knows what the client can read: no coding. What is malformed
 * counts as not there.
 */
export function chooseCoding<Coding extends string>(field: string | undefined, offered: readonly Coding[]): CodingChoice<Coding> {
  if (field === undefined) return { coding: undefined, isNeeded: false };
  const weights = new Array<number>(offered.length).fill(-1);
  let any = -1;
  let plain = -1;
  for (const element of field.split(",")) {
    const [name, weight] = readElement(element);
    if (weight < 0) continue;
    if (name === "*") any = Math.max(any, weight);
    else if (name === "identity") plain = Math.max(plain, weight);
    else {
      const at = offered.indexOf(name as Coding);
      if (at >= 0) weights[at] = Math.max(weights[at]!, weight);
    }
  }
  let coding: Coding | undefined;
  // One that names no preference for the plain content wants it less than any coding.
  let best = Math.max(plain, 0);
  for (const [at, one] of offered.entries()) {
    const weight = weights[at]! < 0 ? any : weights[at]!;
    if (weight <= 0 || (coding === undefined ? weight < best : weight <= best)) continue;
    best = weight;
    coding = one;
  }
  return { coding, isNeeded: plain === 0 || (plain < 0 && any === 0) };
}

/** `gzip;q=0.5`: the coding in lower case and its weight; -1 where it is malformed (RFC 9110 §12.4.2). */
function readElement(element: string): readonly [name: string, weight: number] {
  const semicolon = element.indexOf(";");
  const written = (semicolon < 0 ? element : element.slice(0, semicolon)).trim().toLowerCase();
  // RFC 9110 §8.4.1.3: the two are the same.
  const name = written === "x-gzip" ? "gzip" : written;
  if (semicolon < 0) return [name, 1];
  const parameter = element.slice(semicolon + 1).trim();
  return [name, weightPattern.test(parameter) ? Number(parameter.slice(parameter.indexOf("=") + 1)) : -1];
}

const weightPattern = /^[qQ]=(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;
