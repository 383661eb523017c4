import { generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { createServer } from "node:http";

/** People that the issuer knows, and what it says of them. */
const people = {
  ada: { scope: "orders:read orders:write", plan: "gold", realm_access: { roles: ["admin"] } },
  bob: { scope: "orders:read orders:write", plan: "free", realm_access: { roles: [] } },
};

/** An issuer of tokens for this machine: metadata, a key set, and a token for whoever asks. It stands for yours. */
export async function startIssuer(port) {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const kid = randomUUID();
  const documents = new Map();
  const server = createServer(({ url }, response) => {
    const document = documents.get(url);
    response.writeHead(document === undefined ? 404 : 200, { "Content-Type": "application/json" });
    response.end(JSON.stringify(document ?? {}));
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const issuer = `http://127.0.0.1:${server.address().port}/`;
  documents.set("/.well-known/openid-configuration", { issuer, jwks_uri: `${issuer}keys` });
  documents.set("/keys", { keys: [{ ...publicKey.export({ format: "jwk" }), kid, alg: "ES256", use: "sig" }] });
  return {
    /** What `iss` of its tokens is. */
    issuer,
    /** A token of that person, good for an hour. */
    tokenFor(name) {
      const now = Math.floor(Date.now() / 1000);
      const claims = { iss: issuer, sub: name, aud: "orders", iat: now, exp: now + 3600, jti: randomUUID(), ...people[name] };
      const text = [{ alg: "ES256", kid, typ: "at+jwt" }, claims].map((part) => encoded(JSON.stringify(part))).join(".");
      return `${text}.${sign("sha256", Buffer.from(text), { key: privateKey, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const encoded = (text) => Buffer.from(text).toString("base64url");
