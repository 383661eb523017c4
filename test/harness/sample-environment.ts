/** What samples may read from the environment: the service's URL, ports, and the keys of three consumers. */
export const sampleEnvironment = (upstream: string): Readonly<Record<string, string>> => ({
  PORT: "0",
  UPSTREAM: upstream,
  ACME_KEY: "acme-key-for-tests-0001",
  ZENITH_KEY: "zenith-key-for-tests-0001",
  WIDGET_KEY: "widget-key-for-tests-0001",
});
