import { join } from "node:path";
import { build } from "esbuild";
import type { Outputs } from "./outputs.ts";

/** What writes scrapes as a text: it runs in a thread of its own, a thread needs code of its own, and a bundle is one file. */
export async function generateThreadCode(root: string, out: Outputs): Promise<void> {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { answerScrapes } from "./in-thread.ts"; answerScrapes(require("node:worker_threads").parentPort);`,
      resolveDir: join(root, "runtime/metrics/thread"),
    },
    bundle: true,
    write: false,
    platform: "node",
    format: "cjs",
    target: "node20",
    minify: true,
    charset: "utf8",
    tsconfigRaw: "{}",
    logLevel: "silent",
  });
  out.write(
    "runtime/metrics/thread/thread-code.gen.ts",
    `// Generated from in-thread.ts by \`npm run generate\`. Do not edit.\n\n/** A CommonJS module. */\nexport const threadCode =\n  ${JSON.stringify(outputFiles[0]!.text)};\n`,
  );
}
