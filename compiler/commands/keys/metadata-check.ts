import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { flawOfMetadata } from "../../../runtime/identity/api-key/held-key.ts";
import type { KeyEntry } from "../../../runtime/identity/api-key/key-entry.ts";
import type { Validator } from "../../../runtime/validation/violations.ts";
import { suggestion } from "../../diagnostics/suggest.ts";
import { checkGateway } from "../../index.ts";
import type { StartValueIr } from "../../ir/config.ts";
import type { EmittedIr } from "../../ir/emitted.ts";
import type { GatewayIr, SchemeIr } from "../../ir/gateway.ts";
import { formatOrigin } from "../../ir/origin.ts";
import { ModuleWriter } from "../../phases/5-emit/module-writer.ts";
import { printSchemas } from "../../phases/5-emit/schemas/index.ts";
import { createBundler } from "../../phases/6-bundle/bundler.ts";
import { settingPattern } from "../../text/setting.ts";
import { gatewayEntry, gatewayNames } from "../entry.ts";
import { report } from "../report.ts";
import { UsageError } from "../usage-error.ts";
import { KeysProblem } from "./shelf.ts";

/** Why a gateway would answer 503 to a key with this metadata; undefined: it would not. Names the place that says so. */
export type MetadataCheck = (entry: Pick<KeyEntry, "metadata">) => string | undefined;

interface Asked {
  /** Gateway file or its folder; absent: the one beside the file of keys, or in the current folder, if there is one. */
  readonly project: string | undefined;
  readonly scheme: string | undefined;
  /** Of keys. */
  readonly file: string;
}

/**
 * What the scheme whose keys are in the file says of metadata, judged by the very code that a build of the gateway has.
 * Undefined where nothing is said of it.
 */
export async function metadataCheck({ project, scheme, file }: Asked): Promise<MetadataCheck | undefined> {
  const entry = project === undefined && scheme === undefined ? foundBeside(file) : gatewayEntry(project);
  if (entry === undefined) return undefined;
  const checked = await checkGateway(entry);
  if (checked.ir === undefined) {
    if (project === undefined && scheme === undefined) {
      process.stderr.write(
        `gatewright: ${entry} has errors, so \`metadata\` of its schemes was not looked at. \`gatewright check\` shows them.\n`,
      );
      return undefined;
    }
    report(checked, "text", entry);
    throw new KeysProblem(`${entry} has errors. Nothing was changed.`);
  }
  const found = schemeOf(checked.ir, entry, { project, scheme, file });
  const schema = found === undefined ? undefined : membersOf(found).metadata;
  if (found === undefined || schema === undefined) return undefined;
  const isFit = await compiled(checked.ir, schema.data.schema);
  const says = `\`metadata\` of identity.schemes.${found.name} (${join(dirname(entry), formatOrigin(found.origin))})`;
  return (key) =>
    isFit(key.metadata ?? {}, null)
      ? undefined
      : `${says} says otherwise of it: ${flawOfMetadata(key as KeyEntry, isFit)}. A gateway would answer 503 to such a key.`;
}

/** One that says something of metadata: most keys need no project. */
function foundBeside(file: string): string | undefined {
  const folders = [dirname(resolve(file)), process.cwd()];
  const path = folders.flatMap((folder) => gatewayNames.map((name) => join(folder, name))).find((one) => existsSync(one));
  return path !== undefined && readFileSync(path, "utf8").includes("metadata") ? relative("", path) : undefined;
}

function schemeOf(ir: GatewayIr, entry: string, { project, scheme, file }: Asked): SchemeIr | undefined {
  const withFile = ir.schemes.filter((one) => one.factory.name === "createFileKeys");
  const names = withFile.map(({ name }) => name);
  if (scheme !== undefined) {
    const named = withFile.find(({ name }) => name === scheme);
    if (named === undefined)
      throw new UsageError(`${entry} has no scheme \`${scheme}\` with keys in a file. ${suggestion(scheme, names)}`);
    return named;
  }
  const wanted = resolve(file);
  // Where a gateway is started is known to nobody here: in the folder of its project, or in this one.
  const folders = [dirname(resolve(entry)), process.cwd()];
  const own = withFile.filter((one) => {
    const path = pathOf(membersOf(one).file);
    return path !== undefined && folders.some((folder) => resolve(folder, path) === wanted);
  });
  const [only, second] = own.length > 0 || project === undefined ? own : withFile;
  if (second !== undefined || (only === undefined && project !== undefined))
    throw new UsageError(
      only === undefined
        ? `${entry} has no scheme with keys in a file (\`apiKey: { file: … }\`).`
        : `${entry} has several schemes with keys in files. Write \`--scheme NAME\`: ${names.join(", ")}.`,
    );
  return only;
}

/** As `FileKeysConfig` has them. */
const membersOf = ({ config }: SchemeIr) =>
  config as { readonly file?: StartValueIr | string; readonly metadata?: EmittedIr<"validator"> };

/** With what the environment says here, as at a start. */
function pathOf(file: StartValueIr | string | undefined): string | undefined {
  if (typeof file === "string" || file === undefined) return file;
  if (file.kind !== "setting") return undefined;
  return file.template.replaceAll(
    settingPattern,
    (_, name: string, otherwise: string | undefined) => process.env[name] ?? otherwise ?? "",
  );
}

async function compiled({ schemas }: GatewayIr, id: string): Promise<Validator> {
  const { modules, names } = printSchemas(schemas, [id]);
  const { path, name } = names.get(id)!;
  const main = new ModuleWriter("main.js", []);
  main.line(`export { ${name} as isFit } from "./${path}";`);
  const bundler = await createBundler();
  try {
    const all = [main.finish(), ...modules].map((module) => [module.path, module] as const);
    const { code } = await bundler.bundle(new Map(all));
    const url = `data:text/javascript;base64,${Buffer.from(code).toString("base64")}`;
    return ((await import(url)) as { readonly isFit: Validator }).isFit;
  } finally {
    await bundler.dispose();
  }
}
