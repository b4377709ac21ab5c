// ES modules: imports of every kind, live bindings, cycles, contexts over a top-level await.
import { AsyncLocalStorage, AsyncResource, executionAsyncId, triggerAsyncId } from 'node:async_hooks';
import hooks from 'node:async_hooks';
import * as all from 'node:async_hooks';
import EventEmitter, { once, EventEmitter as Same } from 'node:events';
import process from 'node:process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fallback, { counter, increase, later } from './lib/counter.mjs';
import * as cycle from './lib/cycle-a.mjs';
import common, { named } from './lib/common.cjs';
import data from './lib/data.json' with { type: 'json' };
import './lib/effect.mjs';

const say = (...what) => console.log(...what);
const als = new AsyncLocalStorage();
say('names', hooks.AsyncLocalStorage === AsyncLocalStorage, all.default === hooks, Object.keys(all).sort().join());
say('events', EventEmitter === Same, typeof once, EventEmitter.once === once);
say('live', fallback, counter, increase(), counter, await later());
say('cycle', cycle.a, cycle.fromB(), Object.keys(cycle).join(), cycle[Symbol.toStringTag], Object.isSealed(cycle));
say('common', common.named, named, typeof common.default, common.isMain);
say('json', data);
say('meta', basename(import.meta.filename), basename(import.meta.dirname), basename(import.meta.url), import.meta.main, basename(fileURLToPath(import.meta.resolve('./lib/counter.mjs'))), Object.keys(import.meta).sort().join());
say('strict', typeof require, typeof module, typeof exports, typeof __filename, this === undefined, (function () { return this === undefined; })());
say('ids', executionAsyncId() >= 0, triggerAsyncId() >= 0);
const load = createRequire(import.meta.url);
say('require', load('./lib/common.cjs') === common, load('node:events') === EventEmitter, load('./lib/data.json').a, load('./lib/required.mjs').value);
try { load('./lib/waits.mjs'); } catch (error) { say('require', error.name, error.code); }

say('top-level await', await als.run('in a run', async () => { await null; return als.getStore(); }), als.getStore());
als.enterWith('entered at the top');
await sleep(1);
say('top-level await', als.getStore());
als.enterWith('again');
await null;
say('top-level await', als.getStore());
for await (const each of (async function* () { yield als.getStore(); })()) say('top-level for await', each);
als.run('importer', () => import('./lib/dynamic.mjs').then((module) => say('dynamic', module.value, als.getStore())));
const again = await import('./lib/counter.mjs');
say('dynamic', again.counter, again.default, (await import('./lib/common.cjs')).default === common, (await import('node:events')).default === EventEmitter, (await import('./lib/data.json', { with: { type: 'json' } })).default.a);
const reason = (error) => [error.name, error.code, error.message.split('\n')[0].replace(/'file:.*\/|'\/.*\//g, "'…/")];
for (const id of ['./lib/is-not-there.mjs', 'is-not-there', 'node:is-not-there', './lib/throws.mjs']) say('rejects', await import(id).catch(reason));
say('rejects', await import('./lib/data.json').catch((error) => [error.name, error.code]));
say('rejects', (await import('./lib/syntax.mjs').catch((error) => error)) instanceof SyntaxError);
say('twice', (await import('./lib/throws.mjs').catch((e) => e)) === (await import('./lib/throws.mjs').catch((e) => e)));
say('query', (await import('./lib/effect.mjs?again')).default, (await import('./lib/effect.mjs')).default);
new AsyncResource('R').runInAsyncScope(() => say('resource', executionAsyncId() > 0));
process.on('exit', (code) => say('exit', code, als.getStore()));
export const value = 1;
export default class {}
