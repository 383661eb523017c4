import type { DiagnosticSink } from "../../../diagnostics/sink.ts";
import { analyseRoutes, mostLooks, type RouteFinding } from "../../../routing/algebra.ts";
import { formatRequest, type Route, type RouteRequest, type RoutingOptions } from "../../../routing/route.ts";
import { list } from "../../../text/words.ts";
import { ambiguous, crossing, duplicate, impossible, unreachable } from "./messages.gen.ts";

/** Reports what the route algebra finds: conflicts, and routes that are never reached, each with a request that shows it. */
export function checkRoutes(routes: readonly Route[], routing: RoutingOptions, sink: DiagnosticSink): void {
  for (const finding of analyseRoutes(routes, routing)) {
    (reporters[finding.kind] as (finding: RouteFinding, sink: DiagnosticSink) => void)(finding, sink);
  }
}

type Finding<Kind extends RouteFinding["kind"]> = Extract<RouteFinding, { readonly kind: Kind }>;

const reporters: { readonly [Kind in RouteFinding["kind"]]: (finding: Finding<Kind>, sink: DiagnosticSink) => void } = {
  duplicate: conflict,
  ambiguous: conflict,
  unreachable({ route, by, witness }, sink) {
    const related = by.map((taker) => ({ origin: taker.match.origin, text: `${name(taker)} takes some of its requests` }));
    const values = {
      route: nameAmong(route, by),
      witness: show(witness, [route]),
      takers: by.map((taker) => `\`${nameAmong(taker, [route])}\``).join(" and "),
    };
    sink.report(unreachable(route.match.origin, values, { related }));
  },
  impossible({ route }, sink) {
    sink.report(impossible(route.match.origin, { route: name(route) }));
  },
  crossing({ winner, loser, rule, witness, others }, sink) {
    const why = {
      path: "Segments are compared from the left and the first that differs decides, so the literal further right is not looked at.",
      headers: "Header conditions are counted before query conditions.",
    };
    const remedy = {
      path: "rename a path segment so that the paths no longer meet",
      headers: "give one of them a condition that such a request cannot meet",
    };
    const values = {
      winner: nameAmong(winner, [loser]),
      loser: nameAmong(loser, [winner]),
      witness: show(witness, [winner, loser]),
      rule: why[rule],
      remedy: remedy[rule],
      others:
        others === 0
          ? ""
          : ` ${others + 1 >= mostLooks ? "At least " : ""}${others} more route${others === 1 ? " crosses" : "s cross"} \`${nameAmong(loser, [winner])}\` in this way.`,
    };
    sink.report(crossing(loser.match.origin, values, { related: [{ origin: winner.match.origin, text: "gets that request" }] }));
  },
};

function conflict({ kind, routes, witness }: Finding<"duplicate" | "ambiguous">, sink: DiagnosticSink): void {
  const [other, route, ...more] = routes;
  const others = more.length === 0 ? "" : ` So ${more.length === 1 ? "does" : "do"} ${list(shorten(more.map(quoted)))}.`;
  const values = { route: nameAmong(route, [other]), other: nameAmong(other, [route]), witness: show(witness, routes), others };
  const related = [other, ...more.slice(0, mostShown)].map((each) => ({
    origin: each.match.origin,
    text: kind === "duplicate" || each === other ? "matches that request" : "meets one of them as well",
  }));
  if (kind === "duplicate") sink.report(duplicate(route.match.origin, values, { related }));
  else {
    const isOnePath =
      route.match.path.segments.length === other.match.path.segments.length &&
      route.match.path.segments.every(({ kind }) => kind !== "mixed");
    const rule = isOnePath
      ? "More header conditions win, then more query conditions."
      : "A mixed segment wins by more literal characters.";
    sink.report(ambiguous(route.match.origin, { ...values, rule }, { related }));
  }
}

/** So many of the routes that meet in one place are shown. */
const mostShown = 3;

const shorten = (names: readonly string[]): string[] =>
  names.length > mostShown ? [...names.slice(0, mostShown), `${names.length - mostShown} more`] : [...names];

const quoted = (route: Route): string => `\`${name(route)} (${route.id})\``;

const name = ({ match }: Route): string => `${match.method === "*" ? "any method" : match.method} ${match.path.template}`;

/** With the id where another one has the same method and path. */
const nameAmong = (route: Route, others: readonly Route[]): string =>
  others.some((other) => name(other) === name(route)) ? `${name(route)} (${route.id})` : name(route);

const show = (witness: RouteRequest, routes: readonly Route[]): string =>
  formatRequest(
    witness,
    routes.some(({ match }) => match.hosts.length > 0),
  );
