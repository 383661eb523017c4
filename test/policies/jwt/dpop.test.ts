import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { Authentication } from "../../../runtime/exchange/exchange.ts";
import { createDpop } from "../../../runtime/identity/jwt/dpop.ts";
import { createLiveJwt } from "../../../runtime/identity/jwt/live.ts";
import { Alone } from "../../../runtime/life/alone.ts";
import { Household } from "../../../runtime/life/household.ts";
import { type FakeRequest, fakeExchange, fakeUpstreamRequest } from "../../harness/fake-exchange.ts";
import { NotedLog } from "../../life/support/things.ts";
import { proofClient as client } from "./support/proof-client.ts";
import { claims, configOf, inlineKeys, issuer as issuerName, named, now, schemeOf } from "./support/scheme.ts";
import { signer } from "./support/signer.ts";

const issuer = signer("one");

const dpop = (change: object = {}) =>
  createDpop({ scheme: "bearerAuth", required: false, algorithms: ["EdDSA"], parameters: 'realm="bearerAuth"', ...change });

const sent = (scheme: string, token: string, proof?: string): FakeRequest => ({
  headers: ["Authorization", `${scheme} ${token}`, ...(proof === undefined ? [] : ["DPoP", proof])],
});

const said = (found: Authentication): string =>
  typeof found === "string" ? found : (found.subject ?? `${found.rejected}: ${found.challenge}`);

describe("a token that is bound to a key of its client (DPoP, RFC 9449)", () => {
  const alice = client();
  const token = issuer.token(claims({ cnf: { jkt: alice.jkt } }));

  it("counts with a fresh proof, each of which counts once", () => {
    const scheme = schemeOf([issuer], { dpop: dpop() });
    const proof = alice.proof(token);
    const ask = (request: FakeRequest): string => said(scheme.authenticate(fakeExchange(request)));
    expect(ask(sent("DPoP", token, proof))).toBe("alice");
    expect(ask(sent("dpop", token, alice.proof(token)))).toBe("alice");
    expect(ask(sent("DPoP", token, proof))).toMatch(/invalid_dpop_proof/);
  });

  it("is 401 as a bearer token, without proof, with a proof of another client, and with one for something else (trap 20)", () => {
    const scheme = schemeOf([issuer], { dpop: dpop() });
    const ask = (request: FakeRequest): string => said(scheme.authenticate(fakeExchange(request)));
    // A token that was seen before is no exception.
    expect(ask(sent("DPoP", token, alice.proof(token)))).toBe("alice");
    for (const request of [
      sent("Bearer", token),
      sent("Bearer", token, alice.proof(token)),
      sent("DPoP", token),
      sent("DPoP", token, client().proof(token)),
      sent("DPoP", token, alice.proof(`${token}x`)),
      sent("DPoP", token, alice.proof(token, { htm: "POST" })),
      sent("DPoP", token, alice.proof(token, { htu: "http://shop.example.com/other" })),
      sent("DPoP", token, alice.proof(token, { iat: now() - 90 })),
    ])
      expect(ask(request)).toMatch(/^invalid: DPoP /);
  });

  it("counts with a proof once in a group of processes, and the proof does not reach the service without its token", async () => {
    const make = () => createLiveJwt(configOf([named(issuerName, inlineKeys(issuer))], { dpop: dpop(), forward: false }));
    const [one, other] = [make(), make()];
    // Both in one process, which has the same topics as a group.
    const house = new Household([one, other], new Alone([one, other]), new NotedLog());
    onTestFinished(() => house.stop());
    await house.start();
    const request = sent("DPoP", token, alice.proof(token));
    expect(said(one.authenticate(fakeExchange(request)))).toBe("alice");
    await vi.waitFor(() => expect(said(other.authenticate(fakeExchange(request)))).toMatch(/invalid_dpop_proof/));
    const upstream = fakeUpstreamRequest(fakeExchange(request));
    one.conceal(upstream);
    expect(upstream.headers.lines).toEqual([]);
  });

  it("is told which nonce its proof has to hold", () => {
    const scheme = schemeOf([issuer], { dpop: dpop({ nonceKey: "0123456789abcdef0123456789abcdef" }) });
    const first = scheme.authenticate(fakeExchange(sent("DPoP", token, alice.proof(token))));
    expect(first).toMatchObject({ rejected: "invalid", challenge: expect.stringContaining('error="use_dpop_nonce"') });
    const [name, nonce] = (first as { readonly headers: readonly string[] }).headers;
    expect(name).toBe("DPoP-Nonce");
    expect(said(scheme.authenticate(fakeExchange(sent("DPoP", token, alice.proof(token, { nonce })))))).toBe("alice");
  });

  it("stands beside bearer tokens, unless every token has to be bound", () => {
    const plain = issuer.token(claims());
    const ask = (required: boolean): string => {
      const scheme = schemeOf([issuer], { dpop: dpop({ required }) });
      return said(scheme.authenticate(fakeExchange(sent("Bearer", plain))));
    };
    expect([ask(false), ask(true)]).toEqual(["alice", expect.stringMatching(/^invalid: DPoP /)]);
  });
});
