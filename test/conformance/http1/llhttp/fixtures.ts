import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Message, Reading } from "../message.ts";

/** A case of llhttp's own tests (github.com/nodejs/llhttp, test/). */
export interface Fixture {
  /** `request/chunked › Chunk extensions`. */
  readonly name: string;
  /** `request`, `response-finish`, `request-lenient-headers`. */
  readonly type: string;
  readonly bytes: Buffer;
  /** What llhttp makes of the bytes, in the mode of the type. */
  readonly expected: Reading;
}

/** Every case of the folder with bytes of messages and what llhttp says of them. */
export function readFixtures(folder: string): Fixture[] {
  if (!existsSync(folder)) return [];
  return ["request", "response"].flatMap((kind) =>
    readdirSync(join(folder, kind))
      .filter((file) => file.endsWith(".md"))
      .sort()
      .flatMap((file) => fixturesOf(`${kind}/${file.slice(0, -3)}`, readFileSync(join(folder, kind, file), "utf8"))),
  );
}

function fixturesOf(file: string, text: string): Fixture[] {
  const fixtures: Fixture[] = [];
  const headings: string[] = [];
  const shape = /^(#+) (.+)$|<!-- *meta=(.+?) *-->\n```http\n([^]*?)\n```\n(?:(?!```)[^])*```log\n([^]*?)\n```/gm;
  for (const [, level, heading, meta, http, log] of text.matchAll(shape)) {
    if (level !== undefined) {
      headings.length = level.length - 1;
      headings[level.length - 1] = heading!.trim();
      continue;
    }
    const { type } = JSON.parse(meta!) as { type: string };
    const bytes = bytesOf(http!);
    const name = `${file} › ${headings.filter((one) => one !== undefined).join(" › ")}`;
    fixtures.push({ name, type, bytes, expected: readingOf(log!, bytes) });
  }
  return fixtures;
}

/** Lines end in CR LF unless they are escaped; `\r`, `\n`, `\t`, `\f` and `\x00` stand for octets. */
function bytesOf(text: string): Buffer {
  const octets = text
    .replaceAll("\\\n", "")
    .replaceAll("\n", "\r\n")
    .replaceAll("\\r", "\r")
    .replaceAll("\\n", "\n")
    .replaceAll("\\t", "\t")
    .replaceAll("\\f", "\f")
    .replaceAll(/\\x([0-9a-fA-F]+)/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(octets);
}

/** Errors that are none: the connection is of another protocol from here on, or what follows is not read any more. */
const ends: Readonly<Record<string, Reading["end"]>> = { 5: "over", 21: "over", 22: "over", 23: "over" };

class Draft {
  method = "";
  target = "";
  version = "";
  status = "";
  readonly fields: string[] = [];
  readonly trailers: string[] = [];
  body = "";
  hasHead = false;
  isWhole = false;

  get message(): Message {
    const { method, target, version, status, fields, trailers, body, isWhole } = this;
    const start = status === "" ? `${method} ${target} ${version}` : `${status} ${version}`;
    return { start, fields, trailers, body, isWhole, isRefused: false };
  }
}

function readingOf(log: string, bytes: Buffer): Reading {
  const drafts: Draft[] = [];
  let draft = new Draft();
  let [name, value] = ["", ""];
  let end: Reading["end"] = "more";
  const span = /^off=(\d+) len=(\d+) span\[(\w+)\]=/;
  for (const line of log.split("\n")) {
    const found = span.exec(line);
    if (found !== null) {
      const text = bytes.toString("latin1", Number(found[1]), Number(found[1]) + Number(found[2]));
      if (found[3] === "method") draft.method += text;
      else if (found[3] === "url") draft.target += text;
      else if (found[3] === "version") draft.version += text;
      else if (found[3] === "header_field") name += text;
      else if (found[3] === "header_value") value += text;
      else if (found[3] === "body") draft.body += text;
    } else if (line.endsWith(" message begin")) {
      draft = new Draft();
      drafts.push(draft);
      [name, value] = ["", ""];
    } else if (line.endsWith(" header_value complete")) {
      (draft.hasHead ? draft.trailers : draft.fields).push(`${name}: ${value.replace(/[ \t]+$/, "")}`);
      [name, value] = ["", ""];
    } else if (line.includes(" headers complete ")) {
      draft.hasHead = true;
      draft.status = / status=(\d+)/.exec(line)?.[1] ?? "";
    } else if (line.endsWith(" message complete")) draft.isWhole = true;
    else if (line.includes(" error code=")) end = ends[/code=(\d+)/.exec(line)![1]!] ?? "refused";
  }
  return { messages: drafts.filter(({ hasHead }) => hasHead).map(({ message }) => message), end };
}
