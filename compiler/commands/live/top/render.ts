import { type Column, cut, fittedTable } from "../fitted-table.ts";
import type { CacheFigures } from "./cache-figures.ts";
import type { LimitFigures, Quantile, Rates, TopFigures } from "./figures.ts";

export interface Screen {
  readonly columns: number;
  /** Undefined: as many as there are. */
  readonly rows: number | undefined;
}

/** What the gateway did, in lines that fit the screen. */
export function renderTop(figures: TopFigures, screen: Screen): string[] {
  const { total, operations, services, caches, limits, seconds } = figures;
  const { columns } = screen;
  const head = [
    `${rate(total.perSecond)} requests/s`,
    `${share(total.serverErrors)} 5xx`,
    `p50 ${time(total.p50)}`,
    `p99 ${time(total.p99)}`,
    `${total.inFlight} in flight`,
    `over ${seconds.toFixed(1)} s`,
  ].join("   ");
  const areJudged = services.some((service) => stateOf(service) !== nothing);
  const ofServices = fittedTable(areJudged ? [...serviceColumns, stateColumn] : serviceColumns, services, columns);
  const ofCaches = fittedTable(cacheColumns, caches === null ? [] : [caches], columns);
  const ofLimits = fittedTable(limitColumns, limits, columns);
  const below = [
    ...(services.length === 0 ? [] : ["", ...ofServices.lines]),
    ...(caches === null ? [] : ["", ...ofCaches.lines]),
    ...(limits.length === 0 ? [] : ["", ...ofLimits.lines]),
  ];
  // The heads and notes around the rows of operations, and the line of the cursor.
  const room = screen.rows === undefined ? operations.length : Math.max(1, screen.rows - below.length - 7);
  const shown = operations.slice(0, room);
  const ofOperations = fittedTable(caches === null ? operationColumns : [...operationColumns, hitColumn], shown, columns);
  const more = operations.length - shown.length;
  const omitted = [
    ...new Set([ofOperations, ofServices, ...(caches === null ? [] : [ofCaches]), ofLimits].flatMap((table) => table.omitted)),
  ];
  const notes = [
    ...(operations.length === 0 ? ["No operation had a request."] : []),
    ...(more === 0 ? [] : [`… and ${more} more with fewer requests`]),
  ];
  return [
    cut(head, columns),
    "",
    ...(operations.length === 0 ? [] : ofOperations.lines),
    ...notes.map((note) => cut(note, columns)),
    ...below,
    ...(omitted.length === 0 ? [] : ["", cut(`Too narrow for ${omitted.join(", ")}.`, columns)]),
  ];
}

const rateColumns: readonly Column<Rates>[] = [
  { title: "REQ/S", align: "right", cell: ({ perSecond }) => rate(perSecond) },
  { title: "5XX", align: "right", weight: 6, cell: ({ serverErrors }) => share(serverErrors) },
  { title: "4XX", align: "right", weight: 3, cell: ({ clientErrors }) => share(clientErrors) },
  { title: "P50", align: "right", weight: 4, cell: ({ p50 }) => time(p50) },
  { title: "P99", align: "right", weight: 5, cell: ({ p99 }) => time(p99) },
  { title: "IN FLIGHT", align: "right", weight: 2, cell: ({ inFlight }) => String(inFlight) },
];

const operationColumns: readonly Column<TopFigures["operations"][number]>[] = [
  { title: "OPERATION", cell: ({ operation }) => operation },
  ...rateColumns,
];

/** Out of a cache, fresh or stale. */
const hitColumn: Column<TopFigures["operations"][number]> = {
  title: "HITS",
  align: "right",
  weight: 1,
  cell: ({ hits }) => share(hits),
};

