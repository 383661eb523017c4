import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { analyseRoutes } from "../../../compiler/routing/algebra.ts";
import { bestHost, decideRoute } from "../../../compiler/routing/brute-force.ts";
import { effectiveRoutes } from "../../../compiler/routing/route.ts";
import { compareRoutes } from "../../../compiler/routing/specificity.ts";
import { type RouteOptions, request, requestArbitrary, route, routesArbitrary } from "./support.ts";

describe("findings", () => {
  type Case = [title: string, routes: [string, RouteOptions?][], found: string[]];
  const cases: Case[] = [
    ["literal before template is no finding", [["GET /a/b"], ["GET /a/{x}"]], []],
    ["parameter names play no part", [["GET /a/{x}"], ["GET /a/{y}"]], ["duplicate GET /a/{x} GET /a/{y}: /a/x"]],
    ["mixed segments that tie", [["GET /{a}-x"], ["GET /y-{b}"]], ["ambiguous GET /y-{b} GET /{a}-x: /y-x"]],
    ["mixed segments without a common text", [["GET /{a}-x"], ["GET /{b}-y"]], []],
    ["a crossing", [["GET /{a}/x"], ["GET /y/{b}"]], ["crossing GET /y/{b} GET /{a}/x: /y/x"]],
    ["a crossing with `**`", [["GET /{a}/x"], ["GET /y/**"]], ["crossing GET /y/** GET /{a}/x: /y/x"]],
    ["other methods", [["GET /{a}"], ["POST /{b}"]], []],
    ["a named method before any", [["GET /{a}"], ["* /{b}"]], []],
    [
      "other header values",
      [
        ["GET /a", { headers: [{ name: "h", value: "1" }] }],
        ["GET /a/", { headers: [{ name: "h", value: "2" }] }],
      ],
      [],
    ],
    [
      "an unneeded condition",
      [
        ["GET /{a}", { headers: [{ name: "h", value: "1" }] }],
        ["GET /{b}", { headers: [{ name: "h" }, { name: "h", value: "1" }] }],
      ],
      ["unreachable GET /{a}: /x"],
    ],
    [
      "contradicting conditions",
      [
        [
          "GET /a",
          {
            query: [
              { name: "q", value: "1" },
              { name: "q", value: "2" },
            ],
          },
        ],
      ],
      ["impossible GET /a"],
    ],
    [
      "`**` covered by all of its parts",
      [["GET /a/**"], ["GET /a"], ["GET /a/"], ["GET /a/*/**"]],
      ["unreachable GET /a/**: /a"],
    ],
    ["`**` not covered", [["GET /a/**"], ["GET /a"], ["GET /a/*/**"]], []],
    [
      "hosts that cross",
      [
        ["GET /{a}", { hosts: ["a.example", "b.example"] }],
        ["GET /{b}", { hosts: ["b.example", "c.example"] }],
      ],
      ["ambiguous GET /{a} GET /{b}: /x"],
    ],
  ];
  test.each(cases)("%s", (_, routes, found) => {
    const made = routes.map(([text, options]) => route(text, options));
    const shown = analyseRoutes(made).map((finding) => {
      if (finding.kind === "impossible") return `impossible ${finding.route.id}`;
      const about =
        finding.kind === "crossing"
          ? [finding.winner, finding.loser]
          : finding.kind === "unreachable"
            ? [finding.route]
            : finding.routes;
      return `${finding.kind} ${about.map(({ id }) => id).join(" ")}: ${finding.witness.path}`;
    });
    expect(shown).toEqual(found);
  });

  test("two default versions meet where the version is not named", () => {
    const version = { by: "header", name: "v", isDefault: true } as const;
    const routes = [
      route("GET /a", { version: { ...version, value: "1" } }, "one"),
      route("GET /a", { version: { ...version, value: "2" } }, "two"),
    ];
    expect(analyseRoutes(routes)).toMatchObject([{ kind: "ambiguous", witness: { headers: [] } }]);
    const [first, second] = routes as [(typeof routes)[0], (typeof routes)[0]];
    const other = { ...second, match: { ...second.match, version: { ...version, value: "2", isDefault: false } } };
    expect(analyseRoutes([first, other])).toEqual([]);
  });
});

describe("properties", () => {
  const cases = routesArbitrary.chain((routes) =>
    fc.tuple(fc.constant(routes), fc.array(requestArbitrary(routes), { minLength: 20, maxLength: 40 })),
  );

  for (const trailingSlash of ["strict", "ignore"] as const) {
    test(`witnesses are true and every overlap without order is found (${trailingSlash})`, () => {
      fc.assert(
        fc.property(cases, ([routes, requests]) => {
          const options = { trailingSlash };
          const findings = analyseRoutes(routes, options);
          const reported = new Set<string>();
          const unreachable = new Set<string>();
          for (const finding of findings) {
            if (finding.kind === "impossible") {
              unreachable.add(finding.route.id);
              continue;
            }
            const { winner, losers } = decideRoute(routes, finding.witness, options);
            const matched = [winner, ...losers.map((loser) => loser.route)].map((each) => each?.id);
            if (finding.kind === "unreachable") {
              unreachable.add(finding.route.id);
              expect(matched).toContain(finding.route.id);
            } else {
              const pair =
                finding.kind === "crossing" ? [finding.winner.id, finding.loser.id] : finding.routes.map(({ id }) => id);
              expect(matched).toEqual(expect.arrayContaining(pair));
              if (finding.kind === "crossing") expect(matched.indexOf(pair[0])).toBeLessThan(matched.indexOf(pair[1]));
              else reported.add(pair.toSorted().join(" "));
            }
          }
          const compared = new Map(effectiveRoutes(routes, options).map((each) => [each.id, each]));
          for (const each of requests) {
            const { winner, losers } = decideRoute(routes, each, options);
            if (winner === undefined) continue;
            expect(unreachable).not.toContain(winner.id);
            const all = [winner, ...losers.map((loser) => loser.route)].map(({ id }) => compared.get(id)!);
            for (const [index, a] of all.entries()) {
              for (const b of all.slice(index + 1)) {
                if (each.method === "HEAD" && (a.match.method === "HEAD") !== (b.match.method === "HEAD")) continue;
                const { rule } = compareRoutes(a.match, bestHost(a.match, each.host)!, b.match, bestHost(b.match, each.host)!);
                if (rule === "tie") expect(reported).toContain([a.id, b.id].toSorted().join(" "));
              }
            }
          }
        }),
        { numRuns: 300 },
      );
    });
  }

  test("the order of routes does not matter", () => {
    const sameBothWays = fc.property(routesArbitrary, (routes) => {
      expect(analyseRoutes(routes.toReversed())).toEqual(analyseRoutes(routes));
    });
    fc.assert(sameBothWays, { numRuns: 100 });
  });
});

test("the loser is told what it lost by", () => {
  const { winner, losers } = decideRoute([route("GET /y/{b}"), route("GET /{a}/x")], request("GET /y/x"));
  expect(winner?.id).toBe("GET /y/{b}");
  expect(losers).toMatchObject([{ route: { id: "GET /{a}/x" }, lostBy: { rule: "path", segment: 0 } }]);
});
