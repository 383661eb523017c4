import { printable } from "../../diagnostics/render/columns.ts";
import { count } from "../../text/words.ts";
import type { LiveAnswer, LiveClient } from "./client.ts";
import { type Column, fittedTable } from "./fitted-table.ts";
import { asSay, type Caller, type OperationTraffic, type Traffic } from "./traffic.ts";

/** A caller who has to move, and from where. */
interface Move {
  /** Empty: nobody is known. */
  readonly caller: string;
  readonly scheme: string;
  readonly operation: string;
  readonly version: string;
  /** The day on which it ends; empty: nobody says so. */
  readonly sunset: string;
  readonly requests: number;
  readonly lastAt: string;
}

/** Rows of the table; other formats have all. */
const most = 100;

/** `gatewright live migrate`: who still calls what is deprecated, the first that ends first. */
export async function migrate(client: LiveClient, format: "text" | "json" | "csv", width: number): Promise<LiveAnswer> {
  const answer = await client.ask({ method: "GET", path: "/traffic" });
  if (answer.status !== 200) return answer;
  const traffic = JSON.parse(answer.text) as Traffic;
  const moves = movesOf(traffic);
  if (format === "json") {
    const { since, answered, asked } = traffic;
    return { ...answer, text: JSON.stringify({ since, moves, answered, asked }) };
  }
  const text = format === "csv" ? csvOf(moves) : `${renderMoves(traffic, moves, width).join("\n")}\n`;
  return { ...answer, mediaType: format === "csv" ? "text/csv" : "text/plain", text };
}

export function movesOf({ operations }: Pick<Traffic, "operations">): Move[] {
  return operations
    .flatMap((operation) => [
      ...operation.callers.map((caller) => moveOf(operation, caller, caller.caller ?? "")),
      ...(operation.others === undefined ? [] : [moveOf(operation, operation.others, "(others)")]),
    ])
    .flatMap((move) => move ?? [])
    .sort((one, other) => compared(one.sunset, other.sunset) || other.requests - one.requests);
}

function moveOf({ operation, version = "", deprecated }: OperationTraffic, count: Caller, caller: string): Move | undefined {
  if (deprecated !== true && count.deprecated !== true && count.sunset === undefined) return undefined;
  const { scheme = "", sunset = "", requests, lastAt } = count;
  return { caller, scheme, operation, version, sunset, requests, lastAt };
}

/** What has no end comes last. */
const compared = (one: string, other: string): number => {
  if (one === other) return 0;
  if (one === "" || other === "") return one === "" ? 1 : -1;
  return one < other ? -1 : 1;
};

export function renderMoves(traffic: Traffic, moves: readonly Move[], width: number): string[] {
  const callers = new Set(moves.map(({ scheme, caller }) => `${scheme} ${caller}`)).size;
  const head = `Since ${traffic.since}${asSay(traffic)}: ${
    moves.length === 0 ? "nobody called what is deprecated." : `${count(callers, "caller")} of what is deprecated.`
  }`;
  if (moves.length === 0) return [printable(head)];
  const { lines, omitted } = fittedTable(columns, moves.slice(0, most), width);
  return [
    printable(head),
    "",
    ...lines,
    ...(moves.length <= most ? [] : [`… and ${(moves.length - most).toLocaleString("en")} more; \`--format csv\` has all`]),
    ...(omitted.length === 0 ? [] : [`Too narrow for ${omitted.join(", ")}.`]),
  ];
}

const columns: readonly Column<Move>[] = [
  { title: "CALLER", cell: ({ caller }) => (caller === "" ? "(nobody known)" : caller) },
  { title: "SCHEME", weight: 1, cell: ({ scheme }) => scheme },
  { title: "OPERATION", cell: ({ operation }) => operation },
  { title: "SUNSET", weight: 4, cell: ({ sunset }) => sunset },
  { title: "REQUESTS", align: "right", weight: 3, cell: ({ requests }) => requests.toLocaleString("en") },
  { title: "LAST", weight: 2, cell: ({ lastAt }) => lastAt.slice(0, 19).replace("T", " ") },
];

const members = ["caller", "scheme", "operation", "version", "sunset", "requests", "lastAt"] as const;

/** RFC 4180, with a line of names; lines end as those of other output do. */
export const csvOf = (moves: readonly Move[]): string =>
  [members.join(","), ...moves.map((move) => members.map((member) => csvField(move[member])).join(","))]
    .map((line) => `${line}\n`)
    .join("");

/**
 * Callers name themselves: what a spreadsheet would take for a formula is text for it behind an apostrophe. It is looked at as it
 * is shown, without what a terminal must not see: behind that, a formula could hide.
 */
function csvField(value: string | number): string {
  const shown = printable(String(value));
  const text = typeof value === "string" && /^\s*[=+\-@\uff0b\uff0d\uff1d\uff20]/u.test(shown) ? `'${shown}` : shown;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
