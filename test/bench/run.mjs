// npm run bench [NAME…] [-- --OPTION…]: the committed benchmarks, one after the other, each with the options.
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));
const helpers = ["http-load.mjs", "realistic-spec.mjs", "run.mjs", "support.mjs"];
const known = readdirSync(folder)
  .filter((file) => file.endsWith(".mjs") && !helpers.includes(file))
  .map((file) => file.slice(0, -4))
  .sort();
const options = process.argv.slice(2).filter((argument) => argument.startsWith("--"));
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(", ")}. Known: ${known.join(", ")}.`);
  process.exit(2);
}
for (const name of wanted.length > 0 ? wanted : known) {
  console.log(`\n── ${name}`);
  const child = spawn(process.execPath, [`${folder}${name}.mjs`, ...options], { stdio: "inherit" });
  // It cleans up after itself; the terminal has told it of Ctrl-C already, and nobody of SIGTERM.
  const onInterrupt = () => {};
  const onTerminate = () => child.kill("SIGTERM");
  process.on("SIGINT", onInterrupt).on("SIGTERM", onTerminate);
  const code = await new Promise((resolve) => child.on("exit", resolve));
  process.off("SIGINT", onInterrupt).off("SIGTERM", onTerminate);
  if (code !== 0) process.exitCode = 1;
  if (code === null || code === 130 || code === 143) break;
}
