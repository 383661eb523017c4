import { generateKeyPairSync, type JsonWebKey } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import Provider from "oidc-provider";

/** A certified OpenID provider that gives out JWTs for one API. */
export interface OpenIdProvider {
  readonly issuer: string;
  /** Requests for its key set so far. */
  readonly looks: number;
  /** An access token (RFC 9068) for a client of its own. */
  token(scope: string): Promise<string>;
  /** It signs with a new key from now on; keys from before stay published, or are withdrawn. */
  rotate(before: "kept" | "withdrawn"): void;
  close(): Promise<void>;
}

export async function startOpenIdProvider(audience: string): Promise<OpenIdProvider> {
  let keys: JsonWebKey[] = [];
  let looks = 0;
  let answer: (request: IncomingMessage, response: ServerResponse) => unknown = () => {};
  const server = createServer((request, response) => {
    if (request.url === "/jwks") looks++;
    void answer(request, response);
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const rotate = (before: "kept" | "withdrawn"): void => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const jwk = { ...privateKey.export({ format: "jwk" }), kid: `key-${Date.now()}-${keys.length}`, use: "sig", alg: "RS256" };
    // It signs with the first that fits.
    keys = [jwk, ...(before === "kept" ? keys : [])];
    answer = new Provider(issuer, configuration(audience, keys)).callback();
  };
  rotate("withdrawn");
  return {
    issuer,
    get looks() {
      return looks;
    },
    async token(scope) {
      const body = new URLSearchParams({ grant_type: "client_credentials", scope, resource: audience });
      const credentials = Buffer.from("shop:shop-secret-for-tests").toString("base64");
      const response = await fetch(`${issuer}/token`, {
        method: "POST",
        headers: { authorization: `Basic ${credentials}` },
        body,
      });
      const { access_token: token } = (await response.json()) as { readonly access_token?: string };
      if (token === undefined) throw new Error(`the provider answered with ${response.status}`);
      return token;
    },
    rotate,
    close: () => new Promise((resolve) => void server.close(() => resolve()).closeAllConnections()),
  };
}

const configuration = (audience: string, keys: readonly JsonWebKey[]): object => ({
  jwks: { keys },
  clients: [
    {
      client_id: "shop",
      client_secret: "shop-secret-for-tests",
      grant_types: ["client_credentials"],
      redirect_uris: [],
      response_types: [],
    },
  ],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: () => ({
        scope: "things:read things:write",
        audience,
        accessTokenTTL: 300,
        accessTokenFormat: "jwt",
        jwt: { sign: { alg: "RS256" } },
      }),
    },
  },
});
