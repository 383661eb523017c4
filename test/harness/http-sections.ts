/** A message as written in a sample: start line, field lines, content. */
export interface HttpParts {
  readonly start: string;
  readonly head: readonly string[];
  /** Undefined where there is none. */
  readonly body: string | undefined;
}

/** The lines of each `--- section`; what stands before the first is the request. */
export function sectionsOf(lines: readonly string[], fail: (what: string) => never): ReadonlyMap<string, readonly string[]> {
  const sections = new Map<string, string[]>([["request", []]]);
  let section = "request";
  for (const line of lines) {
    if (line.startsWith("--- ")) {
      section = line.slice(4).trim();
      if (sections.has(section)) fail(`two sections "${section}"`);
      sections.set(section, []);
    } else sections.get(section)!.push(line);
  }
  return sections;
}

/** Start line, field lines up to the first empty line, and the rest without the empty lines at its end. */
export function split(lines: readonly string[]): HttpParts {
  const from = lines.findIndex((line) => line.trim() !== "");
  const used = lines.slice(Math.max(0, from));
  const gap = used.findIndex((line, index) => index > 0 && line.trim() === "");
  const head = (gap < 0 ? used : used.slice(0, gap)).map((line) => line.trim()).filter((line) => line !== "");
  const body =
    gap < 0
      ? ""
      : used
          .slice(gap + 1)
          .join("\n")
          .trimEnd();
  return { start: head[0] ?? "", head: head.slice(1), body: body === "" ? undefined : body };
}

/** The octets of a raw section. Lines end in CR LF and the last is empty, unless a `\` stands at the end of a line. */
export function octetsOf(lines: readonly string[]): string {
  const used = lines.slice(0, lines.findLastIndex((line) => line !== "") + 1);
  const octets = used.map((line) => (line.endsWith("\\") ? line.slice(0, -1) : `${line}\r\n`)).join("");
  return octets.endsWith("\r\n") ? `${octets}\r\n` : octets;
}

export function fields(lines: readonly string[]): [string, string][] {
  return lines.map((line) => {
    const colon = line.indexOf(":");
    if (colon < 0) throw new Error(`not a field line: ${line}`);
    return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
  });
}
