/**
 * The format of `http/*.http` in samples: requests, what the service answers, what it must have seen and what the
 * client must get, in one readable file. See test/README.md.
 */
export interface HttpCase {
  readonly title: string;
  /** Milliseconds by which the clock is turned before the request. */
  readonly advance: number;
  readonly request: RequestPart;
  /** What the service answers; 200 with an empty JSON object where the file says nothing. */
  readonly upstream: MessagePart;
  /** What the service must have seen; `nothing`: that it was not called; undefined: not looked at. */
  readonly seen: RequestExpectation | "nothing" | undefined;
  readonly answer: AnswerExpectation;
}

export interface MessagePart {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

export interface RequestPart {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** `value` of "*": any; undefined: the field must be absent. */
export interface FieldExpectation {
  readonly name: string;
  readonly value: string | undefined;
}

export interface RequestExpectation {
  readonly method: string;
  readonly target: string;
  readonly fields: readonly FieldExpectation[];
  readonly body: string | undefined;
}

export interface AnswerExpectation {
  readonly status: number;
  readonly fields: readonly FieldExpectation[];
  readonly body: string | undefined;
}

/** @throws with file and title where a case is malformed */
export function parseHttpFile(text: string, file: string): HttpCase[] {
  const chunks = text.split(/^### /m).slice(1);
  if (chunks.length === 0) throw new Error(`${file}: no case; each starts with "### title"`);
  return chunks.map((chunk) => parseCase(chunk, file));
}

function parseCase(chunk: string, file: string): HttpCase {
  const [first = "", ...rest] = chunk.split("\n");
  const title = first.trim();
  const sections = new Map<string, string[]>([["request", []]]);
  let section = "request";
  for (const line of rest) {
    if (line.startsWith("--- ")) {
      section = line.slice(4).trim();
      if (sections.has(section)) throw new Error(`${file}: "${title}" has two sections "${section}"`);
      sections.set(section, []);
    } else sections.get(section)!.push(line);
  }
  for (const name of sections.keys()) {
    if (!/^(request|upstream answers|upstream saw|answer|advance \d+ms)$/.test(name)) throw new Error(`${file}: "${title}": unknown section "${name}"`);
  }
  const answer = sections.get("answer");
  if (answer === undefined) throw new Error(`${file}: "${title}" expects no answer; add "--- answer"`);
  const advance = [...sections.keys()].find((name) => name.startsWith("advance "));
  const request = split(sections.get("request")!);
  const seen = sections.get("upstream saw");
  const upstream = sections.get("upstream answers");
  const [method = "", target = ""] = request.start.split(" ");
  if (target === "") throw new Error(`${file}: "${title}": the request line needs a method and a target`);
  return {
    title,
    advance: advance === undefined ? 0 : Number(/\d+/.exec(advance)![0]),
    request: { method, target, headers: fields(request.head), body: request.body ?? "" },
    upstream: upstream === undefined ? { status: 200, headers: [["Content-Type", "application/json"]], body: "{}" } : message(split(upstream)),
    seen: seen === undefined ? undefined : seen.join("").trim() === "nothing" ? "nothing" : seenExpectation(split(seen)),
    answer: answerExpectation(split(answer)),
  };
}

interface Parts {
  readonly start: string;
  readonly head: readonly string[];
  readonly body: string | undefined;
}

/** Start line, field lines up to the first empty line, and the rest without the empty lines at its end. */
function split(lines: readonly string[]): Parts {
  const from = lines.findIndex((line) => line.trim() !== "");
  const used = lines.slice(Math.max(0, from));
  const gap = used.findIndex((line, index) => index > 0 && line.trim() === "");
  const head = (gap < 0 ? used : used.slice(0, gap)).map((line) => line.trim()).filter((line) => line !== "");
  const body = gap < 0 ? "" : used.slice(gap + 1).join("\n").trimEnd();
  return { start: head[0] ?? "", head: head.slice(1), body: body === "" ? undefined : body };
}

function fields(lines: readonly string[]): [string, string][] {
  return lines.map((line) => {
    const colon = line.indexOf(":");
    if (colon < 0) throw new Error(`not a field line: ${line}`);
    return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
  });
}

const message = (parts: Parts): MessagePart => ({ status: Number(parts.start), headers: fields(parts.head), body: parts.body ?? "" });

function expectations(lines: readonly string[]): FieldExpectation[] {
  return lines.map((line) => {
    if (line.startsWith("!")) return { name: line.slice(1).trim(), value: undefined };
    const [[name, value]] = fields([line]) as [[string, string]];
    return { name, value };
  });
}

function seenExpectation(parts: Parts): RequestExpectation {
  const [method = "", target = ""] = parts.start.split(" ");
  return { method, target, fields: expectations(parts.head), body: parts.body };
}

function answerExpectation(parts: Parts): AnswerExpectation {
  return { status: Number(parts.start), fields: expectations(parts.head), body: parts.body };
}
