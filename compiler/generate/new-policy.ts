import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { camelCase, kebabCase } from "../text/words.ts";
import { sampleFiles } from "./new-policy-files.ts";

/**
 * Makes the four rooms of a policy with a small sample that compiles, has a test and says what it does, to be changed
 * into what is wanted.
 *
 * @param name `tenantQuota` or `tenant-quota`
 */
export function newPolicy(root: string, name: string): { readonly files: readonly string[] } | { readonly refused: string } {
  const folder = kebabCase(name);
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(folder))
    return { refused: `\`${name}\` is no name for a policy; write words such as \`tenantQuota\` or \`tenant-quota\`.` };
  const rooms = [
    `schema/policies/${folder}.json`,
    `compiler/policies/${folder}`,
    `runtime/policies/${folder}`,
    `test/policies/${folder}`,
  ];
  const taken = rooms.find((room) => existsSync(join(root, room)));
  if (taken !== undefined) return { refused: `${taken} is there already.` };

  const files = Object.entries(sampleFiles(folder, camelCase(folder))).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [path, text] of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return { files: files.map(([path]) => path) };
}
