import { describe, expect, it } from "vitest";
import { renderText } from "../compiler/diagnostics/render/text.ts";
import { checkGateway } from "../compiler/index.ts";
import { exercise } from "./harness/exercise.ts";
import { expectGoldens } from "./harness/golden.ts";
import { findSamples } from "./harness/sample.ts";
import { sampleEnvironment } from "./harness/sample-environment.ts";
import { startCompiled, startInterpreted } from "./harness/subject.ts";

describe.each(findSamples())("$name", (sample) => {
  it("gives the expected diagnostics", async () => {
    const checked = await checkGateway(sample.entry);
    const text = renderText(checked.diagnostics, checked.sources?.files ?? new Map(), { colour: false });
    expectGoldens(sample, text === "" ? new Map() : new Map([["diagnostics.txt", `${text.trimEnd()}\n`]]));
  });
  if (sample.http.length === 0) {
    it("has requests, or diagnostics", () => expect([...sample.expected.keys()]).toEqual(["diagnostics.txt"]));
    return;
  }
  describe("compiled", () => exercise(sample, startCompiled, sampleEnvironment));
  describe("interpreted", () => exercise(sample, startInterpreted, sampleEnvironment));
});
