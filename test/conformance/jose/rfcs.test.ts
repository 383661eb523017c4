import { describe, expect, it } from "vitest";
import { signatureAlgorithms } from "../../../runtime/identity/jose/algorithms.ts";
import { readKeySet } from "../../../runtime/identity/jose/key-set.ts";
import { readJws } from "../../../runtime/identity/jose/read-jws.ts";
import { readToken } from "../../../runtime/identity/jose/read-token.ts";
import { type Example, examples, isThere, type Jwk, usableKeys, verifiedPayload } from "./vectors.ts";

const claims = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const read = { iss: "joe", exp: 1_300_819_380, "http://example.com/is_root": true };

describe("RFC 7515", () => {
  it("appendix A.1: HS256", () => {
    const k = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    const token = `eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.${claims}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk`;
    expect(JSON.parse(verifiedPayload(token, usableKeys([{ kty: "oct", alg: "HS256", k }]))!)).toEqual(read);
    expect(readToken(token)).toMatchObject({ header: { typ: "JWT", alg: "HS256" }, claims: read });
  });
  it("appendix A.3: ES256", () => {
    const [x, y] = ["f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"];
    const signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    const token = `eyJhbGciOiJFUzI1NiJ9.${claims}.${signature}`;
    expect(JSON.parse(verifiedPayload(token, usableKeys([{ kty: "EC", crv: "P-256", x, y }]))!)).toEqual(read);
  });
  it("appendix A.5: a token without signature is refused", () => {
    expect(readJws(`eyJhbGciOiJub25lIn0.${claims}.`)).toBe("The token is not signed.");
  });
  it("appendix E: an extension that nobody understands is refused", () => {
    const token =
      "eyJhbGciOiJub25lIiwNCiAiY3JpdCI6WyJodHRwOi8vZXhhbXBsZS5jb20vVU5ERUZJTkVEIl0sDQogImh0dHA6Ly9leGFtcGxlLmNvbS9VTkRFRklORUQiOnRydWUNCn0.RkFJTA.";
    expect(readJws(token)).toBeTypeOf("string");
  });
});

it("RFC 8037, appendix A.4: Ed25519", () => {
  const key = { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" };
  const signature = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
  const token = `eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.${signature}`;
  expect(verifiedPayload(token, usableKeys([key]))).toBe("Example of Ed25519 signing");
});

/** Examples of signatures that are refused, by the begin of their file's name. */
const refused: Readonly<Record<string, string>> = {
  "jws/4_5": "its payload is not in the token",
  "jws/4_6": "only compact serialisation is a token (RFC 7519 §7.2)",
  "jws/4_7": "only compact serialisation is a token",
  "jws/4_8": "only compact serialisation is a token",
  "rfc7797/4.2": "b64 and crit",
  "rfc7797/hmac": "b64 and crit (RFC 7797 §7: not in a JWT)",
};
const reasonOf = (name: string): string | undefined =>
  refused[Object.keys(refused).find((begin) => name.startsWith(begin)) ?? ""];

/** Keys without what only their owner has. */
function published({ kty, ...key }: Jwk): Jwk {
  const open = kty === "oct" ? ["k", "alg", "kid"] : ["n", "e", "crv", "x", "y", "alg", "use", "kid"];
  return { kty, ...Object.fromEntries(Object.entries(key).filter(([name]) => open.includes(name))) };
}

describe.skipIf(!isThere)("the cookbook: RFC 7520, RFC 8037, RFC 7797", () => {
  const all = examples("jws", "rfc7797", "curve25519").filter(({ name }) => !name.includes("ecdh"));

  it.each(all.map(({ name, example }) => [reasonOf(name) === undefined ? "verified" : "refused", name, example] as const))(
    "%s: %s",
    (verdict, _, { input, output }) => {
      const keys = usableKeys([input!.key!].flat().map((key) => published(key as Jwk)));
      const texts =
        output!.compact === undefined ? Object.values(output!).map((json) => JSON.stringify(json)) : [output!.compact];
      expect(keys.length + texts.length).toBeGreaterThan(1);
      for (const text of texts) expect(verifiedPayload(text, keys)).toBe(verdict === "verified" ? input!.payload : undefined);
    },
  );

  it.each(examples("jwe", "curve25519").filter(({ name }) => !name.endsWith("jws.json")))("$name: refused", ({ example }) => {
    const { compact, ...others } = example.output!;
    if (compact !== undefined) expect(readJws(compact)).toMatch(/encrypted \(JWE\)/);
    for (const json of Object.values(others)) expect(readJws(JSON.stringify(json))).toBeTypeOf("string");
  });

  it.each(examples("jwk"))("$name", ({ name, example }) => {
    const set = readKeySet({ keys: [example] }, signatureAlgorithms);
    const isUsed = name.includes("public");
    expect(set).toMatchObject(isUsed ? { keys: [{}], skipped: [] } : { keys: [], skipped: [{}] });
  });

  it("RFC 7520 §6: the signed token is verified, the encrypted one around it refused", () => {
    const { sign, encrypt } = examples(".")[0]!.example as Record<"sign" | "encrypt", Required<Example>>;
    expect(verifiedPayload(sign.output.compact!, usableKeys([published(sign.input.key as Jwk)]))).toBe(sign.input.payload);
    expect(readJws(encrypt.output.compact!)).toMatch(/encrypted \(JWE\)/);
  });

  it("every refusal is of an example", () => {
    expect(Object.keys(refused).filter((begin) => !all.some(({ name }) => name.startsWith(begin)))).toEqual([]);
  });
});
