import { stringify } from "yaml";

/** A YAML file with comments on top; expressions of several lines stay readable. The same value gives the same bytes. */
export const writeYaml = (comment: readonly string[], ...documents: readonly unknown[]): string =>
  `${comment.map((line) => `# ${line}\n`).join("")}${documents
    .map((document) => stringify(document, { lineWidth: 0, aliasDuplicateObjects: false }))
    .join("---\n")}`;
