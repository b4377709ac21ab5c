// What both sides of `node:http` share: words of the protocol, and the checks of headers.
//
// Required as `internal/http_common`.
'use strict';

const { codes } = require('internal/errors');

const METHODS = `ACL BIND CHECKOUT CONNECT COPY DELETE GET HEAD LINK LOCK M-SEARCH MERGE MKACTIVITY MKCALENDAR MKCOL MOVE NOTIFY OPTIONS PATCH POST
  PROPFIND PROPPATCH PURGE PUT QUERY REBIND REPORT SEARCH SOURCE SUBSCRIBE TRACE UNBIND UNLINK UNLOCK UNSUBSCRIBE`.split(/\s+/);

const STATUS_CODES = {
  100: 'Continue', 101: 'Switching Protocols', 102: 'Processing', 103: 'Early Hints',
  200: 'OK', 201: 'Created', 202: 'Accepted', 203: 'Non-Authoritative Information', 204: 'No Content', 205: 'Reset Content',
  206: 'Partial Content', 207: 'Multi-Status', 208: 'Already Reported', 226: 'IM Used',
  300: 'Multiple Choices', 301: 'Moved Permanently', 302: 'Found', 303: 'See Other', 304: 'Not Modified', 305: 'Use Proxy',
  307: 'Temporary Redirect', 308: 'Permanent Redirect',
  400: 'Bad Request', 401: 'Unauthorized', 402: 'Payment Required', 403: 'Forbidden', 404: 'Not Found', 405: 'Method Not Allowed',
  406: 'Not Acceptable', 407: 'Proxy Authentication Required', 408: 'Request Timeout', 409: 'Conflict', 410: 'Gone',
  411: 'Length Required', 412: 'Precondition Failed', 413: 'Payload Too Large', 414: 'URI Too Long', 415: 'Unsupported Media Type',
  416: 'Range Not Satisfiable', 417: 'Expectation Failed', 418: "I'm a Teapot", 421: 'Misdirected Request',
  422: 'Unprocessable Entity', 423: 'Locked', 424: 'Failed Dependency', 425: 'Too Early', 426: 'Upgrade Required',
  428: 'Precondition Required', 429: 'Too Many Requests', 431: 'Request Header Fields Too Large', 451: 'Unavailable For Legal Reasons',
  500: 'Internal Server Error', 501: 'Not Implemented', 502: 'Bad Gateway', 503: 'Service Unavailable', 504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported', 506: 'Variant Also Negotiates', 507: 'Insufficient Storage', 508: 'Loop Detected',
  509: 'Bandwidth Limit Exceeded', 510: 'Not Extended', 511: 'Network Authentication Required',
};

const TOKEN = /^[\^_`a-zA-Z\-0-9!#$%&'*+.|~]+$/;
// eslint-disable-next-line no-control-regex
const INVALID_CHARACTER = /[^\t\x20-\x7e\x80-\xff]/;

const isToken = (text) => TOKEN.test(text);
const hasInvalidCharacter = (value) => INVALID_CHARACTER.test(value);

function validateHeaderName(name, label = 'Header name') {
  if (typeof name !== 'string' || !name || !isToken(name)) throw new codes.ERR_INVALID_HTTP_TOKEN(label, name);
}

function validateHeaderValue(name, value) {
  if (value === undefined) throw new codes.ERR_HTTP_INVALID_HEADER_VALUE(value, name);
  if (hasInvalidCharacter(value)) throw new codes.ERR_INVALID_CHAR('header content', name);
}

// The error of a connection that went away while it was needed.
function connectionReset(message) {
  return Object.assign(new Error(message), { code: 'ECONNRESET' });
}

// The error of a call of the system: `listen`, `connect`, `getaddrinfo`.
function systemError({ code, errno, text, syscall, address, port, hostname }) {
  const place = hostname ?? (port === undefined ? address : `${address}:${port}`);
  const error = new Error(`${syscall} ${code}${syscall === 'listen' ? `: ${text}` : ''}${place ? ` ${place}` : ''}`);
  Object.assign(error, syscall === 'listen' ? { code, errno, syscall } : { errno, code, syscall });
  if (hostname !== undefined) error.hostname = hostname;
  if (address !== undefined) error.address = address;
  if (port !== undefined) error.port = port;
  return error;
}

// The date of now as headers have it, made once a second.
let dateText;
let dateEnds = 0;
function utcDate() {
  const now = Date.now();
  if (now >= dateEnds) {
    dateEnds = now - (now % 1000) + 1000;
    dateText = new Date(now).toUTCString();
  }
  return dateText;
}

// To a channel of diagnostics, if anybody listens.
function publish(channel, message) {
  if (channel.hasSubscribers) channel.publish(message);
}

module.exports = {
  METHODS, STATUS_CODES, isToken, hasInvalidCharacter, validateHeaderName, validateHeaderValue, connectionReset, systemError, utcDate, publish,
};
