import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { ts } from "ts-morph";
import { repository } from "../harness/sample.ts";

export interface SourceText {
  /** Relative to the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** TypeScript files below some folders of the repository, sorted. */
export function sourceFiles(...folders: readonly string[]): SourceText[] {
  const walk = (folder: string): string[] =>
    readdirSync(join(repository, folder), { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? walk(`${folder}/${entry.name}`) : entry.name.endsWith(".ts") ? [`${folder}/${entry.name}`] : [],
    );
  return folders
    .flatMap(walk)
    .sort()
    .map((path) => ({ path, text: readFileSync(join(repository, path), "utf8") }));
}

export const parse = ({ path, text }: SourceText): ts.SourceFile => ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true);

export interface Import {
  readonly from: string;
  /** As written, a path in the repository where it was relative: `runtime/answers/problem.ts`, `node:http`, `undici`. */
  readonly to: string;
  readonly isTypeOnly: boolean;
  readonly names: readonly string[];
  /** `path:line: the line itself`, for messages. */
  readonly place: string;
}

/** Every import and re-export of a file, `import()` included. */
export function importsOf(source: SourceText): Import[] {
  const imports: Import[] = [];
  const file = parse(source);
  const add = (node: ts.Node, specifier: ts.Node | undefined, isTypeOnly: boolean, names: readonly string[]): void => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
    const to = specifier.text.startsWith(".") ? posix.join(posix.dirname(source.path), specifier.text) : specifier.text;
    const line = file.getLineAndCharacterOfPosition(node.getStart()).line;
    imports.push({
      from: source.path,
      to,
      isTypeOnly,
      names,
      place: `${source.path}:${line + 1}: ${source.text.split("\n")[line]!.trim()}`,
    });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      const bindings = node.importClause?.namedBindings;
      const elements = bindings !== undefined && ts.isNamedImports(bindings) ? [...bindings.elements] : [];
      const allTypes =
        elements.length > 0 && node.importClause?.name === undefined && elements.every((element) => element.isTypeOnly);
      const names = elements.map((element) => (element.propertyName ?? element.name).text);
      add(node, node.moduleSpecifier, node.importClause?.isTypeOnly === true || allTypes, names);
    } else if (ts.isExportDeclaration(node)) add(node, node.moduleSpecifier, node.isTypeOnly, []);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node, node.arguments[0], false, []);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node, node.argument.literal, true, []);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return imports;
}
