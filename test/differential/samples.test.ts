import { expect, test } from "vitest";
import { checkGateway } from "../../compiler/index.ts";
import { Pair } from "./pair.ts";
import { environmentNames, projectEnvironment, projects } from "./projects.ts";

test.each(projects)("$name: compiled equals interpreted", async (project) => {
  const { ir } = await checkGateway(project.entry);
  const pair = await Pair.start(project, (urls) => projectEnvironment(ir!, urls));
  try {
    await pair.expectAgreement(ir!, 40);
  } finally {
    await pair.stop();
  }
  expect(environmentNames(ir!)).toContain("PORT");
});
