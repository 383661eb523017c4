import type { StepIr } from "../../compiler/ir/step.ts";

/** Takes the lines that would go to standard output. */
interface Log {
  write(line: string): void;
}

/** Factories of policies that write to standard output take another place to write to. */
export async function callFactory(factory: StepIr["factory"], config: unknown, log: Log): Promise<unknown> {
  const make = (await importRuntime(factory)) as (config: unknown, log?: Log) => unknown;
  return /^policies\/access-log(?:\/|$)/.test(factory.module) ? make(config, log) : make(config);
}

/** What the run-time library exports by that name. */
export async function importRuntime({ module: path, name }: StepIr["factory"]): Promise<unknown> {
  // As in emitted code, policies are named by their folder, everything else by its file.
  const file = /^policies\/[^/]+$/.test(path) ? `${path}/index` : path;
  const url = new URL(`../../runtime/${file}.ts`, import.meta.url).pathname;
  const module = (await import(/* @vite-ignore */ url)) as Readonly<Record<string, unknown>>;
  if (module[name] === undefined) throw new Error(`runtime/${path} exports no ${name}`);
  return module[name];
}
