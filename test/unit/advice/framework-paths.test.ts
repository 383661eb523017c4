import { describe, expect, it } from "vitest";
import { frameworkParameter } from "../../../compiler/phases/2-link/framework-paths.ts";
import { compileProject } from "../../harness/compile-project.ts";

describe("parameters as frameworks write them", () => {
  it.each<[path: string, text: string, isMany: boolean, source: string]>([
    ["/files/{path:path}", "{path:path}", true, "Starlette path convertors"],
    ["/a/{p:.+}", "{p:.+}", true, "JAX-RS @Path"],
    ["/a/{id:[0-9]{3}}", "{id:[0-9]{3}}", false, "Spring URI template with a regular expression"],
    ["/a/{id:int}", "{id:int}", false, "ASP.NET route constraints"],
    ["/d/{*rest}", "{*rest}", true, "Spring PathPattern"],
    ["/d/{**rest}", "{**rest}", true, "ASP.NET catch-all"],
    ["/d/{rest...}", "{rest...}", true, "Go ServeMux"],
    ["/d/{proxy+}", "{proxy+}", true, "API Gateway"],
    ["/d/{+path}", "{+path}", true, "RFC 6570 §3.2.3"],
    ["/v1/{name=shelves/*}", "{name=shelves/*}", true, "google.api.http"],
    ["/files/{*}", "{*}", true, "Fastify's wildcard"],
    ["/users/glob/**", "**", true, "Ant patterns of Spring"],
    ["/files/*", "*", true, "huma on chi"],
    ["/files/*filepath", "*filepath", true, "gin"],
    ["/users/:id", ":id", false, "Express"],
    ["/users/:id(\\d+)", ":id(\\d+)", false, "Express with an expression"],
    ["/f/<int:n>", "<int:n>", false, "Flask converters"],
    ["/f/<path:p>", "<path:p>", true, "Django path converters"],
    ["/f/<name>", "<name>", false, "Flask"],
  ])("%s: %s, several segments: %s (%s)", (path, text, isMany) => {
    expect(frameworkParameter(path)).toMatchObject({ text, isMany });
  });

  it.each([
    "/items:batchGet",
    "/items/{id}:cancel",
    "/a/{id}",
    "/a/{from}-{to}",
    "/a*b",
    "/2*2",
    "/a/:",
    "/a/b:c",
    "/(a)",
    "/{a}{b}",
  ])("%s is OpenAPI", (path) => expect(frameworkParameter(path)).toBeUndefined());

  it("is one warning, which says what to write, and not that the strange name is undeclared", async () => {
    const openapi = {
      openapi: "3.0.3",
      info: { title: "Files", version: "1" },
      paths: {
        "/files/{path:path}": {
          get: {
            operationId: "getFile",
            parameters: [{ name: "path", in: "path", required: true, schema: { type: "string" } }],
            responses: { "200": { description: "ok" } },
          },
        },
      },
    };
    const { diagnostics } = await compileProject(
      new Map([
        ["openapi.json", JSON.stringify(openapi)],
        [
          "gateway.yaml",
          "gateway: files\ncompatibility: 2026-12-01\nlisteners: { public: { port: 8080 } }\n" +
            "services: { files: { endpoints: [http://127.0.0.1:9001] } }\npolicies: { public: sample }\n" +
            "apis: { files: { service: files, versions: { v1: { spec: openapi.json } } } }\n",
        ],
      ]),
    );
    expect(diagnostics.map(({ code }) => code)).toEqual(["link/framework-path-syntax"]);
    expect(diagnostics[0]!.message).toContain("FastAPI");
    expect(diagnostics[0]!.help).toContain("Write `{path}` in its place");
    expect(diagnostics[0]!.help).toContain("`segments: many`");
  });
});
