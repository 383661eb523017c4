import { expect, it } from "vitest";
import { built, running } from "../../faults/gateway.ts";
import { sendRequest } from "../../harness/http-client.ts";
import { startParty } from "../../harness/party.ts";
import { bytesHandshake, bytesService, client } from "../../tunnels/support.ts";

const gateway = (decides: string, more = ""): string => `gateway: decided
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}" }
  admin: { port: "\${env:ADMIN_PORT}" }
routes:
  feed: { match: { path: /feed }, service: backend, policies: { public: tests, upgrade: { protocols: [bytes] } } }
  all: { match: { path: "/**" }, service: backend, policies: { public: tests } }
services:
  backend: { endpoints: ["\${env:UPSTREAM}"] }
policies:
  externalAuthorization: ${decides}
${more}`;

const at = (request: object): string => JSON.stringify(request);

it("an upgrade is decided before it is forwarded, as every request is", async () => {
  const [decider, upstream] = [await startParty(), await bytesService()];
  const decides = at({ forwardAuth: { url: `${decider.origin}/verify` } });
  const { port } = await running(await built({ "gateway.yaml": gateway(decides) }), upstream.url);
  decider.on("/verify", { status: 403 });
  await client(port, bytesHandshake).has("403 Forbidden");
  await decider.leave();
  await client(port, bytesHandshake).has("503 Service Unavailable");
  await decider.comeBack();
  decider.on("/verify", { status: 200 });
  const ours = client(port, bytesHandshake);
  await upstream.next();
  await ours.has("101 Switching Protocols");
  expect(decider.requests[0]?.headers).toMatchObject({ "x-forwarded-uri": "/feed", "x-forwarded-method": "GET" });
});

it("the service gets fields of the decision, and of no client, in no spelling, whatever other policies keep", async () => {
  const [decider, service] = [await startParty(), await startParty()];
  const decides = at({
    forwardAuth: { url: `${decider.origin}/verify`, toService: ["X-Auth-Request-User", "X-Auth-Request-Email"] },
  });
  const keep = '  headers: { request: { keep: ["X-Auth-Request-User", "X-Auth-Request-Email", "X-User"] } }\n';
  const { port } = await running(await built({ "gateway.yaml": gateway(decides, keep) }), service.origin);
  decider.on("/verify", { status: 200, headers: { "X-Auth-Request-User": "ann" } });
  service.on("/orders/7", { body: "{}" });
  const claims = [
    "X-Auth-Request-User",
    "X_Auth_Request_User",
    "x-auth_request-user",
    "X-Auth-Request-Email",
    "X.Auth.Request.Email",
  ];
  const { status } = await sendRequest(port, {
    method: "GET",
    target: "/orders/%37?x=1",
    headers: [["Host", "shop.example.com"], ...[...claims, "X-User"].map((name) => [name, "root"] as const)],
    body: "",
  });
  expect(status).toBe(200);
  const { headers } = service.requests[0]!;
  expect(headers["x-auth-request-user"]).toBe("ann");
  // What the other policy keeps is none of ours.
  expect(Object.entries(headers).filter(([, value]) => String(value).includes("root"))).toEqual([["x-user", "root"]]);
  expect(decider.requests[0]?.headers["x-forwarded-uri"]).toBe("/orders/7?x=1");
  expect(Object.values(decider.requests[0]!.headers)).not.toContain("root");
});

it("OPA's data API and AuthZEN are asked as they are specified", async () => {
  const [decider, service] = [await startParty(), await startParty()];
  service.on("/orders/7", { body: "{}" });
  decider.on("/v1/data/shop/allow", { body: '{"result":true}' });
  decider.on("/access/v1/evaluation", { body: '{"decision":true}' });
  const decides = at([
    { opa: { url: `${decider.origin}/v1/data/shop/allow`, input: { path: "request.path", now: "size(request.method) + 1" } } },
    {
      authzen: {
        url: `${decider.origin}/access/v1/evaluation`,
        subject: { type: "address", id: "peer.ip", properties: { hosts: "[request.host]" } },
        resource: { type: "path", id: "request.path" },
        context: { secure: "request.host == 'a'" },
      },
      headers: { Authorization: { env: "ACME_KEY" } },
    },
  ]);
  const { port } = await running(await built({ "gateway.yaml": gateway(decides) }), service.origin);
  const { status } = await sendRequest(port, { method: "GET", target: "/orders/7", headers: [["Host", "a"]], body: "" });
  expect(status).toBe(200);
  const [opa, authzen] = decider.requests;
  // OPA REST API, “Get a Document (with Input)”.
  expect([opa?.method, opa?.headers["content-type"]]).toEqual(["POST", "application/json"]);
  expect(JSON.parse(opa!.body)).toEqual({ input: { path: "/orders/7", now: 4 } });
  // AuthZEN Authorization API 1.0 §6.1.
  expect(JSON.parse(authzen!.body)).toEqual({
    subject: { type: "address", id: "127.0.0.1", properties: { hosts: ["a"] } },
    action: { name: "GET" },
    resource: { type: "path", id: "/orders/7" },
    context: { secure: true },
  });
  expect(authzen?.headers.authorization).toBe("acme-key-for-tests-0001");
});
