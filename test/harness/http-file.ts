import { fields, type HttpParts, octetsOf, sectionsOf, split } from "./http-sections.ts";

/**
 * The format of `http/*.http` in samples: requests, what the service answers, what it must have seen and what the
 * client must get, in one readable file. See test/README.md.
 */
export interface HttpCase {
  readonly title: string;
  /** What is written to the connection in place of `request`, octet by octet. */
  readonly raw: string | undefined;
  /** What must come back until the connection ends; `*` is any text in a line. */
  readonly rawAnswer: string | undefined;
  /** Milliseconds by which the clock is turned before the request. */
  readonly advance: number;
  readonly request: RequestPart;
  /** What the service answers; 200 with an empty JSON object where the file says nothing. */
  readonly upstream: UpstreamAnswer;
  /** What the service must have seen; `nothing`: that it was not called; undefined: not looked at. */
  readonly seen: RequestExpectation | "nothing" | undefined;
  /** `broken`: the connection must end before the answer is complete; undefined where `rawAnswer` says it. */
  readonly answer: AnswerExpectation | "broken" | undefined;
  /** The line that the gateway must log, as JSON; `nothing`: none; undefined: not looked at. */
  readonly log: unknown;
  /** Lines of the admin listener's `/metrics`. */
  readonly metrics: readonly MetricExpectation[];
}

