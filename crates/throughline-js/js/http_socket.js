// A connection, as `req.socket` shows it. The bytes are hyper's: who it is with, whether it lives, and its end are here.
//
// Required as `internal/http_socket`. Needs of `internal`: `http`, `loop`, `nextTick`.
'use strict';

const EventEmitter = require('node:events');
const { codes, validate } = require('internal/errors');

class Socket extends EventEmitter {
  constructor() {
    super();
    // Its number at the host, and that of the request that tells of it.
    this._connection = undefined;
    this._request = undefined;
    this._handle = null;
    this._dialing = undefined;
    this._httpMessage = null;
    this._hadError = false;
    this.connecting = false;
    this.destroyed = false;
    this.closed = false;
    this.errored = null;
    this.readable = true;
    this.writable = true;
    this.bytesRead = 0;
    this.bytesWritten = 0;
    this.timeout = undefined;
    this._timer = undefined;
  }

  _setAddresses([local, localPort, remote, remotePort]) {
    const family = (address) => (address.includes(':') ? 'IPv6' : 'IPv4');
    this.localAddress = local;
    this.localPort = localPort;
    this.localFamily = family(local);
    this.remoteAddress = remote;
    this.remotePort = remotePort;
    this.remoteFamily = family(remote);
  }

  get readyState() {
    if (this.connecting) return 'opening';
    return this.destroyed ? 'closed' : 'open';
  }

  get pending() {
    return this._connection === undefined;
  }

  address() {
    if (this.localAddress === undefined) return {};
    return { address: this.localAddress, port: this.localPort, family: this.localFamily };
  }

  // How much is on its way; the host's own buffer counts with the message that fills it.
  get writableLength() {
    return this._httpMessage?._pendingBytes ?? 0;
  }

  write() {
    throw new codes.ERR_METHOD_NOT_IMPLEMENTED('socket.write()');
  }

  end() {
    return this.destroy();
  }

  destroySoon() {
    this.writable = false;
    // The host closes it once what was written is out.
    if (this._connection === undefined) this.destroy();
    else internal.http.finishConnection(this._connection);
  }

  // Ends it, whatever is under way. `close` comes from the loop, after what the host has told already.
  destroy(error) {
    if (!this._begin(error)) return this;
    if (error) internal.nextTick(() => this.emit('error', error));
    internal.loop.refRequest(this._request, true);
    internal.http.tellClosed(this._request);
    if (this._connection !== undefined) internal.http.destroyConnection(this._connection);
    else this._stopDialing();
    return this;
  }

  resetAndDestroy() {
    return this.destroy();
  }

  _stopDialing() {
    if (this._dialing === undefined) return;
    internal.http.cancelConnect(this._dialing);
    internal.loop.closeRequest(this._dialing);
  }

  // The host says that it has ended.
  _ended(error) {
    if (!this._begin(error)) return;
    internal.nextTick(() => {
      if (error) this.emit('error', error);
      this._emitClose();
    });
  }

  _begin(error) {
    if (this.destroyed) return false;
    this.destroyed = true;
    this.connecting = false;
    this.readable = this.writable = false;
    this.errored = error ?? null;
    this.setTimeout(0);
    this._onDestroy?.();
    return true;
  }

  _emitClose() {
    this.closed = true;
    internal.loop.closeRequest(this._request);
    this.emit('close', this.errored !== null);
  }

  setTimeout(msecs, callback) {
    validate.number(msecs, 'msecs', 0);
    this.timeout = msecs;
    clearTimeout(this._timer);
    this._timer = msecs > 0 ? setTimeout(() => this.emit('timeout'), msecs).unref() : undefined;
    if (callback !== undefined) {
      validate.function(callback, 'callback');
      if (msecs > 0) this.once('timeout', callback);
      else this.removeListener('timeout', callback);
    }
    return this;
  }

  // Something went over it.
  _touch() {
    this._timer?.refresh();
  }

  setNoDelay() {
    return this;
  }

  setKeepAlive() {
    return this;
  }

  pause() {
    return this;
  }

  resume() {
    return this;
  }

  cork() {}

  uncork() {}

  ref() {
    internal.loop.refRequest(this._request, true);
    return this;
  }

  unref() {
    if (!this.destroyed) internal.loop.refRequest(this._request, false);
    return this;
  }
}

module.exports = { Socket };
