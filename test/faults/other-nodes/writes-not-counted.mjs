import { syncBuiltinESMExports } from "node:module";
import stream from "node:stream";

// A Node that does not count what is being written.
const { Duplex } = stream;
stream.Duplex = function (options) {
  // As classes of Node call it.
  if (new.target === undefined) return Duplex.call(this, options);
  return Object.defineProperty(new Duplex(options), "writableLength", { get: () => 0 });
};
syncBuiltinESMExports();
