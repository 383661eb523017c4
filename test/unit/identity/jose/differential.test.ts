import fc from "fast-check";
import { createLocalJWKSet, jwtVerify } from "jose";
import { describe, expect, it } from "vitest";
import { signatureAlgorithms } from "../../../../runtime/identity/jose/algorithms.ts";
import { judgeClaims } from "../../../../runtime/identity/jose/judge-claims.ts";
import { fittingKeys, readKeySet } from "../../../../runtime/identity/jose/key-set.ts";
import { readToken } from "../../../../runtime/identity/jose/read-token.ts";
import { accessTokenTypes } from "../../../../runtime/identity/jose/token-type.ts";
import { isSignedBy } from "../../../../runtime/identity/jose/verify-signature.ts";
import { bases, type Draft, draft, type Mutation, mutations, now, written } from "./differences.ts";

const issuer = "https://issuer.example";

function oursAccepts(text: string, keys: Draft["keys"]): boolean {
  const token = readToken(text);
  const set = readKeySet({ keys }, signatureAlgorithms);
  if (typeof token === "string" || typeof set === "string") return false;
  if (!fittingKeys(set.keys, token.header).some((key) => isSignedBy(token, key))) return false;
  const rules = { issuer, audience: ["orders"], leeway: 30, requireExp: true, types: accessTokenTypes };
  return judgeClaims(token, rules, now) === undefined;
}

async function joseAccepts(text: string, keys: Draft["keys"]): Promise<boolean> {
  try {
    await jwtVerify(text, createLocalJWKSet({ keys } as Parameters<typeof createLocalJWKSet>[0]), {
      issuer,
      audience: "orders",
      clockTolerance: 30,
      currentDate: new Date(now * 1_000),
      algorithms: [...signatureAlgorithms],
    });
    return true;
  } catch {
    return false;
  }
}

/** Who refuses what the other accepts; undefined where both judge alike. */
async function stricter(made: Draft): Promise<"ours" | "jose" | undefined> {
  const text = written(made);
  const [ours, jose] = [oursAccepts(text, made.keys), await joseAccepts(text, made.keys)];
  return ours === jose ? undefined : ours ? "jose" : "ours";
}

describe("beside jose", () => {
  it.each(bases)("a token with %s is accepted by both", async (alg) => {
    const made = draft(alg);
    expect([oursAccepts(written(made), made.keys), await joseAccepts(written(made), made.keys)]).toEqual([true, true]);
  });

  const isSingle = ({ differs }: Mutation): string =>
    differs === undefined ? "alike" : `stricter is ${differs[0]}: ${differs[1]}`;
  it.each(mutations.map((mutation) => [mutation.name, isSingle(mutation), mutation] as const))(
    "%s: %s",
    async (_, _how, mutation) => {
      const made = draft("ES256");
      mutation.apply(made);
      expect(await stricter(made)).toBe(mutation.differs?.[0]);
    },
  );

  it("tokens that were changed in several ways differ only in ways that the table names", async () => {
    const several = fc.record({
      alg: fc.constantFrom(...bases),
      changes: fc.array(fc.constantFrom(...mutations), { minLength: 1, maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(several, async ({ alg, changes }) => {
        const made = draft(alg);
        for (const { apply } of changes) apply(made);
        const found = await stricter(made);
        const named = changes.flatMap(({ differs }) => (differs === undefined ? [] : [differs[0]]));
        return (
          found === undefined ||
          named.includes(found) ||
          `only ${found} refuses ${changes.map(({ name }) => name).join("; ")}` === ""
        );
      }),
      { numRuns: 3_000 },
    );
  });

  it("bytes that were changed at random are never accepted by one alone, where both read them", async () => {
    const good = written(draft("ES256"));
    const change = fc.record({
      at: fc.nat(good.length - 1),
      by: fc.constantFrom(..."AQgw-_.=+/ \n~{".split("")),
      remove: fc.nat(2),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        let text = good;
        for (const { at, by, remove } of changes) text = text.slice(0, at) + by + text.slice(at + remove);
        const { keys } = draft("ES256");
        // jose takes other spellings of a good token, never the other way round.
        return !oursAccepts(text, keys) || (text === good && (await joseAccepts(text, keys)));
      }),
      { numRuns: 3_000 },
    );
  });
});
