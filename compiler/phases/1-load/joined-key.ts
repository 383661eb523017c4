import type { JsonSchema } from "../../../schema/schemas.gen.ts";
import { followSchemaRef, type LocatedSchema } from "./schema-kinds.ts";

/** Help for a key that is two in one word: `jwks_uri` or `jwksUri` for `jwks: { uri: … }`; undefined for any other. */
export function joinedKeyHelp(key: string, { schema, file }: LocatedSchema): string | undefined {
  for (const [owner, part] of Object.entries(schema.properties ?? {})) {
    const rest = key.startsWith(owner) ? /^(?:[_-](.+)|([A-Z].*))$/.exec(key.slice(owner.length)) : null;
    if (rest === null) continue;
    const inner = rest[1] ?? rest[2]!.charAt(0).toLowerCase() + rest[2]!.slice(1);
    if (innerKeys(followSchemaRef({ schema: part, file }).schema).includes(inner))
      return `Write it under \`${owner}\`: \`${owner}: { ${inner}: … }\`.`;
  }
  return undefined;
}

const innerKeys = ({ properties = {}, anyOf = [] }: JsonSchema): string[] => [
  ...Object.keys(properties),
  ...anyOf.flatMap((one) => Object.keys(one.properties ?? {})),
];
