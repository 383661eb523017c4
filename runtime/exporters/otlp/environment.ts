import { StartError } from "../../life/start-error.ts";

export type OtlpSignal = "traces" | "metrics";

/** What the variables of the OpenTelemetry specification say. */
export interface OtlpEnvironment {
  /** `OTEL_SERVICE_NAME`. */
  readonly serviceName: string | undefined;
  /** `OTEL_RESOURCE_ATTRIBUTES`. */
  readonly attributes: readonly (readonly [key: string, value: string])[];
  /** The variable that says that nothing is sent of a signal; undefined: none does. */
  switchedOffBy(signal: OtlpSignal): string | undefined;
  /** Where a signal goes: its own variable as it is, or the common one with the path of the signal. */
  url(signal: OtlpSignal): string | undefined;
  headers(signal: OtlpSignal): readonly { readonly name: string; readonly value: string }[];
  /** Milliseconds. */
  timeout(signal: OtlpSignal): number | undefined;
  protocol(signal: OtlpSignal): "protobuf" | "json" | undefined;
  compression(signal: OtlpSignal): "gzip" | "none" | undefined;
}

/** Reads them when it is asked; throws a `StartError` that names the variable whose value is of no use. An empty one is not set. */
export function otlpEnvironment(environment: NodeJS.ProcessEnv): OtlpEnvironment {
  const read = (name: string): { readonly name: string; readonly value: string } | undefined =>
    environment[name] ? { name, value: environment[name] } : undefined;
  const of = (signal: OtlpSignal, what: string) =>
    read(`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_${what}`) ?? read(`OTEL_EXPORTER_OTLP_${what}`);
  return {
    serviceName: read("OTEL_SERVICE_NAME")?.value,
    attributes: pairsOf(read("OTEL_RESOURCE_ATTRIBUTES")),
    switchedOffBy(signal) {
      const all = read("OTEL_SDK_DISABLED");
      // Whatever else it says means no, as the specification has it.
      if (all?.value.toLowerCase() === "true") return all.name;
      const own = read(`OTEL_${signal.toUpperCase()}_EXPORTER`);
      if (own === undefined || own.value === "otlp") return undefined;
      if (own.value === "none") return own.name;
      throw unusable(
        own.name,
        `is \`${own.value}\`, and the gateway has no such exporter`,
        "Set `otlp` or `none`, or unset it; or write `url` in gateway.yaml.",
      );
    },
    url(signal) {
      const own = read(`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`);
      if (own !== undefined) return checkedUrl(own);
      const common = read("OTEL_EXPORTER_OTLP_ENDPOINT");
      return common === undefined ? undefined : urlBelow(checkedUrl(common), signal);
    },
    headers(signal) {
      const found = of(signal, "HEADERS");
      const variable = found?.name ?? "";
      return pairsOf(found).map(([name, value]) => ({
        name: checkedName(name, variable),
        value: checkedValue(value, name, variable),
      }));
    },
    timeout(signal) {
      const found = of(signal, "TIMEOUT");
      if (found === undefined) return undefined;
      if (/^\d{1,9}$/.test(found.value) && Number(found.value) > 0) return Number(found.value);
      throw unusable(found.name, "is no number of milliseconds", "Set one like 10000, or unset it.");
    },
    protocol(signal) {
      const found = of(signal, "PROTOCOL");
      if (found === undefined) return undefined;
      if (found.value === "http/protobuf") return "protobuf";
      if (found.value === "http/json") return "json";
      throw unusable(
        found.name,
        `is \`${found.value}\`, which the gateway does not speak`,
        "Set `http/protobuf` or `http/json`, with the port of OTLP over HTTP, which is 4318; or write `protocol` in gateway.yaml.",
      );
    },
    compression(signal) {
      const found = of(signal, "COMPRESSION");
      if (found === undefined) return undefined;
      if (found.value === "gzip" || found.value === "none") return found.value;
      throw unusable(found.name, `is \`${found.value}\``, "Set `gzip` or `none`, or unset it.");
    },
  };
}

/** As the specification of OTLP says it of a common endpoint: whether it ends in a slash or not. */
export const urlBelow = (base: string, signal: OtlpSignal): string => {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/$/, "")}/v1/${signal}`;
  return url.href;
};

function checkedUrl({ name, value }: { readonly name: string; readonly value: string }): string {
  if (isCallable(value)) return value;
  // What it holds may be a password.
  throw unusable(
    name,
    "is no URL that can be called",
    "Set one like http://collector:4318, without user and password, which go into OTEL_EXPORTER_OTLP_HEADERS.",
  );
}

/** `http` or `https`, without user and password. */
export function isCallable(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === "" && password === "";
}

/** `key=value,key=value`, values percent-encoded (W3C Baggage §3.2.1, without properties). */
function pairsOf(found: { readonly name: string; readonly value: string } | undefined): [string, string][] {
  if (found === undefined) return [];
  return found.value
    .split(",")
    .filter((pair) => pair.trim() !== "")
    .map((pair, index) => {
      const at = pair.indexOf("=");
      const [key, text] = [pair.slice(0, Math.max(0, at)).trim(), pair.slice(at + 1).trim()];
      try {
        if (key !== "") return [decodeURIComponent(key), decodeURIComponent(text)];
      } catch {
        // Told below, as every other fault.
      }
      throw unusable(
        found.name,
        `has an entry, number ${index + 1}, that cannot be read`,
        "Write `key=value` with commas between, and commas, equals signs and percent signs in values percent-encoded.",
      );
    });
}

function checkedName(name: string, variable: string): string {
  if (/^[\w!#$%&'*+.^`|~-]+$/.test(name)) return name.toLowerCase();
  throw unusable(variable, `has \`${name}\`, which is no name of a header field`, "Correct it, or unset the variable.");
}

/** No control characters (RFC 9110 §5.5), which would end the field; the value itself is never told. */
function checkedValue(value: string, name: string, variable: string): string {
  if (/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return value;
  throw unusable(variable, `has a value for \`${name}\` that no header field can have`, "Correct it.");
}

const unusable = (name: string, what: string, remedy: string): StartError =>
  new StartError(`environment variable ${name} ${what}. ${remedy}`);
