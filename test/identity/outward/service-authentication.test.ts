import { expect, it } from "vitest";
import type { ForwardTarget, Identity, Slot, StartValue, UpstreamRequest } from "../../../runtime/exchange/exchange.ts";
import { HeaderList } from "../../../runtime/fields/header-list.ts";
import {
  createServiceAuthentication,
  type ServiceAuthenticationConfig,
} from "../../../runtime/identity/outward/service-authentication.ts";
import type { ServiceCredential } from "../../../runtime/identity/outward/service-credential.ts";
import { createRelay, createStaticCredential } from "../../../runtime/identity/outward/static-credential.ts";
import { fakeExchange, problemOf } from "../../harness/fake-exchange.ts";

const step = (credential: ServiceCredential, change: Partial<ServiceAuthenticationConfig> = {}) =>
  createServiceAuthentication({
    // As the plan numbers them.
    slot: 0 as Slot,
    service: "orders",
    credentials: [{ service: "orders", credential }],
    schemes: ["login"],
    passes: false,
    ...change,
  });

const ann = (scheme: string): Identity => ({ subject: "ann", scheme, roles: [], scopes: [] });

/** `Authorization` as the service gets it, of what the schemes of the operation left in the request. */
function forwarded(
  subject: ReturnType<typeof step>,
  x: ReturnType<typeof fakeExchange>,
  left: readonly string[] = ["authorization", "Bearer of-ann"],
): string | undefined {
  expect(subject.request(x)).toBe(false);
  const upstream: UpstreamRequest = {
    method: "GET",
    authority: "orders",
    basePath: "",
    path: "/",
    query: "",
    host: undefined,
    headers: new HeaderList([...left]),
  };
  subject.upstreamRequest(x, upstream);
  return upstream.headers.get("authorization");
}

const sent = { headers: ["Authorization", "Bearer of-ann"] };

it("relays what a scheme has verified, also where the scheme kept it from the service", () => {
  const relay = step(createRelay({ name: "services.orders.authenticate" }));
  expect(forwarded(relay, fakeExchange({ ...sent, identity: ann("login") }), [])).toBe("Bearer of-ann");
});

it("does not relay what nobody has verified: where another scheme vouched, and where nobody did", () => {
  const relay = step(createRelay({ name: "services.orders.authenticate" }));
  expect(forwarded(relay, fakeExchange({ ...sent, identity: ann("partnerKey") }))).toBeUndefined();
  expect(forwarded(relay, fakeExchange(sent))).toBeUndefined();
});

it("does not relay two credentials, of which a scheme may have looked at one", () => {
  const relay = step(createRelay({ name: "services.orders.authenticate" }));
  const headers = [...sent.headers, "authorization", "Bearer of-bob"];
  expect(forwarded(relay, fakeExchange({ headers, identity: ann("login") }))).toBeUndefined();
});

it("leaves what the service itself verifies", () => {
  const relay = step(createRelay({ name: "services.orders.authenticate" }), { passes: true, schemes: [] });
  expect(forwarded(relay, fakeExchange(sent))).toBe("Bearer of-ann");
});

it("goes by the service that was chosen, and leaves the request to one without a credential as it is", () => {
  const fixed = createStaticCredential({ name: "services.stock.authenticate", bearer: "of-the-gateway" as StartValue });
  const subject = step(fixed, { credentials: [{ service: "stock", credential: fixed }] });
  const to = (name: string) => Object.assign(fakeExchange(sent), { target: { name } as ForwardTarget });
  expect(forwarded(subject, to("stock"))).toBe("Bearer of-the-gateway");
  expect(forwarded(subject, to("orders"))).toBe("Bearer of-ann");
  expect(forwarded(subject, fakeExchange(sent))).toBe("Bearer of-ann");
});

it("refuses where there is no credential, and forwards nothing", async () => {
  const problem = { status: 503, slug: "service-credential-unavailable", title: "none", source: "services.orders.authenticate" };
  const none: ServiceCredential = {
    ...createRelay({ name: "none" }),
    __resource: "serviceCredentials",
    give: () => Promise.resolve(problem),
  };
  const x = fakeExchange(sent);
  expect(await step(none).request(x)).toBe(true);
  expect(problemOf(x)).toMatchObject({ status: 503 });
});

it("tells of a 401 of the service, and of none of the gateway", () => {
  const refused: string[] = [];
  const token: ServiceCredential = {
    name: "token",
    __resource: "serviceCredentials",
    give: () => "Bearer old",
    refused: (given) => void refused.push(given),
  };
  const subject = step(token);
  const x = fakeExchange();
  subject.request(x);
  for (const [source, status] of [
    ["rateLimit", 401],
    ["service", 403],
    ["service", 401],
  ] as const) {
    x.answer = { status, source, headers: new HeaderList(), body: "" };
    subject.response(x);
  }
  expect(refused).toEqual(["Bearer old"]);
});
