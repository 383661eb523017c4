import { parse } from "yaml";

/** YAML 1.2, of which JSON is a part. Throws where it is none, or where aliases would make much of little. */
export const readYaml = (text: string): unknown => parse(text, { maxAliasCount: 100, prettyErrors: true });
