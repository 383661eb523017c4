import type { PemTexts } from "../../runtime/files/pem-files.ts";
import type { SecretReference } from "../../schema/resources.gen.ts";
import { type MakeIr, make } from "../ir/config.ts";

/** As messages of the start name it. */
export const secretSource = (from: SecretReference): string =>
  "env" in from ? `environment variable ${from.env}` : `file ${from.file}`;

/** Those that come from files are followed; what the environment holds cannot change. Undefined where none does. */
export function pemFiles(values: { readonly [Name in keyof PemTexts]?: SecretReference | undefined }): MakeIr | undefined {
  const paths = Object.entries(values).flatMap(([name, from]) =>
    from !== undefined && "file" in from ? [[name, from.file]] : [],
  );
  if (paths.length === 0) return undefined;
  // The names are those of the values.
  return make<PemTexts>("files/pem-files", "createPemFiles", Object.fromEntries(paths) as PemTexts);
}
