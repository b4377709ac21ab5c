// `Agent`: which connection a request goes over, and which are kept for the next.
//
// A request that waits for a connection gets it in its own context, whoever gives it back.
//
// Required as `internal/http_agent`. Needs of `internal`: `http`, `loop`, `nextTick`.
'use strict';

const EventEmitter = require('node:events');
const { AsyncResource, asyncWrapProviders } = require('node:async_hooks');
const { validate } = require('internal/errors');
const ah = require('internal/async_hooks');
const { Socket } = require('internal/http_socket');
const { connectionReset, systemError } = require('internal/http_common');

const { nextTick } = internal;
const { async_id_symbol } = ah.symbols;

const kOptions = Symbol('requestOptions');
const kResource = Symbol('requestAsyncResource');

function Agent(options) {
  if (!(this instanceof Agent)) return new Agent(options);
  EventEmitter.call(this);
  this.options = { __proto__: null, ...options };
  this.defaultPort = this.options.defaultPort || 80;
  this.protocol = this.options.protocol || 'http:';
  if (this.options.noDelay === undefined) this.options.noDelay = true;
  this.options.path = null;
  this.requests = { __proto__: null };
  this.sockets = { __proto__: null };
  this.freeSockets = { __proto__: null };
  this.keepAliveMsecs = this.options.keepAliveMsecs || 1000;
  this.keepAlive = this.options.keepAlive || false;
  this.maxSockets = this.options.maxSockets || Agent.defaultMaxSockets;
  this.maxFreeSockets = this.options.maxFreeSockets || 256;
  this.scheduling = this.options.scheduling || 'lifo';
  this.maxTotalSockets = this.options.maxTotalSockets;
  this.totalSocketCount = 0;
  validate.oneOf(this.scheduling, 'scheduling', ['fifo', 'lifo']);
  if (this.maxTotalSockets === undefined) this.maxTotalSockets = Infinity;
  else validate.number(this.maxTotalSockets, 'maxTotalSockets', 1);
  this.on('free', (socket, options) => free(this, socket, options));
}
Object.setPrototypeOf(Agent.prototype, EventEmitter.prototype);
Object.setPrototypeOf(Agent, EventEmitter);

Agent.defaultMaxSockets = Infinity;

Agent.prototype.getName = function getName(options = {}) {
  let name = `${options.host || 'localhost'}:${options.port || ''}:${options.localAddress || ''}`;
  if (options.family === 4 || options.family === 6) name += `:${options.family}`;
  if (options.socketPath) name += `:${options.socketPath}`;
  return name;
};

Agent.prototype.addRequest = function addRequest(req, options) {
  options = { __proto__: null, ...options, ...this.options };
  const name = this.getName(options);
  this.sockets[name] ||= [];
  const kept = this.freeSockets[name];
  let socket;
  if (kept) {
    while (kept.length > 0 && kept[0].destroyed) kept.shift();
    socket = this.scheduling === 'fifo' ? kept.shift() : kept.pop();
    if (kept.length === 0) delete this.freeSockets[name];
  }
  const count = (kept?.length ?? 0) + this.sockets[name].length;
  if (socket) {
    resetHandle(socket);
    this.reuseSocket(socket, req);
    setRequestSocket(this, req, socket);
    this.sockets[name].push(socket);
  } else if (count < this.maxSockets && this.totalSocketCount < this.maxTotalSockets) {
    this.createSocket(req, options, (error, made) => {
      if (error) req.onSocket(made, error);
      else setRequestSocket(this, req, made);
    });
  } else {
    this.requests[name] ||= [];
    req[kOptions] = options;
    req[kResource] = new AsyncResource('QueuedRequest');
    this.requests[name].push(req);
  }
};

Agent.prototype.createSocket = function createSocket(req, options, callback) {
  options = { __proto__: null, ...options, ...this.options };
  const timeout = req.timeout || this.options.timeout;
  if (timeout) options.timeout = timeout;
  const name = this.getName(options);
  options._agentKey = name;
  const socket = this.createConnection(options);
  this.sockets[name] ||= [];
  this.sockets[name].push(socket);
  this.totalSocketCount += 1;
  watch(this, socket, options);
  callback(null, socket);
};

Agent.prototype.createConnection = function createConnection(options) {
  return connect(options);
};

Agent.prototype.keepSocketAlive = function keepSocketAlive(socket) {
  socket.unref();
  const { timeout } = this.options;
  if (timeout) socket.setTimeout(timeout);
  return true;
};

Agent.prototype.reuseSocket = function reuseSocket(socket, req) {
  req.reusedSocket = true;
  socket.ref();
};

Agent.prototype.destroy = function destroy() {
  for (const sockets of [...Object.values(this.freeSockets), ...Object.values(this.sockets)]) {
    for (const socket of [...sockets]) socket.destroy();
  }
};

function setRequestSocket(agent, req, socket) {
  req.onSocket(socket);
  const timeout = agent.options.timeout || 0;
  if (req.timeout === undefined || req.timeout === timeout) return;
  socket.setTimeout(req.timeout);
}

