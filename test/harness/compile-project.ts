import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Checked, checkGateway, type Diagnostic } from "../../compiler/index.ts";

/** Writes a project into a folder of its own, checks it and says what was found, in the order of the output. */
export async function compileProject(
  files: ReadonlyMap<string, string>,
): Promise<{ readonly codes: readonly string[]; readonly diagnostics: readonly Diagnostic[]; readonly ir: Checked["ir"] }> {
  const folder = mkdtempSync(join(tmpdir(), "gatewright-"));
  try {
    for (const [path, text] of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const { diagnostics, ir } = await checkGateway(join(folder, "gateway.yaml"));
    return { codes: diagnostics.map(({ code }) => code), diagnostics, ir };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
