import { readFileSync } from "node:fs";
import { whyUnreadable } from "../files/why-unreadable.ts";
import { withoutLineBreak } from "../files/without-line-break.ts";
import { StartError } from "../life/start-error.ts";
import { answerQuestions, type GatewayLabel } from "./command-line.ts";
import { exitCodes } from "./exit-codes.ts";
import { checkNode } from "./node-version.ts";
import type { NumberSetting } from "./number-settings.ts";
import { failStart } from "./start-failure.ts";

/** Something to read when the gateway starts, and where its configuration asks for it (`gateway.yaml:44`). */
export interface Wanted {
  readonly secret?: { readonly env: string } | { readonly file: string };
  /** Text with `${env:NAME}` or `${env:NAME:-default}` in it. */
  readonly setting?: string;
  /** What the setting has to be once it is filled in. */
  readonly as?: "port" | "endpoint" | NumberSetting;
  readonly at: string;
}

/**
 * What a bundle calls before anything else of its own, so that a start that fails later, while constants are made, also
 * ends in a message without a stack.
 */
export function beginStart(gateway: GatewayLabel): void {
  answerQuestions(process.argv.slice(2), gateway);
  process.once("uncaughtException", failStart);
  try {
    checkNode(process.versions.node);
  } catch (error) {
    failStart(error);
  }
}

/**
 * `beginStart`, and reads all secrets and settings, once. Where any is missing, empty or unreadable, one message lists
 * them all and the process exits with 78.
 */
export function readEnvironment<Name extends string>(
  gateway: GatewayLabel,
  wanted: Readonly<Record<Name, Wanted>>,
): Record<Name, string> {
  beginStart(gateway);
  try {
    return collectEnvironment(wanted, process.env);
  } catch (error) {
    return failStart(error);
  }
}

/** The start is over: what goes wrong from here on is no matter of configuration. */
export function endStartGuard(): void {
  process.off("uncaughtException", failStart);
}

/** Throws one `StartError` for everything that cannot be read. */
export function collectEnvironment<Name extends string>(
  wanted: Readonly<Record<Name, Wanted>>,
  environment: NodeJS.ProcessEnv,
): Record<Name, string> {
  const values = {} as Record<Name, string>;
  const missing: string[] = [];
  const unusable: string[] = [];
  for (const name of Object.keys(wanted) as Name[]) {
    const { secret, setting, as, at } = wanted[name];
    const note = (what: string): void => void missing.push(`  ${at}  ${what}`);
    if (setting !== undefined) {
      const before = missing.length;
      values[name] = fillIn(setting, environment, note);
      const problem = as === undefined || missing.length > before ? undefined : problemOf(as, values[name]);
      if (problem !== undefined) unusable.push(`  ${at}  ${described(setting, values[name])}, ${problem}`);
    } else if (secret === undefined) throw new Error(`${name} has no source`);
    else values[name] = "env" in secret ? fromVariable(secret.env, environment, note) : fromFile(secret.file, note);
  }
  const count = missing.length + unusable.length;
  if (count === 0) return values;
  const what = count === 1 ? "a value it needs is" : `${count} values it needs are`;
  const how = unusable.length === 0 ? "missing" : missing.length === 0 ? "of no use" : "missing or of no use";
  const list = [...missing, ...unusable].join("\n");
  throw new StartError(`the gateway cannot start, because ${what} ${how}:\n${list}`, exitCodes.configuration);
}

function fromVariable(name: string, environment: NodeJS.ProcessEnv, note: (what: string) => void): string {
  const value = environment[name];
  if (value === undefined) note(`environment variable ${name} is not set. Set it where the gateway is started.`);
  else if (value === "") note(`environment variable ${name} is empty. Give it a value.`);
  return value ?? "";
}

function fromFile(path: string, note: (what: string) => void): string {
  try {
    const value = withoutLineBreak(readFileSync(path, "utf8"));
    if (value === "") note(`file ${path} is empty. Put the secret into it.`);
    return value;
  } catch (error) {
    note(`file ${path} cannot be read${whyUnreadable(error, path, "the secret")}.`);
    return "";
  }
}

function fillIn(template: string, environment: NodeJS.ProcessEnv, note: (what: string) => void): string {
  return template.replaceAll(/\$\{env:(\w*)(?::-([^}]*))?\}/g, (_whole, name: string, fallback: string | undefined) =>
    // As in a shell, an empty variable counts as one that is not set.
    fallback === undefined ? fromVariable(name, environment, note) : environment[name] || fallback,
  );
}

const problemOf = (as: NonNullable<Wanted["as"]>, value: string): string | undefined =>
  typeof as === "string" ? problems[as](value) : as.problem(value);

/** What is wrong about a setting that is filled in, and the remedy. */
const problems: Readonly<Record<"port" | "endpoint", (value: string) => string | undefined>> = {
  port: (value) =>
    /^\d{1,5}$/.test(value) && Number(value) <= 65_535 ? undefined : "which is no port. Set a whole number from 1 to 65535.",
  endpoint: (value) =>
    isEndpoint(value)
      ? undefined
      : "which is no URL of an endpoint. Set one like http://host:port or https://host:port, with a path where needed.",
};

/** What comes with the scheme, host, port and path of a URL would be lost on the way to a service. */
function isEndpoint(value: string): boolean {
  if (!/^https?:\/\/[^/]/i.test(value) || !URL.canParse(value)) return false;
  const { username, password, search, hash } = new URL(value);
  return username === "" && password === "" && search === "" && hash === "";
}

/** The variable and its value; a URL may hold a password. */
function described(template: string, value: string): string {
  const shown = value.includes("@") ? "a value with credentials" : `\`${value}\``;
  const [, name] = /^\$\{env:(\w*)(?::-[^}]*)?\}$/.exec(template) ?? [];
  return name === undefined ? `\`${template}\` becomes ${shown}` : `environment variable ${name} is ${shown}`;
}

/** A port that was written as a setting. */
export function asPort(value: string): number {
  const problem = problems.port(value);
  if (problem !== undefined) failStart(new StartError(`\`${value}\` is used as a port, ${problem}`));
  return Number(value);
}
