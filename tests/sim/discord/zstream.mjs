// One zlib stream over a connection's life, flushed after each frame. Node offers that only
// asynchronously, which would reorder nothing but delay much; this keeps the handle open over
// its synchronous call, as the minizlib package does.
import zlib from "node:zlib";

export class ZStream {
  constructor(make = zlib.createDeflate) { this.z = make(); }

  push(bytes) {
    const { z } = this;
    const handle = z._handle, close = handle.close;
    handle.close = () => {};
    try {
      return z._processChunk(bytes, zlib.constants.Z_SYNC_FLUSH);
    } finally {
      z._handle = handle;
      handle.close = close;
      z.removeAllListeners("error");
    }
  }

  close() { this.z.close(); }
}
