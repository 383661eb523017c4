/** One element of `Forwarded` (RFC 7239 §4): parameters by lower-case name, values without quotes. */
export type ForwardedElement = ReadonlyMap<string, string>;

/**
 * The elements of one line of `Forwarded`. Undefined where it breaks the grammar: a quote that a client left open would
 * swallow what a proxy wrote behind it.
 */
export function forwardedElements(line: string): ForwardedElement[] | undefined {
  const pair = /[\t ]*([\w!#$%&'*+.^`|~-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*))[\t ]*/y;
  const elements: ForwardedElement[] = [];
  let element = new Map<string, string>();
  let at = 0;
  for (;;) {
    pair.lastIndex = at;
    const found = pair.exec(line);
    if (found !== null) {
      const [, name = "", quoted, token = ""] = found;
      const lower = name.toLowerCase();
      if (element.has(lower)) return undefined;
      element.set(lower, quoted === undefined ? token : quoted.replaceAll(/\\(.)/g, "$1"));
      at = pair.lastIndex;
    } else while (line[at] === " " || line[at] === "\t") at++;
    const separator = line[at++];
    if (separator === ";" && found !== null) continue;
    if (separator !== "," && separator !== undefined) return undefined;
    // RFC 9110 §5.6.1.2: empty elements of a list do not count.
    if (element.size > 0) elements.push(element);
    if (separator === undefined) return elements;
    element = new Map();
  }
}
