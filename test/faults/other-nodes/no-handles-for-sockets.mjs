import { syncBuiltinESMExports } from "node:module";
import net from "node:net";

// A Node whose sockets cannot have both a handle and a place to read to.
const { Socket } = net;
net.Socket = class extends Socket {
  constructor({ handle, onread, ...options } = {}) {
    const isBoth = handle !== undefined && onread !== undefined;
    super(isBoth ? options : { handle, onread, ...options });
  }
};
syncBuiltinESMExports();
