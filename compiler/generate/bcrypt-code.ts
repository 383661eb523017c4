import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Outputs } from "./outputs.ts";

/**
 * bcrypt as a text: it runs in a thread of its own, a thread needs code of its own, and a bundle is one file. Its licence
 * goes with it.
 */
export function generateBcryptCode(out: Outputs): void {
  const umd = dirname(fileURLToPath(import.meta.resolve("bcryptjs")));
  const licence = readFileSync(join(umd, "LICENSE"), "utf8").trim();
  const code = readFileSync(join(umd, "umd/index.js"), "utf8");
  const text = JSON.stringify(`/*\n${licence}\n*/\n${code}`);
  out.write(
    "runtime/identity/basic/bcrypt-code.gen.ts",
    `// Generated from the package bcryptjs by \`npm run generate\`. Do not edit.\n\n/** A CommonJS module. */\nexport const bcryptCode =\n  ${text};\n`,
  );
}