export interface MessagePart {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/**
 * A service that behaves badly.
 *
 * - `never`: reads the request and says nothing.
 * - `reset`: resets the connection instead of answering.
 * - `garbage`: answers with bytes that are no HTTP.
 * - `breaks off`: announces more content than it sends.
 */
export type Misbehaviour = "never" | "reset" | "garbage" | "breaks off";
const misbehaviours: readonly string[] = ["never", "reset", "garbage", "breaks off"] satisfies readonly Misbehaviour[];

/** `slowly`: the content comes one byte at a time. */
export type UpstreamAnswer = Misbehaviour | RawAnswer | (MessagePart & { readonly slowly?: boolean });

/** What a service sends, octet by octet; then it closes the connection. */
export interface RawAnswer {
  readonly raw: string;
}

export interface RequestPart {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  /** Sent in place of `body` where the file has bytes that are no text. */
  readonly bytes?: Uint8Array;
}

/** `value` of "*": any; undefined: the field must be absent. */
export interface FieldExpectation {
  readonly name: string;
  readonly value: string | undefined;
}

export interface RequestExpectation {
  /** Which of the services must have been called, from 1 on; undefined: not looked at. */
  readonly upstream: number | undefined;
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

export interface MetricExpectation {
  /** The sample line, in which `*` stands for any text; where `isAbsent`, how no line may begin. */
  readonly line: string;
  readonly isAbsent: boolean;
}

/** @throws with file and title where a case is malformed */
export function parseHttpFile(text: string, file: string): HttpCase[] {
  const chunks = text.split(/^### /m).slice(1);
  if (chunks.length === 0) throw new Error(`${file}: no case; each starts with "### title"`);
  const cases = chunks.map((chunk) => parseCase(chunk, file));
  // The log is read line by line: a line that nobody looks at would be taken for the next one.
  const logged = cases.filter(({ log }) => log !== undefined);
  if (logged.length > 0 && logged.length < cases.length)
    throw new Error(`${file}: some cases say what is logged; then all have to`);
  return cases;
}

const sectionName =
  /^(request|hex|raw|upstream answers( slowly| raw)?|upstream( [1-3])? saw|answer|raw answer|log|metrics|advance \d+ms)$/;

function parseCase(chunk: string, file: string): HttpCase {
  const [first = "", ...rest] = chunk.split("\n");
  const title = first.trim();
  const fail = (what: string): never => {
    throw new Error(`${file}: "${title}": ${what}`);
  };
  const sections = sectionsOf(rest, fail);
  const named = (pattern: RegExp): { name: string; lines: readonly string[] } | undefined => {
    const found = [...sections.keys()].filter((name) => pattern.test(name));
    if (found.length > 1) fail(`${found.join(" and ")} contradict each other`);
    return found[0] === undefined ? undefined : { name: found[0], lines: sections.get(found[0])! };
  };
  for (const name of sections.keys()) if (!sectionName.test(name)) fail(`unknown section "${name}"`);
  const raw = sections.get("raw");
  const expected = sections.get(raw === undefined ? "answer" : "raw answer") ?? fail('expects no answer; add "--- answer"');
  const request = split(sections.get("request")!);
  const [method = "", target = ""] = request.start.split(" ");
  if ((target === "") !== (raw !== undefined)) fail('one request is needed: a line with method and target, or "--- raw"');
  const seen = named(/ saw$/);
  const upstream = named(/ answers/);
  const log = sections.get("log")?.join("\n").trim();
  const sent = fields(request.head);
  const hex = sections.get("hex")?.join("").replaceAll(/\s/g, "");
  if (hex !== undefined && (request.body !== undefined || !/^([0-9a-f]{2})+$/i.test(hex)))
    fail('"--- hex" is the content of the request as pairs of hexadecimal digits');
  return {
    title,
    raw: raw === undefined ? undefined : octetsOf(raw),
    rawAnswer: raw === undefined ? undefined : octetsOf(expected),
    advance: Number(/\d+/.exec(named(/^advance/)?.name ?? "0")![0]),
    request: {
      method,
      target,
      headers: sent,
      body: bodyOf(request.body ?? "", sent),
      ...(hex === undefined ? {} : { bytes: Buffer.from(hex, "hex") }),
    },
    upstream:
      upstream === undefined
        ? raw === undefined
          ? plainAnswer
          : lengthAnswer
        : upstreamAnswer(upstream.name, upstream.lines, fail),
    seen: seen === undefined ? undefined : isNothing(seen.lines) ? "nothing" : seenExpectation(seen.name, split(seen.lines)),
    answer: raw !== undefined ? undefined : expected.join("").trim() === "broken" ? "broken" : answerExpectation(split(expected)),
    log: log === undefined || log === "nothing" ? log : JSON.parse(log),
    metrics: (sections.get("metrics") ?? []).filter((line) => line.trim() !== "").map(metricExpectation),
  };
}

/** The lines of multipart content end in CR LF (RFC 2046 §4.1.1). */
function bodyOf(text: string, headers: RequestPart["headers"]): string {
  const isMultipart = headers.some(([name, value]) => name.toLowerCase() === "content-type" && value.startsWith("multipart/"));
  return isMultipart ? text.replaceAll("\n", "\r\n") : text;
}

const plainAnswer: MessagePart = { status: 200, headers: [["Content-Type", "application/json"]], body: "{}" };

/** Where octets are compared, a length makes them fewer than chunks would. */
const lengthAnswer: MessagePart = { ...plainAnswer, headers: [...plainAnswer.headers, ["Content-Length", "2"]] };

function upstreamAnswer(name: string, lines: readonly string[], fail: (what: string) => never): UpstreamAnswer {
  const text = lines.join("").trim();
  if (misbehaviours.includes(text)) return text as Misbehaviour;
  if (name.endsWith("raw")) return { raw: octetsOf(lines) };
  const parts = split(lines);
  if (!/^\d{3}$/.test(parts.start))
    fail(`the service answers with a status or one of ${misbehaviours.join(", ")}, not "${parts.start}"`);
  return { status: Number(parts.start), headers: fields(parts.head), body: parts.body ?? "", slowly: name.endsWith("slowly") };
}

const isNothing = (lines: readonly string[]): boolean => lines.join("").trim() === "nothing";

function expectations(lines: readonly string[]): FieldExpectation[] {
  return lines.map((line) => {
    if (line.startsWith("!")) return { name: line.slice(1).trim(), value: undefined };
    const [[name, value]] = fields([line]) as [[string, string]];
    return { name, value };
  });
}

function seenExpectation(name: string, parts: HttpParts): RequestExpectation {
  const [method = "", target = ""] = parts.start.split(" ");
  const upstream = /\d/.exec(name)?.[0];
  return {
    upstream: upstream === undefined ? undefined : Number(upstream),
    method,
    target,
    fields: expectations(parts.head),
    body: parts.body,
  };
}

function answerExpectation(parts: HttpParts): AnswerExpectation {
  return { status: Number(parts.start), fields: expectations(parts.head), body: parts.body };
}

const metricExpectation = (line: string): MetricExpectation =>
  line.startsWith("!") ? { line: line.slice(1).trim(), isAbsent: true } : { line: line.trim(), isAbsent: false };
