import { describe, expect, test } from "vitest";
import { type OtlpEnvironment, otlpEnvironment } from "../../../runtime/exporters/otlp/environment.ts";
import { sourceOf } from "../../../runtime/exporters/otlp/resource.ts";
import { StartError } from "../../../runtime/life/start-error.ts";

const read = (variables: Readonly<Record<string, string>>): OtlpEnvironment => otlpEnvironment(variables);

describe("OTEL_… variables, as OpenTelemetry's “OTLP Exporter Configuration” says", () => {
  test.each([
    ["http://collector:4318", "http://collector:4318/v1/traces"],
    ["http://collector:4318/", "http://collector:4318/v1/traces"],
    ["https://example.com/tenant", "https://example.com/tenant/v1/traces"],
    ["https://example.com/tenant/?key=1", "https://example.com/tenant/v1/traces?key=1"],
  ])("the path of the signal is appended to the common endpoint %s", (OTEL_EXPORTER_OTLP_ENDPOINT, expected) => {
    expect(read({ OTEL_EXPORTER_OTLP_ENDPOINT }).url("traces")).toBe(expected);
  });

  test("the endpoint of a signal is taken as it is, and goes first", () => {
    const { url } = read({
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318",
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://jaeger:4318/",
    });
    expect([url("traces"), url("metrics")]).toEqual(["http://jaeger:4318/", "http://collector:4318/v1/metrics"]);
  });

  test("an empty variable is not set", () => {
    const environment = read({
      OTEL_EXPORTER_OTLP_ENDPOINT: "",
      OTEL_EXPORTER_OTLP_TIMEOUT: "",
      OTEL_EXPORTER_OTLP_HEADERS: "",
      OTEL_SERVICE_NAME: "",
    });
    const { url, timeout, headers, serviceName } = environment;
    expect([url("traces"), timeout("traces"), headers("traces"), serviceName]).toEqual([undefined, undefined, [], undefined]);
  });

  test("what switches exports off, as a whole or of one signal", () => {
    const off = (variables: Readonly<Record<string, string>>): unknown => {
      const { switchedOffBy } = read(variables);
      return [switchedOffBy("traces"), switchedOffBy("metrics")];
    };
    expect(off({})).toEqual([undefined, undefined]);
    expect(off({ OTEL_SDK_DISABLED: "True" })).toEqual(["OTEL_SDK_DISABLED", "OTEL_SDK_DISABLED"]);
    expect(off({ OTEL_SDK_DISABLED: "1" })).toEqual([undefined, undefined]);
    expect(off({ OTEL_TRACES_EXPORTER: "none", OTEL_METRICS_EXPORTER: "otlp" })).toEqual(["OTEL_TRACES_EXPORTER", undefined]);
    expect(() => off({ OTEL_METRICS_EXPORTER: "prometheus" })).toThrow(
      /variable OTEL_METRICS_EXPORTER is `prometheus`, and the gateway has no such exporter\. Set `otlp` or `none`/,
    );
  });

  test("headers are pairs, percent-encoded; those of a signal go first", () => {
    const { headers } = read({
      OTEL_EXPORTER_OTLP_HEADERS: "Authorization=Bearer%20a%2Cb=, x-tenant = shop ,",
      OTEL_EXPORTER_OTLP_METRICS_HEADERS: "x-tenant=metrics",
    });
    expect(headers("traces")).toEqual([
      { name: "authorization", value: "Bearer a,b=" },
      { name: "x-tenant", value: "shop" },
    ]);
    expect(headers("metrics")).toEqual([{ name: "x-tenant", value: "metrics" }]);
  });

  test("a header that cannot be one is told by the variable that has it, without its value", () => {
    const { headers } = read({ OTEL_EXPORTER_OTLP_TRACES_HEADERS: "a b=1", OTEL_EXPORTER_OTLP_HEADERS: "key=secret%0Aword" });
    expect(() => headers("traces")).toThrow(/variable OTEL_EXPORTER_OTLP_TRACES_HEADERS has `a b`/);
    expect(() => headers("metrics")).toThrow(/variable OTEL_EXPORTER_OTLP_HEADERS has a value for `key` (?!.*word)/);
  });

  test("timeout, protocol and compression", () => {
    const { timeout, protocol, compression } = read({
      OTEL_EXPORTER_OTLP_TIMEOUT: "2500",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/protobuf",
      OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
    });
    expect([timeout("traces"), protocol("traces"), protocol("metrics"), compression("metrics")]).toEqual([
      2_500,
      "protobuf",
      "json",
      "gzip",
    ]);
  });

  const ask: Readonly<Record<string, (environment: OtlpEnvironment) => unknown>> = {
    ENDPOINT: ({ url }) => url("traces"),
    TRACES_ENDPOINT: ({ url }) => url("traces"),
    HEADERS: ({ headers }) => headers("traces"),
    TIMEOUT: ({ timeout }) => timeout("traces"),
    PROTOCOL: ({ protocol }) => protocol("traces"),
    COMPRESSION: ({ compression }) => compression("traces"),
  };
  test.each([
    ["ENDPOINT", "collector:4318", "is no URL that can be called. Set one like http://collector:4318"],
    ["ENDPOINT", "http://me:secret@collector:4318", "is no URL that can be called. Set one like http://collector:4318"],
    ["TRACES_ENDPOINT", "ftp://collector", "is no URL that can be called."],
    ["HEADERS", "secret", "has an entry, number 1, that cannot be read. Write `key=value`"],
    ["HEADERS", "a=1,b=%zz", "has an entry, number 2, that cannot be read."],
    ["HEADERS", "a b=1", "has `a b`, which is no name of a header field"],
    ["HEADERS", "a=secret%0d%0ab", "has a value for `a` that no header field can have."],
    ["TIMEOUT", "10s", "is no number of milliseconds. Set one like 10000"],
    ["TIMEOUT", "0", "is no number of milliseconds."],
    ["PROTOCOL", "grpc", "is `grpc`, which the gateway does not speak. Set `http/protobuf` or `http/json`"],
    ["COMPRESSION", "zstd", "is `zstd`. Set `gzip` or `none`"],
  ])("a bad %s (%s) stops the start with a message that names the variable, and never a secret", (name, value, message) => {
    const variable = `OTEL_EXPORTER_OTLP_${name}`;
    const found = (): unknown => ask[name]!(read({ [variable]: value }));
    expect(found).toThrow(StartError);
    expect(found).toThrow(`environment variable ${variable} ${message}`);
    expect(found).not.toThrow(/secret/);
  });

  test("resource attributes that cannot be read stop the start too", () => {
    expect(() => read({ OTEL_RESOURCE_ATTRIBUTES: "service.name" })).toThrow(
      "environment variable OTEL_RESOURCE_ATTRIBUTES has an entry, number 1, that cannot be read.",
    );
  });
});

