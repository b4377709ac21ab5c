// What `util.inspect` and `util.format` print.
const util = require('node:util');
const { inspect, format } = util;
const show = (value, options) => console.log(inspect(value, options));

class Foo { constructor() { this.a = 1; this.b = 'x'; } }
class Bar extends Foo { #hidden = 1; get g() { return 1; } static s = 1; }
class Tagged { get [Symbol.toStringTag]() { return 'tag'; } }

show(1); show(-0); show(0); show(1n); show('a'); show("it's"); show(`it's "q"`); show('it\'s "q" `b`'); show('a\nb\t\\');
show('\u0001\x7f\u009f'); show('\ud800x'); show('😀'); show(null); show(undefined); show(true); show(Symbol('s')); show(Symbol()); show(Symbol('a\nb'));
show(NaN); show(Infinity); show([]); show({}); show([1, 2, 3]); show([1, , 3]); show([, , ]); show(new Array(5)); show([undefined, null]);
show({ a: 1, 'b-c': 2, 3: 4, [Symbol('k')]: 5, "q'": 1 }); show({ a: { b: { c: { d: 1 } } } }); show({ a: { b: { c: [] } } }); show({ a: { b: { c: {} } } });
show({ a: { b: { c: { d: 1 } } } }, { depth: 0 }); show({ a: { b: { c: { d: { e: { f: 1 } } } } } }, { depth: null }); show({ a: { b: { c: { d: { e: { f: 1 } } } } } }, { depth: Infinity });
show([[[[1]]]]); show(new Foo()); show(new Bar()); show(Foo); show(Bar); show(class {}); show(class extends Foo {}); show(class extends null {});
show(new Tagged()); show({ [Symbol.toStringTag]: 'own' }); show(Object.create(null)); show(Object.create({})); show(Object.create(Foo.prototype));
show(Object.assign(Object.create(null), { a: 1 })); show(Object.create(Object.create(null)));
show(function foo() {}); show(() => {}); show(async () => {}); show(function* g() {}); show(async function* ag() {}); show(async function af() {});
show(Object.assign(function foo() {}, { a: 1 })); show(Object.setPrototypeOf(function foo() {}, null)); show(Math.max); show(Object.setPrototypeOf(() => {}, Foo.prototype));
show(new Map([[1, { a: 1 }], ['k', new Map()]])); show(new Set([1, 'a', [1]])); show(new Map()); show(new Set()); show(Object.assign(new Map([[1, 2]]), { x: 1 }));
class M2 extends Map {} class A2 extends Array {} class S2 extends Set {} class P2 extends Promise {}
show(new M2([[1, 2]])); show(A2.from([1, 2])); show(new S2()); show(new A2()); show(P2.resolve(1));
show(new WeakMap()); show(new WeakSet()); show(new Date(0)); show(new Date(NaN)); show(/a\/b/gi); show(Object.assign(/a/, { x: 1 })); show(Object.assign(new Date(0), { x: 1 }));
show(Promise.resolve(3)); show(new Promise(() => {})); const rejected = Promise.reject(4); rejected.catch(() => {}); show(rejected); show(Promise.resolve({ a: { b: {} } }));
show(new Uint8Array([1, 2, 3])); show(new Float64Array(2)); show(new Uint8Array(0)); show(new ArrayBuffer(4)); show(new DataView(new ArrayBuffer(2)));
show(new Number(3)); show(new String('abc')); show(new Boolean(false)); show(Object(1n)); show(Object(Symbol('q'))); show(Object.assign(new String('ab'), { x: 1 })); show(new Number(-0));
show({ get a() { return 1; }, set b(v) {}, get c() { return 1; }, set c(v) {} }); show({ get a() { return 1; } }, { getters: true }); show({ get a() { return { x: 1 }; } }, { getters: true }); show({ get a() { throw 'no'; } }, { getters: true });
(function () { show(arguments); })(1, 2); (function () { show(arguments); })();
const circular = { name: 'c' }; circular.self = circular; circular.list = [circular, { circular }]; show(circular);
const a = { x: 1 }, b = { a }; a.b = b; show({ a, b }); const arr = [1]; arr.push(arr); show(arr); const map = new Map(); map.set('m', map); show(map);
show(Object.assign([1, 2], { extra: true, '-1': 2 })); show({ a: [1, 2, { b: 1 }], f() {}, s: Symbol('x') });
show(Array.from({ length: 7 }, (_, i) => i)); show(Array.from({ length: 30 }, (_, i) => i * i)); show(Array.from({ length: 101 }, (_, i) => i)); show(Array.from({ length: 120 }, (_, i) => `s${i}`));
show(Array.from({ length: 27 }, (_, i) => 'x'.repeat(i % 7))); show(Array.from({ length: 8 }, (_, i) => ({ i }))); show(['a', 'bb', 'ccc', 'dddd', 'eeeee', 'ffffff', 'ggggggg', 'hhhhhhhh']);
show(Array.from({ length: 20 }, (_, i) => 'abcdefghijklmnopqrstuvwxyz'.slice(0, (i * 5) % 26))); show({ list: Array.from({ length: 50 }, (_, i) => i * 1000) }); show([1.5, -2, 300, 4e21, 5, 6, 7, 8]); show([1n, 2n, 3n, 4n, 5n, 6n, 7n]);
show({ a: 'x'.repeat(30), b: 'y'.repeat(30), c: 'z'.repeat(30) }); show({ a: 'x'.repeat(100) }); show({ a: 'line one of it\nline two of it\nline three, so that it is longer than the limit of a line' });
show(['a'.repeat(80)]); show('multi\nline'.repeat(10)); show({ a: 1, b: { c: 2, d: { e: 3 } } }); show({ level1: { level2: { level3: 'x' } }, other: [1, [2, [3, [4]]]] });
show({ a: 1n, b: null, c: undefined, d: NaN, e: -0 }); show([['a', 1], ['b', 2]]); show({ method() {}, arrow: () => {}, klass: class K {} });
show({ a: 1, b: 2 }, { compact: false }); show({ a: { b: 1 } }, { compact: true }); show({ a: { b: { c: { d: 1 } } }, e: [1, 2] }, { compact: 1 }); show({ b: 1, a: 2 }, { sorted: true }); show([3, 1, 2], { sorted: true }); show(new Set([3, 1]), { sorted: true });
show({ a: 1, b: 'x', c: [true, null, undefined, Symbol('s'), 1n, new Date(0)], d() {} }, { colors: true }); show([1, 2, 3, 4], { maxArrayLength: 2 }); show([1, 2, 3], { maxArrayLength: 0 }); show(new Set([1, 2, 3]), { maxArrayLength: 1 }); show(new Map([[1, 2], [2, 3]]), { maxArrayLength: 1 }); show('abcdef', { maxStringLength: 3 }); show('abcdef', { maxStringLength: 5 }); show([1, 2, 3], { maxArrayLength: null });
show([1], { showHidden: true }); show(Object.defineProperty({}, 'h', { value: 1 }), { showHidden: true }); show(Object.defineProperty({}, Symbol('h'), { value: 1 }), { showHidden: true }); show(123456789.123, { numericSeparator: true }); show({ a: 1234567n }, { numericSeparator: true });
show({ [inspect.custom](depth, options, i) { return `custom ${depth} ${typeof options.stylize} ${i === inspect}`; } }); show({ [inspect.custom]() { return { r: 1 }; } }); show({ [inspect.custom]() { return this; }, x: 1 }); show({ in: { [inspect.custom]() { return 'a\nb'; } } }); show({ in: { [inspect.custom]() { return { a: 'x'.repeat(60), b: 'y'.repeat(60) }; } } }); show({ [inspect.custom]() { return 1; } }, { customInspect: false }); show({ [inspect.custom]: (d, o) => o.mine }, { mine: 7 }); show({ a: { [inspect.custom](d, o) { return inspect({ deep: { deeper: {} } }, { ...o, depth: 0 }); } } });
show(new Proxy({ a: 1 }, {})); show(new Proxy({ a: 1 }, { get: () => 5 })); show(new Proxy({ a: 1 }, {}), { showProxy: true }); show(new Proxy(function f() {}, {}));
show({ __proto__: null, ['__proto__']: 1 }); show({ a: new Foo(), b: [new Bar()] }, { depth: 0 }); show([new Map([[1, 2]]), new Set([1])], { depth: 0 }); show({ e: Object.create(null) }, { depth: 0 }); show({ x: Object.assign(Object.create(null), { a: { b: 1 } }) }, { depth: 0 });
show(globalThis === globalThis); show(new (class extends Array {})(3)); show([,'a',,'b',,]); show(Object(Symbol.iterator)); show(new Foo().constructor); show(Symbol.iterator); show({ [Symbol.iterator]: 1 }); show(JSON); show(Math.PI); show(Reflect.ownKeys({}));
show({ if: 1, $a: 2, _b: 3, 'ünï': 4, '1a': 5, a1: 6 }); show(new (function Legacy() { this.x = 1; })()); show(new (function () { this.x = 1; })()); show((function* () {})()); show((async function* () {})()); show(async () => {}, { showHidden: false });
show({ a: {}, b: [], c: '', d: new Map(), e: function () {} }); show(['\n', "'", '"']); show([['x'.repeat(40), 'y'.repeat(40)]]); show({ key: ['x'.repeat(40), 'y'.repeat(40)] }); show([{ a: 1, b: 2 }, { a: 3, b: 4 }]); show({ a: [{ b: { c: {} } }] });
show(inspect({ a: { b: { c: { d: 1 } } } }, false, 0)); show({ a: 1 }, true); show(new (class Klass { constructor() { this.m = new Map([['k', { v: 1 }]]); this.s = new Set(['v']); } })());
show({ '你好': '世界', emoji: '😀' }); show(['你好', '世界', 'a', 'b', 'c', 'd', 'e', 'f']);

// Errors: only what comes before the stack, which differs by engine.
const head = (error, options) => console.log(inspect(error, options).replace(/(\n *(at |\.\.\. \d+ lines matching).*)+/g, ' <stack>'));
class MyError extends Error {} class NamedError extends Error { constructor(m) { super(m); this.name = 'Other'; } } class Problem extends TypeError {}
head(new Error('e')); head(new Error('')); head(new TypeError('t')); head(new MyError('m')); head(new NamedError('n')); head(new Problem('p')); head(Object.assign(new Error('props'), { code: 'X', n: { a: 1 } })); head({ e: new Error('in') }); head([new Error('in list')]); head(new Error('c', { cause: new Error('cause') })); head(new Error('c', { cause: 'text' })); head(new AggregateError([new Error('1'), new Error('2')], 'many'));
const bare = new Error('bare'); Object.defineProperty(bare, 'stack', { value: undefined }); head(bare); const text = new Error('text'); text.stack = 'own text'; head(text); const none = new Error('none'); Object.defineProperty(none, 'stack', { value: '' }); head(none); const renamed = new Error('late'); renamed.name = 'Late'; head(renamed); const keyed = new Error('k'); Object.defineProperty(keyed, 'message', { value: 'k', enumerable: true }); head(keyed);
const multi = new Error('line 1\nline 2'); head(multi); head({ multi }); head(new RangeError('r', { cause: undefined })); head(Object.create(Error.prototype)); head(Object.assign(new Error('null proto'), {})); const cyc = new Error('cyc'); cyc.cause = cyc; head(cyc);

for (const args of [['%s', 'a'], ['%s', 1], ['%s', -0], ['%s', 1n], ['%s', Symbol('a')], ['%s', null], ['%s', undefined], ['%s', {}], ['%s', { a: { b: 1 } }], ['%s', [1, [2, [3]]]], ['%s', () => 5], ['%s', class A {}], ['%s', { toString() { return 'own'; } }], ['%s', new Foo()], ['%s', new Date(0)], ['%s', new (class { toString() { return 'klass'; } })()], ['%s', Object.create(null)], ['%s', { [Symbol.toPrimitive]: () => 'prim' }],
  ['%d', 42], ['%d', '42'], ['%d', 'x'], ['%d', 1n], ['%d', {}], ['%d', Symbol('a')], ['%d', -0], ['%d', null], ['%d', [1]], ['%i', 42.9], ['%i', '42abc'], ['%i', {}], ['%i', 1n], ['%f', '1.5x'], ['%f', Symbol('x')], ['%f', 1], ['%j', { a: 1 }], ['%j', undefined], ['%j', circular], ['%j', 'a'], ['%o', { a: 1 }], ['%o', [1, { b: 1 }]], ['%O', { a: { b: { c: { d: 1 } } } }], ['%c', 'css'], ['%%'], ['%%', 1], ['%s%'], ['%s %s', 'a'], ['%x', 1], ['a', 'b', 3, { c: 4 }], [1, 2, 'x'], [], ['%s'], ['%s:%s', 'a', 'b', 'c'], [{ a: 1 }, 'x'], ['a%', 1], ['%s', 'a', { b: { c: { d: {} } } }], [undefined], ['%o', function f() {}], [Symbol('only')], ['%s', 'it\'s'], ['x', 'it\'s'], ['%d%%', 5], ['%s', 12345678901234567890n]]) console.log(format(...args));
console.log(util.formatWithOptions({ colors: true }, '%s %O', 'a', { b: 1 }, 5)); try { util.formatWithOptions(1, 'a'); } catch (e) { console.log(e.code, e.message); }
console.log(Object.keys(inspect.defaultOptions).join()); try { inspect.defaultOptions = null; } catch (e) { console.log(e.code, e.message); }
