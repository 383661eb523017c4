import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { component } from "./component.ts";

const run = promisify(execFile);

/** Whether the Prometheus on the PATH, or its promtool, is at least of a version. Debian 12 has 2.42. */
export async function isPrometheusFrom(program: "prometheus" | "promtool", major: number, minor: number): Promise<boolean> {
  const { stdout, stderr } = await run(await component(program), ["--version"]);
  const found = /version (\d+)\.(\d+)\./.exec(`${stdout}${stderr}`);
  if (found === null) throw new Error(`\`${program} --version\` does not say which one it is: ${stdout}${stderr}`);
  const [is, isMinor] = [Number(found[1]), Number(found[2])];
  return is > major || (is === major && isMinor >= minor);
}