describe("the resource", () => {
  const config = { gateway: "shop", version: "1.2.3", attributes: [] } as const;
  const attributesOf = (
    own: readonly { readonly key: string; readonly value: string }[],
    variables: Readonly<Record<string, string>>,
  ): ReadonlyMap<string, string> => {
    const name = { name: "collector", option: "exporters.collector.otlp", from: "gateway.yaml:5" };
    const rest = {
      queue: { items: 1, bytes: 1, ageMs: 1, full: "dropOldest" },
      batch: { items: 1, delayMs: 1 },
      concurrency: 1,
    } as const;
    const { attributes } = sourceOf({ ...config, ...name, ...rest, attributes: own }, read(variables));
    return new Map(attributes.map(({ key, value }) => [key, value]));
  };

  test("is the gateway by its name, with an id of this process, and says what made it", () => {
    const attributes = attributesOf([], {});
    expect([...attributes.keys()]).toEqual([
      "service.name",
      "service.instance.id",
      "telemetry.sdk.name",
      "telemetry.sdk.language",
      "telemetry.sdk.version",
    ]);
    expect([attributes.get("service.name"), attributes.get("telemetry.sdk.name")]).toEqual(["shop", "gatewright"]);
    expect(attributes.get("service.instance.id")).toMatch(/^[\da-f-]{36}$/);
  });

  test.each([
    [[], { OTEL_RESOURCE_ATTRIBUTES: "service.name=list" }, "list"],
    [[], { OTEL_RESOURCE_ATTRIBUTES: "service.name=list", OTEL_SERVICE_NAME: "own" }, "own"],
    [[{ key: "service.name", value: "written" }], { OTEL_SERVICE_NAME: "own" }, "written"],
  ])("has the name of who goes first: %j %j", (own, variables, expected) => {
    expect(attributesOf(own, variables).get("service.name")).toBe(expected);
  });

  test("has the attributes of the environment, and those that are written instead of them", () => {
    const attributes = attributesOf([{ key: "zone", value: "b" }], { OTEL_RESOURCE_ATTRIBUTES: "zone=a,release=1%2C5" });
    expect([attributes.get("zone"), attributes.get("release")]).toEqual(["b", "1,5"]);
  });
});