const cacheColumns: readonly Column<CacheFigures>[] = [
  { title: "CACHES", cell: () => "all" },
  { title: "REQ/S", align: "right", weight: 3, cell: ({ perSecond }) => rate(perSecond) },
  { title: "HITS", align: "right", cell: ({ hits }) => share(hits) },
  { title: "STALE", align: "right", weight: 4, cell: ({ stale }) => share(stale) },
  { title: "BYTES", align: "right", weight: 6, cell: ({ memory }) => (memory === null ? nothing : size(memory.bytes)) },
  { title: "ENTRIES", align: "right", weight: 5, cell: ({ memory }) => memory?.entries.toLocaleString("en") ?? nothing },
  {
    title: "EVICTED/S",
    align: "right",
    weight: 1,
    cell: ({ memory }) => (memory === null ? nothing : rate(memory.evictedPerSecond)),
  },
  { title: "UNTOLD", align: "right", weight: 2, cell: ({ untold }) => untold?.toLocaleString("en") ?? nothing },
];

const serviceColumns: readonly Column<TopFigures["services"][number]>[] = [
  { title: "SERVICE", cell: ({ service }) => service },
  ...rateColumns.filter(({ title }) => title !== "IN FLIGHT"),
  { title: "RETRIES/S", align: "right", weight: 1, cell: ({ retriesPerSecond }) => rate(retriesPerSecond) },
  { title: "ACTIVE", align: "right", weight: 2, cell: ({ active }) => String(active) },
  { title: "IDLE", align: "right", weight: 1, cell: ({ idle }) => String(idle) },
];

/** The last to be left out: it says why the figures beside it are as they are. */
const stateColumn: Column<TopFigures["services"][number]> = { title: "STATE", weight: 7, cell: (service) => stateOf(service) };

/** `ok`, or what is not: `breaker open, 1/3 up, eu-1 held back (4.0 %)`. */
function stateOf({ endpoints, openBreakers, heldZones }: TopFigures["services"][number]): string {
  if (endpoints === null && openBreakers === null && heldZones === null) return nothing;
  const wrong = [
    ...(openBreakers === null || openBreakers === 0
      ? []
      : [openBreakers === 1 ? "breaker open" : `${openBreakers} breakers open`]),
    ...(endpoints === null || endpoints.out === 0 ? [] : [`${endpoints.all - endpoints.out}/${endpoints.all} up`]),
    ...(heldZones ?? []).map((one) => `${one.zone} held back (${share(one.share)})`),
  ];
  return wrong.length === 0 ? "ok" : wrong.join(", ");
}

const limitColumns: readonly Column<LimitFigures>[] = [
  { title: "LIMIT", cell: ({ limit }) => limit },
  { title: "USED", align: "right", cell: ({ used }) => used.toLocaleString("en") },
  { title: "MOST", align: "right", weight: 2, cell: ({ most }) => most.toLocaleString("en") },
  { title: "", align: "right", weight: 3, cell: ({ used, most }) => share(most === 0 ? null : used / most) },
  { title: "REFUSED/S", align: "right", weight: 1, cell: ({ refusedPerSecond }) => rate(refusedPerSecond) },
];

const nothing = "–";

const rate = (value: number): string => (value >= 100 ? Math.round(value).toLocaleString("en") : value.toFixed(1));

function share(value: number | null): string {
  if (value === null) return nothing;
  if (value === 0) return "0 %";
  return value < 0.001 ? "<0.1 %" : `${(value * 100).toFixed(1)} %`;
}

/** As configurations write sizes: in powers of 1,024. */
function size(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let [value, unit] = [bytes, 0];
  while (value >= 1_024 && unit < units.length - 1) [value, unit] = [value / 1_024, unit + 1];
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** What is not known better than that it is more, says so. */
function time(quantile: Quantile | null): string {
  if (quantile === null) return nothing;
  const { ms, isBeyond } = quantile;
  return `${isBeyond ? ">" : ""}${ms >= 1000 ? `${(ms / 1000).toFixed(2)} s` : ms >= 10 ? `${Math.round(ms)} ms` : `${ms.toFixed(1)} ms`}`;
}
