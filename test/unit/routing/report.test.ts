import { expect, test } from "vitest";
import { DiagnosticSink } from "../../../compiler/diagnostics/sink.ts";
import { checkRoutes } from "../../../compiler/phases/3-check/route/report.ts";
import { type RouteOptions, route } from "./support.ts";

test.each<[routes: [string, RouteOptions?][], code: string, message: RegExp]>([
  [[["GET /a/{x}"], ["GET /a/{y}"]], "error route/duplicate", /`GET \/a\/\{y\}` and `GET \/a\/\{x\}` .* `GET \/a\/x`/],
  [[["GET /{a}-x"], ["GET /y-{b}"]], "error route/ambiguous", /both match `GET \/y-x`/],
  [[["GET /{a}/x"], ["GET /y/{b}"]], "warning route/crossing", /both match `GET \/y\/x`; `GET \/y\/\{b\}` gets it/],
  [[["* /a/**"], ["* /a"], ["* /a/"], ["* /a/*/**"]], "error route/unreachable", /`any method \/a\/\*\*` never gets a request/],
  [
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
    "error route/impossible",
    /`GET \/a` matches no request/,
  ],
  [
    [["GET /{a}"], ["GET /{b}"], ["GET /{c}"]],
    "error route/duplicate",
    /`GET \/\{b\}` and `GET \/\{a\}` .* `GET \/x`\. So does `GET \/\{c\} \(GET \/\{c\}\)`\.$/,
  ],
  [
    [["GET /{a}"], ["GET /{b}"], ["GET /{c}"], ["GET /{d}"], ["GET /{e}"], ["GET /{f}"]],
    "error route/duplicate",
    /So do `[^`]+`, `[^`]+`, `[^`]+` and 1 more\.$/,
  ],
  [
    [
      ["GET /{a}", { hosts: ["*.shop.example"] }],
      ["GET /{b}", { hosts: ["*.shop.example"], headers: [] }],
    ],
    "error route/duplicate",
    /`GET \/x for host x\.shop\.example`/,
  ],
])("%j gives %s", (routes, code, message) => {
  const sink = new DiagnosticSink();
  checkRoutes(
    routes.map(([text, options]) => route(text, options)),
    { trailingSlash: "strict" },
    sink,
  );
  const found = sink.sorted();
  expect(found.map((diagnostic) => `${diagnostic.severity} ${diagnostic.code}`)).toEqual([code]);
  expect(found[0]?.message).toMatch(message);
});

test("a route that loses to very many says so without looking into each", () => {
  const routes = ["GET /{a}/x", ...Array.from({ length: 100 }, (_, index) => `GET /y${index}/{b}`)];
  const sink = new DiagnosticSink();
  checkRoutes(
    routes.map((text) => route(text)),
    { trailingSlash: "strict" },
    sink,
  );
  const [found, ...others] = sink.sorted();
  expect(others).toEqual([]);
  expect(found?.help).toMatch(/At least 19 more routes cross `GET \/\{a\}\/x` in this way\.$/);
});
