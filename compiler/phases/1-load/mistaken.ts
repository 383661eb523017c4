import type { JsonSchema } from "../../../schema/schemas.gen.ts";

/** What a word that others use for something of ours stands for: a name, or a sentence that says what to write. */
export type Meant = { readonly name: string } | { readonly help: string };

/**
 * The words are in `x-mistaken` of the schema: what is meant by each is one of `known`, or a sentence. `clientId`, `client_id`
 * and `client-id` are one word.
 */
export function mistaken(word: string, schema: JsonSchema, known: readonly string[]): Meant | undefined {
  const wanted = plain(word);
  const found = Object.entries(schema["x-mistaken"] ?? {}).find(([other]) => plain(other) === wanted);
  if (found === undefined) return undefined;
  const [, meant] = found;
  return known.includes(meant) ? { name: meant } : { help: meant };
}

const plain = (word: string): string => word.toLowerCase().replaceAll(/[_-]/g, "");
