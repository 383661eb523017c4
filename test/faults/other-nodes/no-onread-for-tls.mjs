import { syncBuiltinESMExports } from "node:module";
import tls from "node:tls";

// A Node whose secure sockets read as streams only.
const { TLSSocket } = tls;
tls.TLSSocket = class extends TLSSocket {
  constructor(socket, { onread: _onread, ...options } = {}) {
    super(socket, options);
  }
};
syncBuiltinESMExports();
