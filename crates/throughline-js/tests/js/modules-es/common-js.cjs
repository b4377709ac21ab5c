// CommonJS: what a module sees, and how it is found.
'use strict';
const path = require('node:path');
const say = (...what) => console.log(...what);
say('module', typeof require, typeof module, typeof exports, module.exports === exports, this === exports, path.basename(__filename), path.basename(__dirname), require.main === module, module.id, path.basename(module.filename), module.loaded, module.children.length, Array.isArray(module.paths));
say('require', Object.keys(require).sort().join(), require('./lib/plain.js'), require('./lib/plain') === require('./lib/plain.js'), require('./lib').index, require('./lib/').index, require('./lib/data').a, require('./lib/package').main, require.resolve('./lib/plain') === path.join(__dirname, 'lib/plain.js'));
say('cycle', require('./lib/cycle-1.js').done, require('./lib/cycle-2.js').sawDone);
say('cache', Object.keys(require.cache).map((each) => path.basename(each)).sort().join());
delete require.cache[require.resolve('./lib/plain.js')];
say('again', require('./lib/plain.js'));
try { require('./lib/throws.js'); } catch (error) { say('throws', error.message); }
try { require('./lib/throws.js'); } catch (error) { say('throws again', error.message); }
try { require('./lib/bad.json'); } catch (error) { say('json', error.name, error instanceof SyntaxError); }
say('globals', ['globalThis', 'global', 'process', 'console', 'Buffer', 'queueMicrotask', 'setTimeout', 'setImmediate', 'structuredClone', 'performance', 'URL', 'TextEncoder', 'AbortController', 'Event', 'EventTarget', 'atob', 'btoa'].filter((name) => name in globalThis).join());
say('global', global === globalThis, this !== globalThis, (function () { return this === undefined; })(), Object.prototype.toString.call(globalThis), Object.prototype.toString.call(process));
say('builtins', ['async_hooks', 'node:async_hooks', 'events', 'timers', 'timers/promises', 'util', 'assert', 'diagnostics_channel', 'process', 'path', 'url', 'module'].every((id) => require(id) === process.getBuiltinModule(id)), process.getBuiltinModule('is-not-there'));
import('./lib/required.mjs').then(({ value }) => say('import', value));
if (require.main === module) say('is main');
