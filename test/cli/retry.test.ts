import { describe, expect, test } from "vitest";
import { gatewright } from "../harness/program.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { project } from "./project.ts";

const run = (args: readonly string[], service: string, policies = "{}\n") => {
  const gateway = project["gateway.yaml"].replace(
    'endpoints: ["${env:ORDERS_URL}"]',
    `endpoints: ["http://127.0.0.1:9001"]${service}`,
  );
  return gatewright(args, { cwd: temporaryFolder({ ...project, "gateway.yaml": gateway, "policies.yaml": policies }) });
};

/** What `explain` says of retries. */
const explained = async (service: string, policies?: string): Promise<string[]> => {
  const { code, stdout, stderr } = await run(["explain", "GET /orders"], service, policies);
  expect(code, stderr).toBe(0);
  const lines = stdout.split("\n");
  const at = lines.findIndex((line) => line.startsWith("retries "));
  return at < 0 ? [] : lines.slice(at).map((line) => line.trimEnd());
};

describe("explain", () => {
  test("says when a request is sent again, what it may cost, and what each outcome allows", async () => {
    expect(
      (await explained(", retry: { attempts: 2, perTry: 1s, on: [reset, 503], budget: { ratio: 12.5% } }")).slice(0, 7),
    ).toEqual([
      "retries    up to 2 attempts, each within 1000ms, on reset, 503  (gateway.yaml:11)",
      "           after up to 25ms, doubling to 250ms",
      "           at most 12.5% of the requests and 10/s in each worker",
      "           may be repeated: GET is idempotent (RFC 9110 §9.2.2)",
      "           whatever the method, where it is listed: unsent",
      "           what may be repeated, where it is listed: serverError, overloaded, reset, timeoutHead, protocol",
      "           never: ok, timeoutBody, local, abandoned",
    ]);
  });

  test("says what the operation has of its own, and where it is written", async () => {
    const lines = await explained(", retry: {}", "operations: { listOrders: { retry: { attempts: 5 } } }\n");
    expect(lines[0]).toBe("retries    up to 5 attempts, on unsent, reset, timeoutHead, 500, 502, 503, 504  (gateway.yaml:11)");
    expect(lines.join("\n")).toMatch(/^ +retry\.attempts = 5 {2}.*policies\.yaml:1/m);
    expect((await explained(", retry: {}", "operations: { listOrders: { retry: { attempts: 1 } } }\n"))[0]).toBe(
      "retries    none  (gateway.yaml:11)",
    );
  });

  test("says when an answer is late", async () => {
    const lines = await explained(", hedge: {}");
    expect(lines.slice(0, 3)).toEqual([
      "retries    none  (gateway.yaml:11)",
      "hedge      up to 2 at the same time, where the answer takes longer than 95% of them",
      "           at most 20% of the requests and 10/s in each worker",
    ]);
  });

  test("says what the operation has of its own of late answers", async () => {
    const own = (hedge: string): string => `operations: { listOrders: { hedge: ${hedge} } }\n`;
    const lines = await explained(", hedge: {}", own("{ after: 20ms }"));
    expect(lines[1]).toBe("hedge      up to 2 at the same time, where the answer takes longer than 20ms");
    expect((await explained(", hedge: {}, retry: {}", own("{ attempts: 1 }")))[1]).toBe("hedge      none");
  });

  test("says nothing of a service that sends requests once", async () => expect(await explained("")).toEqual([]));
});

