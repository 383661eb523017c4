import { describe, expect, it } from "vitest";
import { listedInSlices, type Slice, type SliceChoice, sliceOf } from "../../runtime/upstream/discovery/kubernetes/slices.ts";
import { type KubeSlice, kubePod, kubeSlice } from "../harness/kube-api-server.ts";

/** In one go. */
function allIn(slices: readonly Slice[], choice: SliceChoice) {
  const steps = listedInSlices(slices, choice);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

const listed = (slices: readonly KubeSlice[], choice: SliceChoice = {}) =>
  allIn(
    slices.map((slice) => sliceOf({ ...slice, metadata: { ...slice.metadata, resourceVersion: "1" } }, choice)),
    choice,
  );

const addresses = (slices: readonly KubeSlice[], choice: SliceChoice = {}): unknown[] =>
  listed(slices, choice).map(({ address }) => address);

const conditions = (ready: boolean | null | undefined, serving?: boolean | null, terminating?: boolean | null) => ({
  conditions: { ready, serving, terminating },
});

describe("which endpoints of slices are used", () => {
  it("`ready` that is absent or null means ready", () => {
    const pods = [
      kubePod("10.0.0.1", "1", conditions(true)),
      kubePod("10.0.0.2", "2", conditions(null)),
      kubePod("10.0.0.3", "3", { conditions: undefined }),
      kubePod("10.0.0.4", "4", conditions(false, true, false)),
    ];
    expect(addresses([kubeSlice("a", pods)])).toEqual(["10.0.0.1:8080", "10.0.0.2:8080", "10.0.0.3:8080"]);
  });

  it("traffic row 20: where all are ending, those that still serve are used; where none serves, there is none", () => {
    const ending = [
      kubePod("10.0.0.1", "1", conditions(false, true, true)),
      kubePod("10.0.0.2", "2", conditions(false, true, true)),
      kubePod("10.0.0.3", "3", conditions(false, false, true)),
      // Not ready for the first time: it never served.
      kubePod("10.0.0.4", "4", conditions(false, true, false)),
    ];
    expect(addresses([kubeSlice("a", ending)])).toEqual(["10.0.0.1:8080", "10.0.0.2:8080"]);
    expect(addresses([kubeSlice("a", [...ending, kubePod("10.0.0.5", "5")])])).toEqual(["10.0.0.5:8080"]);
    expect(addresses([kubeSlice("a", ending.slice(2))])).toEqual([]);
    // `serving` that is absent is as `ready` says.
    expect(addresses([kubeSlice("a", [kubePod("10.0.0.1", "1", conditions(false, null, true))])])).toEqual([]);
  });

  it("`publishNotReadyAddresses`: the control plane says ready of what ends as well, and that counts", () => {
    expect(addresses([kubeSlice("a", [kubePod("10.0.0.1", "1", conditions(true, false, true))])])).toEqual(["10.0.0.1:8080"]);
  });

  it("an endpoint in several slices counts once, and as ready where one of them says so", () => {
    const old = kubeSlice("a", [kubePod("10.0.0.1", "1", conditions(false)), kubePod("10.0.0.2", "2")]);
    const moved = kubeSlice("b", [kubePod("10.0.0.1", "1"), kubePod("10.0.0.2", "2", conditions(false))]);
    expect(addresses([old, moved])).toEqual(["10.0.0.1:8080", "10.0.0.2:8080"]);
  });

  it("the first of several addresses of an endpoint is it", () => {
    expect(addresses([kubeSlice("a", [kubePod("x", "1", { addresses: ["10.0.0.1", "10.0.0.9"] }), { addresses: [] }])])).toEqual([
      "10.0.0.1:8080",
    ]);
  });
});

describe("ports", () => {
  const ports = (...all: object[]) => [kubeSlice("a", [kubePod("10.0.0.1", "1")], { ports: all })];

  it("the only one needs no name; of several one is named, which may be another number in each slice", () => {
    const two = ports({ name: "http", port: 8080 }, { name: "metrics", port: 9090, protocol: "TCP" });
    expect(() => addresses(two)).toThrow("the service has several ports (`http`, `metrics`): name one of them with `port`");
    expect(addresses(two, { port: "metrics" })).toEqual(["10.0.0.1:9090"]);
    const other = kubeSlice("b", [kubePod("10.0.0.2", "2")], { ports: [{ name: "metrics", port: 9999, protocol: null }] });
    expect(addresses([...two, other], { port: "metrics" })).toEqual(["10.0.0.1:9090", "10.0.0.2:9999"]);
  });

  it("one that is not there is a failure that names those that are", () => {
    const slices = ports({ name: "http", port: 8080 }, { name: "dns", port: 53, protocol: "UDP" });
    expect(() => addresses(slices, { port: "grpc" })).toThrow("no TCP port `grpc`; it has `http`");
    expect(() => addresses(slices, { port: "dns" })).toThrow("no TCP port `dns`");
    expect(addresses(slices)).toEqual(["10.0.0.1:8080"]);
    // Without endpoints there is nothing to say about ports.
    expect(addresses([kubeSlice("a", [], { ports: [{ name: "http", port: 8080 }] })], { port: "grpc" })).toEqual([]);
  });

  it("without ports, or with any, the port is that of the configuration", () => {
    expect(addresses(ports())).toEqual(["10.0.0.1"]);
    expect(addresses(ports({ name: "", port: null }))).toEqual(["10.0.0.1"]);
    expect(addresses([kubeSlice("a", [kubePod("10.0.0.1", "1")], { ports: null })])).toEqual(["10.0.0.1"]);
  });
});

it("`appProtocol` of the port is the protocol of its endpoints, also in a zone, and a label is not", () => {
  const slices = [
    kubeSlice("a", [kubePod("10.0.0.1", "1", { zone: "eu-1" })], {
      ports: [{ name: "api", port: 1, appProtocol: "kubernetes.io/h2c" }],
    }),
    kubeSlice("b", [kubePod("10.0.0.2", "2")], { ports: [{ name: "api", port: 2 }] }),
  ];
  expect(listed(slices).map(({ address, protocol }) => [address, protocol])).toEqual([
    ["10.0.0.1:1", "kubernetes.io/h2c"],
    ["10.0.0.2:2", ""],
  ]);
});

describe("both families", () => {
  const both = [
    kubeSlice("six", [kubePod("2001:db8::1", "1"), kubePod("2001:db8::2", "2")], { addressType: "IPv6" }),
    kubeSlice("four", [kubePod("10.0.0.1", "1")]),
  ];

  it("a pod that has both counts once, with the IPv4 one; the family that is asked for alone otherwise", () => {
    expect(addresses(both)).toEqual(["[2001:db8::2]:8080", "10.0.0.1:8080"]);
    expect(addresses(both, { addressType: "IPv6" })).toEqual(["[2001:db8::1]:8080", "[2001:db8::2]:8080"]);
    expect(addresses(both, { addressType: "IPv4" })).toEqual(["10.0.0.1:8080"]);
  });
});

describe("zones", () => {
  const hinted = (address: string, zone: string, ...zones: string[]) =>
    kubePod(address, address, { zone, hints: { forZones: zones.map((name) => ({ name })) } });
  const zonesOf = (pods: readonly object[], choice: SliceChoice = {}) =>
    listed([kubeSlice("a", pods)], choice).map(({ zone }) => zone);

  it("are those of the endpoints", () => {
    expect(zonesOf([hinted("10.0.0.1", "a"), kubePod("10.0.0.2", "2")])).toEqual(["a", undefined]);
  });

  it("hints say for which zone an endpoint is, where all have them and one is for that of the gateway", () => {
    const pods = [hinted("10.0.0.1", "a", "b"), hinted("10.0.0.2", "b", "a", "c"), hinted("10.0.0.3", "b", "b")];
    expect(zonesOf(pods, { zone: "b" })).toEqual(["b", "a", "b"]);
    expect(zonesOf(pods, { zone: "c" })).toEqual(["b", "c", "b"]);
    expect(zonesOf(pods, { zone: "d" })).toEqual(["a", "b", "b"]);
    expect(zonesOf([...pods, kubePod("10.0.0.4", "4", { zone: "b" })], { zone: "b" })).toEqual(["a", "b", "b", "b"]);
    expect(zonesOf(pods)).toEqual(["a", "b", "b"]);
  });
});

it("what is no slice is refused, and what in a slice is no endpoint is not one", () => {
  expect(() => sliceOf({ metadata: { name: "a" } }, {})).toThrow("no EndpointSlice");
  expect(() => sliceOf(null, {})).toThrow("no EndpointSlice");
  const slice = sliceOf(
    { metadata: { name: "a", resourceVersion: "1" }, endpoints: [null, 1, { addresses: "x" }], ports: {} },
    {},
  );
  expect(allIn([slice], {})).toEqual([]);
});
