import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe } from "vitest";
import { exercise } from "../harness/exercise.ts";
import { parseHttpFile } from "../harness/http-file.ts";
import { repository } from "../harness/sample.ts";
import { startCompiled, startInterpreted } from "../harness/subject.ts";

/**
 * What clients of the frameworks send and what the frameworks answer: nothing of it may be refused. Beside it stands what
 * each document forbids.
 */
describe.each(["fastapi", "nestjs", "spring", "go"])("example %s", (name) => {
  const file = `${name}.http`;
  const path = join(repository, "test/examples/frameworks", file);
  const folder = join(repository, "examples", name);
  const cases = parseHttpFile(readFileSync(path, "utf8"), path);
  const project = { folder, entry: join(folder, "gateway.yaml"), http: [{ file, cases }] };
  const environmentOf = ([url = ""]: readonly string[]): Record<string, string> => ({ PORT: "0", API_URL: url });
  describe("compiled", () => exercise(project, startCompiled, environmentOf));
  describe("interpreted", () => exercise(project, startInterpreted, environmentOf));
});
