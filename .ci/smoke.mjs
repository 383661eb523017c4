import { spawn } from "node:child_process";
import { once } from "node:events";

/**
 * Starts examples/shop as `npm start` does, with the Node program given, sends every request that it prints, ends it
 * with SIGTERM, and wants exit code 0.
 */
const node = process.argv[2] ?? process.execPath;
const shop = spawn(node, ["examples/shop/start.mjs"], {
  env: { ...process.env, PORT: "0", ADMIN_PORT: "0" },
  stdio: ["ignore", "pipe", "inherit"],
});
const ended = once(shop, "exit");
const failures = [];

let output = "";
let deadline;
const started = new Promise((resolve, reject) => {
  deadline = setTimeout(() => reject(new Error("the example did not start within 60 seconds")), 60_000);
  shop.stdout.setEncoding("utf8").on("data", (text) => {
    output += text;
    if (output.includes("Ctrl-C stops it.")) resolve();
  });
  ended.then(([code]) => reject(new Error(`the example ended with code ${code}`)));
});
try {
  await started;
  clearTimeout(deadline);
  const lines = output.split("\n").filter((line) => line.startsWith("  curl "));
  if (lines.length === 0) failures.push("no curl lines were printed");
  for (const line of lines) {
    const { url, method, headers, body } = parseCurl(line);
    const response = await fetch(url, { method, headers, body });
    await response.arrayBuffer();
    const expected = line.includes("# 401") ? [401] : [200, 201];
    const verdict = expected.includes(response.status) ? "ok" : "FAILED";
    console.log(`${verdict}  ${response.status}  ${method} ${url}`);
    if (verdict !== "ok") failures.push(`${method} ${url} answered ${response.status}`);
  }
} catch (error) {
  failures.push(error.message, output);
}
clearTimeout(deadline);
if (shop.exitCode === null) shop.kill("SIGTERM");
const [code, signal] = await ended;
console.log(`after SIGTERM: exit code ${code ?? signal}`);
if (code !== 0) failures.push(`exit code ${code ?? signal} instead of 0`);
for (const failure of failures) console.error(failure);
process.exitCode = failures.length === 0 ? 0 : 1;

function parseCurl(line) {
  const words = [...line.replace(/\s+#.*$/, "").matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain);
  const headers = {};
  let url = "";
  let method;
  let body;
  for (let index = 1; index < words.length; index += 1) {
    const word = words[index];
    if (word === "-H") {
      const [name, ...value] = words[++index].split(": ");
      headers[name] = value.join(": ");
    } else if (word === "-X") method = words[++index];
    else if (word === "-d") body = words[++index];
    else if (word.startsWith("http")) url = word;
  }
  return { url, method: method ?? (body === undefined ? "GET" : "POST"), headers, body };
}