describe("attempts and pauses fit into the time of a request", () => {
  const codes = async (service: string, policies?: string): Promise<{ code: string; message: string; labels: string[] }[]> => {
    const { stdout } = await run(["check", "--format", "json"], service, policies);
    const { diagnostics } = JSON.parse(stdout) as {
      diagnostics: { code: string; message: string; primary: Label; related: Label[] }[];
    };
    const place = ({ file, line }: Label): string => `${file}:${line}`;
    return diagnostics.map(({ code, message, primary, related }) => ({
      code,
      message,
      labels: [primary, ...related].map(place),
    }));
  };

  test("of a service", async () => {
    // 3 s, and 25 ms and 50 ms between them.
    expect(await codes(", retry: { perTry: 1s }, timeout: { response: 3075ms }")).toEqual([]);
    expect((await codes(", retry: { perTry: 1s }, timeout: { response: 3074ms }")).map(({ code }) => code)).toEqual([
      "check/retries-take-longer",
    ]);
  });

  test("of an operation, with the places of both sides", async () => {
    const found = await codes(", retry: { perTry: 1s }", "operations: { listOrders: { timeout: { response: 2s } } }\n");
    expect(found).toEqual([
      {
        code: "check/retries-take-longer",
        message: "3 attempts of 1000ms and the pauses between them take up to 3075ms, and a request has 2000ms.",
        labels: ["gateway.yaml:11", "policies.yaml:1"],
      },
    ]);
    const own = await codes(
      ", retry: { perTry: 1s }, timeout: { response: 4s }",
      "operations: { listOrders: { retry: { attempts: 4 } } }\n",
    );
    expect(own.map(({ labels }) => labels)).toEqual([["policies.yaml:1", "gateway.yaml:11"]]);
  });

  test("what only the environment knows is not judged, and its default is", async () => {
    expect(await codes(', retry: { perTry: 1s }, timeout: { response: "${env:TIME}" }')).toEqual([]);
    expect(await codes(', retry: { perTry: 1s }, timeout: { response: "${env:TIME:-1s}" }')).toHaveLength(1);
  });
});

describe("the time of a service fits into that of a request, which the listener gives", () => {
  const found = async (listener: string, service: string, policies?: string) => {
    const text = project["gateway.yaml"].replace(/public: \{/, `public: { timeouts: { answer: ${listener} },`);
    expect(text).not.toBe(project["gateway.yaml"]);
    const file = text.replace('endpoints: ["${env:ORDERS_URL}"]', `endpoints: ["http://127.0.0.1:9001"]${service}`);
    const folder = temporaryFolder({ ...project, "gateway.yaml": file, "policies.yaml": policies ?? "{}\n" });
    const { stdout } = await gatewright(["check", "--format", "json"], { cwd: folder });
    const { diagnostics } = JSON.parse(stdout) as { diagnostics: { code: string; primary: Label; related: Label[] }[] };
    return diagnostics.map(({ code, primary, related }) => [
      code,
      ...[primary, ...related].map(({ file, line }) => `${file}:${line}`),
    ]);
  };
  const line = project["gateway.yaml"].split("\n").findIndex((one) => one.includes("public: {")) + 1;

  test("as written for the service, as written for an operation, and as it is where nobody wrote it", async () => {
    const code = "check/response-outlasts-listener";
    expect(await found("20s", ", timeout: { response: 20s }")).toEqual([]);
    expect(await found("20s", ", timeout: { response: 21s }")).toEqual([[code, "gateway.yaml:11", `gateway.yaml:${line}`]]);
    // 30s without a word.
    expect(await found("20s", "")).toEqual([[code, "gateway.yaml:11", `gateway.yaml:${line}`]]);
    const own = "operations: { listOrders: { timeout: { response: 25s } } }\n";
    expect(await found("20s", ", timeout: { response: 10s }", own)).toEqual([[code, "policies.yaml:1", `gateway.yaml:${line}`]]);
    const instead =
      ', timeout: { response: 10s }, breaker: {}, fallback: { service: slow } }\n  slow: { endpoints: ["http://127.0.0.1:9002"]';
    expect(await found("20s", instead)).toEqual([[code, "gateway.yaml:12", `gateway.yaml:${line}`]]);
    expect(await found('"${env:TIME}"', "")).toEqual([]);
    expect(await found('"${env:TIME:-5s}"', "")).toHaveLength(1);
  });
});

interface Label {
  readonly file: string;
  readonly line: number;
}