// A connection is not needed any more.
function free(agent, socket, options) {
  const name = agent.getName(options);
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const waiting = agent.requests[name];
  if (waiting?.length > 0) {
    const req = waiting.shift();
    const resource = req[kResource];
    req[kResource] = undefined;
    if (resource) {
      resource.runInAsyncScope(() => {
        resetHandle(socket);
        setRequestSocket(agent, req, socket);
      });
    } else {
      setRequestSocket(agent, req, socket);
    }
    if (waiting.length === 0) delete agent.requests[name];
    return;
  }
  const req = socket._httpMessage;
  const kept = agent.freeSockets[name] || [];
  const count = kept.length + (agent.sockets[name]?.length ?? 0);
  const isFull = agent.totalSocketCount > agent.maxTotalSockets || count > agent.maxSockets || kept.length >= agent.maxFreeSockets;
  if (!req?.shouldKeepAlive || !agent.keepAlive || isFull || !agent.keepSocketAlive(socket)) {
    socket.destroy();
    return;
  }
  agent.freeSockets[name] = kept;
  socket[async_id_symbol] = -1;
  socket._httpMessage = null;
  agent.removeSocket(socket, options);
  kept.push(socket);
}

function watch(agent, socket, options) {
  socket.on('free', () => agent.emit('free', socket, options));
  socket.on('close', () => {
    agent.totalSocketCount -= 1;
    agent.removeSocket(socket, options);
  });
  socket.on('timeout', () => {
    if (Object.values(agent.freeSockets).some((kept) => kept.includes(socket))) socket.destroy();
  });
}

Agent.prototype.removeSocket = function removeSocket(socket, options) {
  const name = this.getName(options);
  for (const set of socket.writable ? [this.sockets] : [this.sockets, this.freeSockets]) {
    const at = set[name]?.indexOf(socket) ?? -1;
    if (at === -1) continue;
    set[name].splice(at, 1);
    if (set[name].length === 0) delete set[name];
  }
  const next = nextInNeed(this, name, options);
  if (next === undefined) return;
  const [req, its] = next;
  req[kOptions] = undefined;
  this.createSocket(req, its, (error, made) => {
    if (error) req.onSocket(null, error);
    else made.emit('free');
  });
};

// Who waits for a connection that nobody will give back.
function nextInNeed(agent, name, options) {
  if (agent.requests[name]?.length > 0) return [agent.requests[name][0], options];
  for (const other of Object.keys(agent.requests)) {
    if (agent.sockets[other]?.length > 0) return undefined;
    const [req] = agent.requests[other];
    return [req, req[kOptions]];
  }
  return undefined;
}

// ---- Connecting --------------------------------------------------------------------------------------------------------

class TCP {}
class TCPConnectWrap {}
class GetAddrInfoReqWrap {}

// A connection that is used again is another resource: what is told on it is told in the context of who uses it.
class ReusedHandle {
  constructor(type, handle) {
    this.type = type;
    this.handle = handle;
  }
}

function resetHandle(socket) {
  socket._resource = new ReusedHandle(asyncWrapProviders.TCPWRAP, socket._handle);
  internal.loop.renewRequest(socket._request, socket._resource, 'TCPWRAP');
  socket[async_id_symbol] = socket._resource[async_id_symbol];
}

const EVENTS = {
  end: (socket) => socket._ended(),
  closed: (socket) => socket._emitClose(),
};

// A connection that is being made.
function connect(options) {
  const socket = new Socket();
  socket.connecting = true;
  const handle = new TCP();
  socket._request = internal.loop.openRequest(handle, 'TCPWRAP', (event, ...args) => EVENTS[event](socket, ...args));
  socket._handle = socket._resource = handle;
  socket[async_id_symbol] = handle[async_id_symbol];
  if (options.timeout) socket.setTimeout(options.timeout);
  const to = { host: String(options.host || 'localhost'), port: +options.port, local: options.localAddress ?? '' };
  const host = to.host.replace(/^\[(.*)\]$/, '$1');
  if (/^[\d.]+$|:/.test(host)) {
    triggeredBy(socket, nextTick, () => socket.connecting && triggeredBy(socket, dial, socket, [host], to));
  } else {
    const family = options.family === 4 || options.family === 6 ? options.family : 0;
    triggeredBy(socket, lookUp, socket, host, family, to);
  }
  return socket;
}

const triggeredBy = (socket, fn, ...args) => ah.defaultTriggerAsyncIdScope(socket[async_id_symbol], fn, ...args);

function lookUp(socket, host, family, to) {
  const number = internal.loop.openRequest(new GetAddrInfoReqWrap(), 'GETADDRINFOREQWRAP', (addresses, failure) => {
    if (!socket.connecting) return;
    if (addresses.length > 0) triggeredBy(socket, dial, socket, addresses, to);
    else socket._ended(systemError({ ...failure, syscall: 'getaddrinfo', hostname: host }));
  });
  internal.http.lookup(number, host, family);
}

function dial(socket, addresses, { port, local }) {
  const number = internal.loop.openRequest(new TCPConnectWrap(), 'TCPCONNECTWRAP', (failures, connection, places) => {
    if (connection === undefined) socket._ended(failureOf(failures));
    else connected(socket, connection, places);
  });
  socket._dialing = number;
  internal.http.connect(number, socket._request, addresses, port, local);
}

function connected(socket, connection, places) {
  socket.connecting = false;
  if (socket.destroyed) {
    internal.http.destroyConnection(connection);
    return;
  }
  socket._connection = connection;
  socket._setAddresses(places);
  socket._touch();
  socket.emit('connect');
  socket._httpMessage?._connected(socket);
  socket.emit('ready');
}

function failureOf(failures) {
  if (failures.length === 0) return connectionReset('socket hang up');
  const errors = failures.map((failure) => systemError({ ...failure, syscall: 'connect' }));
  return errors.length === 1 ? errors[0] : Object.assign(new AggregateError(errors), { code: errors[0].code });
}

module.exports = {
  Agent,
  connect,
  globalAgent: new Agent({ keepAlive: true, scheduling: 'lifo', timeout: 5000 }),
};
