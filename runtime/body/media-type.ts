/** A media type as a field names it (RFC 9110 §8.3.1). */
export interface MediaType {
  /** Lower case; `*` in a range. */
  readonly type: string;
  /** Lower case; `*` in a range. */
  readonly subtype: string;
  /** Names in lower case and values without their quotes, alternating. */
  readonly parameters: readonly string[];
}

/** Value of a parameter; undefined where there is none. */
export function parameterOf(media: MediaType, name: string): string | undefined {
  const { parameters } = media;
  for (let index = 0; index < parameters.length; index += 2) if (parameters[index] === name) return parameters[index + 1];
  return undefined;
}

/** Undefined where the text is no media type, or names a parameter twice: whoever reads it next may take the other one. */
export function parseMediaType(text: string): MediaType | undefined {
  const head = /^[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\/([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*(?=;|$)/.exec(text);
  if (head === null) return undefined;
  const parameters = parseParameters(text, head[0].length);
  return parameters === undefined ? undefined : { type: head[1]!.toLowerCase(), subtype: head[2]!.toLowerCase(), parameters };
}

/** Names and values: far more than any media type has, and few enough to be compared with each other. */
const mostParameters = 64;

/** `; name=value; name="value"` (RFC 9110 §5.6.6), names in lower case. Undefined where malformed or repeated. */
function parseParameters(text: string, start: number): string[] | undefined {
  const parameters: string[] = [];
  const pattern =
    /;[ \t]*(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+)|"((?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[\t\x20-\x7e\x80-\xff])*)"))?[ \t]*/y;
  pattern.lastIndex = start;
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (match === null || parameters.length === mostParameters) return undefined;
    if (match[1] === undefined) continue;
    const name = match[1].toLowerCase();
    for (let index = 0; index < parameters.length; index += 2) if (parameters[index] === name) return undefined;
    parameters.push(name, match[2] ?? match[3]!.replaceAll(/\\(.)/g, "$1"));
  }
  return parameters;
}

/** What an operation declares: a media type or range. */
export interface MediaRange {
  readonly type: string;
  /** `*` for any; `*+json` for any with the suffix. */
  readonly subtype: string;
  /** Names and values alternating, all of which must be sent. Without `charset`, which the format reads. */
  readonly parameters: readonly string[];
}

/** Values of parameters are compared without case, as those that tell media types apart (`version=2`) are used so. */
export function isWithin(media: MediaType, range: MediaRange): boolean {
  if (range.type !== "*" && range.type !== media.type) return false;
  if (range.subtype !== "*" && range.subtype !== media.subtype) {
    if (!range.subtype.startsWith("*+") || !media.subtype.endsWith(range.subtype.slice(1))) return false;
  }
  const { parameters } = range;
  for (let index = 0; index < parameters.length; index += 2) {
    if (parameterOf(media, parameters[index]!)?.toLowerCase() !== parameters[index + 1]!.toLowerCase()) return false;
  }
  return true;
}

/** As a field names it: `application/json;version=2`. */
export function formatRange({ type, subtype, parameters }: MediaRange): string {
  let text = `${type}/${subtype}`;
  for (let index = 0; index < parameters.length; index += 2) {
    const value = parameters[index + 1]!;
    text += `;${parameters[index]}=${/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(value) ? value : `"${value.replaceAll(/["\\]/g, "\\$&")}"`}`;
  }
  return text;
}
