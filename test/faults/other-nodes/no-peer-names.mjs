import { connect } from "node:net";

// A Node whose handles do not give the name of their peer.
const socket = connect({ host: "127.0.0.1", port: 1 });
delete Object.getPrototypeOf(socket._handle).getpeername;
socket.destroy();
