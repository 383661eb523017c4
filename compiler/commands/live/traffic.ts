import { printable } from "../../diagnostics/render/columns.ts";
import { count } from "../../text/words.ts";
import type { LiveAnswer, LiveClient } from "./client.ts";
import { type Column, fittedTable } from "./fitted-table.ts";

/** What `/traffic` answers. */
export interface Traffic {
  readonly since: string;
  readonly operations: readonly OperationTraffic[];
  readonly answered?: number;
  readonly asked?: number;
}

export interface OperationTraffic {
  readonly operation: string;
  readonly method: string;
  readonly path: string;
  readonly api?: string;
  readonly version?: string;
  readonly deprecated?: true;
  readonly callers: readonly Caller[];
  readonly others?: Caller;
}

export interface Caller {
  readonly caller?: string;
  readonly scheme?: string;
  readonly requests: number;
  readonly clientErrors: number;
  readonly serverErrors: number;
  readonly deprecated?: true;
  readonly sunset?: string;
  readonly lastAt: string;
}

/** Rows of each table; `--format json` has all. */
const most = 100;

/** `gatewright live traffic`: who calls what, who calls what is deprecated, and what nobody calls. */
export async function traffic(client: LiveClient, format: "text" | "json", width: number): Promise<LiveAnswer> {
  const answer = await client.ask({ method: "GET", path: "/traffic" });
  if (answer.status !== 200 || format === "json") return answer;
  return { ...answer, mediaType: "text/plain", text: `${renderTraffic(JSON.parse(answer.text) as Traffic, width).join("\n")}\n` };
}

export function renderTraffic({ since, operations, answered, asked }: Traffic, width: number): string[] {
  const rows = operations
    .flatMap((operation) => [
      ...operation.callers.map((caller) => rowOf(operation, caller, caller.caller ?? "(nobody known)")),
      ...(operation.others === undefined ? [] : [rowOf(operation, operation.others, "(others)")]),
    ])
    .sort((one, other) => other.requests - one.requests);
  const deprecated = rows.filter((row) => row.isDeprecated);
  const declared = operations.filter(({ operation }) => operation !== "unmatched");
  const never = declared.filter(({ callers }) => callers.length === 0);
  return [
    printable(
      `Since ${since}${asSay({ answered, asked })}: ${count(
        rows.reduce((sum, { requests }) => sum + requests, 0),
        "request",
      )}.`,
    ),
    ...section("", columns, rows, width),
    ...section("Deprecated, and still called:", columns, deprecated, width),
    ...section(`Never called, ${never.length} of ${count(declared.length, "operation")}:`, neverColumns, never, width),
  ];
}

/** Which workers it is from, where it is not from all of them. */
export const asSay = ({ answered, asked }: Pick<Traffic, "answered" | "asked">): string =>
  answered === undefined || answered === asked ? "" : `, as ${answered} of ${asked} workers say`;

type Row = Caller & { readonly operation: string; readonly who: string; readonly isDeprecated: boolean };

const rowOf = ({ operation, deprecated }: OperationTraffic, caller: Caller, who: string): Row => ({
  ...caller,
  operation,
  who,
  isDeprecated: deprecated === true || caller.deprecated === true,
});

const columns: readonly Column<Row>[] = [
  { title: "OPERATION", cell: ({ operation }) => operation },
  { title: "CALLER", cell: ({ who }) => who },
  { title: "SCHEME", weight: 1, cell: ({ scheme = "" }) => scheme },
  { title: "REQUESTS", align: "right", cell: ({ requests }) => requests.toLocaleString("en") },
  { title: "4XX", align: "right", weight: 2, cell: ({ clientErrors }) => clientErrors.toLocaleString("en") },
  { title: "5XX", align: "right", weight: 4, cell: ({ serverErrors }) => serverErrors.toLocaleString("en") },
  { title: "LAST", weight: 3, cell: ({ lastAt }) => lastAt.slice(0, 19).replace("T", " ") },
];

const neverColumns: readonly Column<OperationTraffic>[] = [
  { title: "OPERATION", cell: ({ operation }) => operation },
  { title: "METHOD", weight: 2, cell: ({ method }) => method },
  { title: "PATH", weight: 1, cell: ({ path }) => path },
];

function section<Of>(title: string, shownColumns: readonly Column<Of>[], rows: readonly Of[], width: number): string[] {
  if (rows.length === 0) return [];
  const { lines, omitted } = fittedTable(shownColumns, rows.slice(0, most), width);
  return [
    "",
    ...(title === "" ? [] : [title]),
    ...lines,
    ...(rows.length <= most ? [] : [`… and ${(rows.length - most).toLocaleString("en")} more; \`--format json\` has all`]),
    ...(omitted.length === 0 ? [] : [`Too narrow for ${omitted.join(", ")}.`]),
  ];
}
