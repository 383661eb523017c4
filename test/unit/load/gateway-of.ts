/** A gateway whose only API is the given spec. */
export const gatewayOf = (spec: string): string => `gateway: corpus
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
apis:
  api: { service: origin, versions: { v1: { spec: ${JSON.stringify(spec)} } } }
services:
  origin: { endpoints: ["http://127.0.0.1:9001"] }
`;
