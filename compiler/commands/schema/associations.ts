import { dirname, join, relative } from "node:path";
import type { ProjectSchema } from "./project-schemas.ts";

type Association = Pick<ProjectSchema, "name" | "file">;

/**
 * The comment that tells yaml-language-server which schema a file has, for each file. JSON has no comments.
 *
 * @param root folder of gateway.yaml, as seen from the current folder
 * @param folder where the schemas are, as seen from the current folder
 */
export function associationComments(schemas: readonly Association[], root: string, folder: string): string {
  const [yaml, json] = [schemas.filter(isYaml), schemas.filter((schema) => !isYaml(schema))];
  const lines = [`Wrote ${schemas.map(({ name }) => slashes(relative("", join(folder, name)))).join(", ")}`, ""];
  if (yaml.length > 0) lines.push("First line of each file, for editors with yaml-language-server:", "");
  for (const { name, file } of yaml) {
    const path = join(root, file);
    lines.push(
      slashes(relative("", path)),
      `  # yaml-language-server: $schema=${slashes(relative(dirname(path), join(folder, name)))}`,
    );
  }
  if (json.length > 0)
    lines.push("", `${json.map(({ file }) => file).join(", ")}: JSON has no comments; \`--vscode\` prints settings instead.`);
  return `${lines.join("\n")}\n`;
}

/** Settings of VS Code that say the same, for a workspace in the current folder. */
export function vscodeSettings(schemas: readonly Association[], root: string, folder: string): string {
  const pathOf = ({ file }: Association): string => slashes(relative("", join(root, file)));
  const urlOf = ({ name }: Association): string => slashes(relative("", join(folder, name))).replace(/^(?!\.\.\/|\/)/, "./");
  const json = schemas.filter((schema) => !isYaml(schema));
  const settings = {
    "yaml.schemas": Object.fromEntries(schemas.filter(isYaml).map((schema) => [urlOf(schema), pathOf(schema)])),
    ...(json.length === 0 ? {} : { "json.schemas": json.map((schema) => ({ fileMatch: [pathOf(schema)], url: urlOf(schema) })) }),
  };
  return `${JSON.stringify(settings, null, 2)}\n`;
}

const isYaml = ({ file }: Association): boolean => /\.ya?ml$/i.test(file);

const slashes = (path: string): string => path.replaceAll("\\", "/");
