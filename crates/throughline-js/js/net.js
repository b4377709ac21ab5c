// `node:net`, as far as programs ask what an address is.
'use strict';

const { validate } = require('internal/errors');

const BYTE = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const IPV4 = `${BYTE}(?:\\.${BYTE}){3}`;
const WORD = '[0-9a-fA-F]{1,4}';
const isV4 = new RegExp(`^${IPV4}$`);
const isWord = new RegExp(`^${WORD}$`);

const isIPv4 = (text) => isV4.test(`${text}`);

// At most eight words, of which `::` may stand for some; the last two may be written as an address of IPv4; then a zone.
function isIPv6(text) {
  const [address, zone, ...more] = `${text}`.split('%');
  if (more.length > 0 || (zone !== undefined && !/^[0-9a-zA-Z-.:]+$/.test(zone))) return false;
  const halves = address.split('::');
  if (halves.length > 2) return false;
  const words = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  let count = words.length;
  if (words.length > 0 && !address.endsWith('::') && isIPv4(words.at(-1))) {
    words.pop();
    count += 1;
  }
  return words.every((word) => isWord.test(word)) && (halves.length === 2 ? count < 8 : count === 8);
}

function isIP(text) {
  if (isIPv4(text)) return 4;
  return isIPv6(text) ? 6 : 0;
}

// How connections to a name with addresses of both kinds are made: kept for those who ask, the resolver of the system decides.
let autoSelectFamily = true;
let attemptTimeout = 500;

function setDefaultAutoSelectFamily(value) {
  validate.boolean(value, 'value');
  autoSelectFamily = value;
}

function setDefaultAutoSelectFamilyAttemptTimeout(value) {
  validate.integer(value, 'value', 1, 2147483647);
  attemptTimeout = Math.max(value, 10);
}

module.exports = {
  isIP,
  isIPv4,
  isIPv6,
  getDefaultAutoSelectFamily: () => autoSelectFamily,
  setDefaultAutoSelectFamily,
  getDefaultAutoSelectFamilyAttemptTimeout: () => attemptTimeout,
  setDefaultAutoSelectFamilyAttemptTimeout,
};
