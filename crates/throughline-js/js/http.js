// `node:http`.
//
// What hyper, which reads and writes the messages, does otherwise than Node: names of headers come in title case in `rawHeaders` and on the wire, whatever case
// they were given in; `upgrade` and `connect` events, `writeEarlyHints` and writing to `req.socket` are not there.
'use strict';

const { METHODS, STATUS_CODES, validateHeaderName, validateHeaderValue } = require('internal/http_common');
const { IncomingMessage } = require('internal/http_incoming');
const { OutgoingMessage } = require('internal/http_outgoing');
const { Server, ServerResponse } = require('internal/http_server');
const { ClientRequest } = require('internal/http_client');
const agents = require('internal/http_agent');
const { codes } = require('internal/errors');

function request(url, options, callback) {
  return new ClientRequest(url, options, callback);
}

function get(url, options, callback) {
  const req = request(url, options, callback);
  req.end();
  return req;
}

module.exports = {
  Agent: agents.Agent,
  ClientRequest,
  IncomingMessage,
  METHODS,
  OutgoingMessage,
  STATUS_CODES,
  Server,
  ServerResponse,
  createServer: (options, listener) => new Server(options, listener),
  get,
  maxHeaderSize: 16 * 1024,
  request,
  validateHeaderName: (name, label) => validateHeaderName(name, label),
  validateHeaderValue: (name, value) => validateHeaderValue(name, value),
};

Object.defineProperty(module.exports, 'globalAgent', {
  configurable: true,
  enumerable: true,
  get: () => agents.globalAgent,
  set(agent) {
    if (typeof agent?.addRequest !== 'function') throw new codes.ERR_INVALID_ARG_TYPE('agent', 'Agent-like Object', agent);
    agents.globalAgent = agent;
  },
});
