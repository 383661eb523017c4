import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { analyseRoutes } from "../../../compiler/routing/algebra.ts";
import { bestHost, decideRoute } from "../../../compiler/routing/brute-force.ts";
import { effectiveRoutes } from "../../../compiler/routing/route.ts";
import { RouteIndex } from "../../../compiler/routing/route-index.ts";
import { compareRoutes } from "../../../compiler/routing/specificity.ts";
import { isAccepted } from "../../../compiler/routing/witness.ts";
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

  test("a crossing is none where a third route takes what the two have in common", () => {
    const routes = [route("POST /a.json/**"), route("* /{n}.{m}/b"), route("POST /a.json/{x}")];
    const shown = analyseRoutes(routes).map((finding) => {
      if (finding.kind !== "crossing") return finding.kind;
      return `${finding.winner.id} before ${finding.loser.id}: ${finding.witness.path}, ${finding.others} more`;
    });
    expect(shown).toEqual(["POST /a.json/{x} before * /{n}.{m}/b: /a.json/b, 0 more"]);
  });

  test("a GET route and a HEAD route cross on HEAD (RFC 9110 §9.3.2)", () => {
    const found = analyseRoutes([route("GET /y/{b}"), route("HEAD /{a}/x")]);
    expect(found).toMatchObject([{ kind: "crossing", winner: { id: "GET /y/{b}" }, witness: { method: "HEAD", path: "/y/x" } }]);
  });

  test("a HEAD route is never reached behind GET routes that take all of its HEAD requests", () => {
    const routes = [route("HEAD /a/**"), route("GET /a"), route("GET /a/"), route("* /a/{x}/**")];
    expect(analyseRoutes(routes)).toMatchObject([
      { kind: "unreachable", route: { id: "HEAD /a/**" }, witness: { method: "HEAD" } },
    ]);
  });

  test("a tied mixed segment with `**` meets the end of the other", () => {
    const found = analyseRoutes([route("GET /{a}-x/**"), route("GET /y-{b}")]);
    expect(found).toMatchObject([{ kind: "ambiguous", witness: { path: "/y-x" } }]);
    const other = analyseRoutes([route("GET /{a}-x"), route("GET /y-{b}/**")]);
    expect(other).toMatchObject([{ kind: "ambiguous", witness: { path: "/y-x" } }]);
    expect(analyseRoutes([route("GET /{a}-x/**"), route("GET /z-{b}-y")])).toEqual([]);
  });

  test("no witness has a dot segment (RFC 3986 §5.2.4) or needs a method that is always refused (RFC 9110 §9.3.8)", () => {
    expect(analyseRoutes([route("GET /{a}."), route("GET /.{b}")])).toMatchObject([{ witness: { path: "/.x." } }]);
    expect(analyseRoutes([route("TRACE /{a}/x"), route("TRACE /y/{b}")])).toEqual([]);
  });

  test("equal templates are one finding, however many", () => {
    const routes = Array.from({ length: 200 }, (_, index) => route(`GET /a/{p${index}}`, {}, `r${1000 + index}`));
    expect(analyseRoutes(routes)).toMatchObject([{ kind: "duplicate", routes: { length: 200 }, witness: { path: "/a/x" } }]);
    const tied = Array.from({ length: 50 }, (_, index) => [
      route(`GET /{p${index}}-x`, {}, `r${1000 + index}`),
      route(`GET /y-{p${index}}`, {}, `s${1000 + index}`),
    ]).flat();
    expect(
      analyseRoutes(tied)
        .map(({ kind }) => kind)
        .toSorted(),
    ).toEqual(["ambiguous", "duplicate", "duplicate"]);
    const conditions = Array.from({ length: 50 }, (_, index) =>
      route("GET /a", { headers: [{ name: `x-${index}` }] }, `r${index}`),
    );
    expect(analyseRoutes(conditions)).toMatchObject([{ kind: "ambiguous", routes: { length: 50 } }]);
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
            // An escaped slash is refused whoever would get it; that two routes ask for it is an error all the same.
            if (!finding.witness.path.includes("%2F")) expect(isAccepted(finding.witness)).toBe(true);
            if (finding.kind === "unreachable") {
              unreachable.add(finding.route.id);
              expect(matched).toContain(finding.route.id);
              expect(finding.by).toContain(winner);
            } else if (finding.kind === "crossing") {
              expect(isAccepted(finding.witness)).toBe(true);
              expect(winner).toBe(finding.winner);
              expect(matched).toContain(finding.loser.id);
            } else {
              const [one, other, ...more] = finding.routes;
              expect(matched).toEqual(expect.arrayContaining([one.id, other.id]));
              for (const { id } of [one, other, ...more]) reported.add(id);
            }
          }
          const compared = new Map(effectiveRoutes(routes, options).map((each) => [each.id, each]));
          const index = new RouteIndex(routes, options);
          for (const each of requests) {
            const { winner, losers } = decideRoute(routes, each, options);
            expect(index.winner(each)).toBe(winner);
            if (winner === undefined) continue;
            expect(unreachable).not.toContain(winner.id);
            const all = [winner, ...losers.map((loser) => loser.route)].map(({ id }) => compared.get(id)!);
            for (const [index, a] of all.entries()) {
              for (const b of all.slice(index + 1)) {
                const { rule } = compareRoutes(a.match, bestHost(a.match, each.host)!, b.match, bestHost(b.match, each.host)!);
                if (rule === "tie") for (const { id } of [a, b]) expect(reported).toContain(id);
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
