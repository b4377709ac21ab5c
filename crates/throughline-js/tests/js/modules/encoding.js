// `TextEncoder` and `TextDecoder`.
const log = (...args) => console.log(...args);
const said = (e) => (e.code === undefined ? '(engine)' : e.message);
const fails = (label, f) => { try { log(label, f()); } catch (e) { log(label, e.name, e.code, said(e)); } };
const enc = new TextEncoder(); log(enc.encoding, enc.encode(), enc.encode('aé你😀'), enc.encode('\ud800x\udc00'), enc.encode(5), enc.encode(undefined), Object.prototype.toString.call(enc), enc.encode('').length);
for (const [t, n] of [['abc', 2], ['é', 1], ['a😀b', 5], ['a😀b', 4], ['', 0], ['你好', 6]]) { const d = new Uint8Array(n); log(enc.encodeInto(t, d), d); }
fails('src', () => enc.encodeInto(5, new Uint8Array(1)));
const bytes = (...b) => new Uint8Array(b);
for (const b of [[], [0x61], [0xc3, 0xa9], [0xe4, 0xbd, 0xa0], [0xf0, 0x9f, 0x98, 0x80], [0xff, 0x41], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xe4, 0xbd], [0xf0, 0x9f], [0xf0, 0x9f, 0x41], [0xc0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xe0, 0x80, 0x80], [0xef, 0xbb, 0xbf, 0x61], [0x80], [0xf4, 0x90, 0x80, 0x80]]) { log('utf8', JSON.stringify(new TextDecoder().decode(bytes(...b))), JSON.stringify(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes(...b)))); fails('fatal', () => new TextDecoder('utf8', { fatal: true }).decode(bytes(...b))); }
{ const d = new TextDecoder(); log(JSON.stringify([d.decode(bytes(0xe4), { stream: true }), d.decode(bytes(0xbd), { stream: true }), d.decode(bytes(0xa0, 0x61), { stream: true }), d.decode(bytes(0xf0), { stream: true }), d.decode(), d.decode(bytes(0x62))])); log(d.encoding, d.fatal, d.ignoreBOM, Object.prototype.toString.call(d)); }
for (const label of ['utf-8', ' UTF8 ', 'utf-16le', 'utf-16']) fails(label, () => new TextDecoder(label).encoding); for (const label of ['nope', '', 5]) fails('label', () => new TextDecoder(label).encoding);
log(new TextDecoder('utf-16le').decode(bytes(0x61, 0, 0x3d, 0xd8, 0, 0xde)), JSON.stringify(new TextDecoder('utf-16le').decode(bytes(0x61, 0, 0x62))), new TextDecoder().decode(new Uint16Array([0x6161])), new TextDecoder().decode(bytes(0x61, 0x62).buffer), new TextDecoder().decode(new DataView(bytes(0x61, 0x62).buffer, 1)));
for (const bad of [5, 'x', {}, null, []]) fails('input', () => new TextDecoder().decode(bad)); for (const bad of [5, 'x']) fails('options', () => new TextDecoder('utf-8', bad).fatal);
log(require('node:util').TextEncoder === TextEncoder, require('node:util').TextDecoder === TextDecoder);
