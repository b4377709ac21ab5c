// DC-1 to DC-16.
'use strict';
const { AsyncLocalStorage } = require('node:async_hooks');
const dc = require('node:diagnostics_channel');
const { say, outcome, fault, tick } = require('../lib/say.js');

const als = new AsyncLocalStorage();
const other = new AsyncLocalStorage({ defaultValue: 'D' });
process.on('uncaughtException', (error) => say('uncaught', error.message, als.getStore()));
process.on('warning', (warning) => say('warning', warning.name, warning.code, warning.message));

say('DC-1', Object.keys(dc).sort().join(), dc.channel('a') === dc.channel('a'), dc.channel('a').name, dc.channel(Symbol.for('s')).name, outcome(() => dc.channel(1)), outcome(() => dc.channel()), outcome(() => dc.channel(null)), outcome(() => dc.subscribe('x', 1)));
say('DC-1', dc.channel('a').constructor.name, dc.channel('a') instanceof dc.Channel, dc.hasSubscribers('nobody'), outcome(() => new dc.Channel('own').name));
say('DC-2', dc.channel('a').publish(1), dc.channel('a').runStores(1, (x) => x + 1, null, 1), dc.channel('a').hasSubscribers);
dc.channel('bound').bindStore(als);
say('DC-2', dc.channel('bound').hasSubscribers, dc.channel('bound').unbindStore(als), dc.channel('bound').unbindStore(als), dc.channel('bound').hasSubscribers, outcome(() => dc.channel('plain').unbindStore(als)));
{
  const channel = dc.channel('order');
  const log = [];
  const first = (message, name) => { log.push(`first ${message} ${name}`); dc.unsubscribe('order', second); dc.subscribe('order', third); };
  const second = () => log.push('second');
  const third = () => log.push('third');
  channel.subscribe(first);
  channel.subscribe(() => { throw new Error('of a subscriber'); });
  channel.subscribe(second);
  channel.publish('m');
  log.push('|');
  channel.publish('n');
  say('DC-3', log.join(), channel.unsubscribe(first), channel.unsubscribe(first));
  say('DC-4', dc.unsubscribe('nobody', () => {}), channel.hasSubscribers, outcome(() => channel.subscribe('text')));
}
{
  const channel = dc.channel('stores');
  say('DC-5', channel.bindStore(als, (data) => `one ${data}`), channel.bindStore(als, (data) => `two ${data}`));
  channel.bindStore(other);
  channel.subscribe((data) => say('DC-6', 'subscriber', als.getStore(), other.getStore()));
  say('DC-6', channel.runStores('d', function (...args) { return [this, args, als.getStore(), other.getStore()]; }, 'this', 1, 2), als.getStore(), other.getStore());
  say('DC-6', outcome(() => channel.runStores('d', () => { throw new Error('thrown'); })), als.getStore());
  als.run('outer', () => { channel.runStores('inner', () => channel.runStores('innermost', () => say('DC-10', als.getStore()))); say('DC-10', als.getStore()); });
  channel.bindStore(als, (data) => ({ data, parent: als.getStore()?.data }));
  channel.runStores('p', () => channel.runStores('c', () => say('DC-7', als.getStore())));
  channel.bindStore(other, () => `second sees ${als.getStore()?.data}`);
  channel.runStores('p', () => say('DC-7', other.getStore()));
  channel.bindStore(als, () => { throw new Error('of a transform'); });
  als.run('kept', () => say('DC-8', channel.runStores('x', () => [als.getStore(), other.getStore()])));
  channel.unbindStore(als);
  channel.unbindStore(other);
}
{
  const channel = dc.channel('scope');
  const inactive = channel.withStoreScope('x');
  say('DC-9', typeof inactive[Symbol.dispose], inactive.constructor.name);
  inactive[Symbol.dispose]();
  channel.bindStore(als);
  channel.subscribe((data) => say('DC-9', 'published', data, als.getStore()));
  const scope = channel.withStoreScope('entered');
  say('DC-9', als.getStore());
  scope[Symbol.dispose]();
  scope[Symbol.dispose]();
  say('DC-9', als.getStore());
}
{
  const bounded = dc.boundedChannel('b');
  say('DC-11', Object.keys(bounded).sort().join(), bounded.start.name, bounded.end.name, bounded.hasSubscribers, outcome(() => dc.boundedChannel(1)), outcome(() => dc.boundedChannel({})), outcome(() => dc.boundedChannel({ start: 1 })), bounded.run({}, (x) => x, null, 5));
  bounded.start.bindStore(als, (context) => context.id);
  bounded.subscribe({ start: (context) => say('DC-11', 'start', context.id, als.getStore()), end: (context) => say('DC-11', 'end', context.id, als.getStore()) });
  say('DC-11', bounded.run({ id: 1 }, function (...args) { return [this, args, als.getStore()]; }, 'this', 1), als.getStore());
  say('DC-11', outcome(() => bounded.run({ id: 2 }, () => { throw new Error('thrown'); })), als.getStore());
  const scope = bounded.withScope({ id: 3 });
  say('DC-11', als.getStore());
  scope[Symbol.dispose]();
  scope[Symbol.dispose]();
  say('DC-11', als.getStore());
}
(async () => {
  const tracing = dc.tracingChannel('t');
  say('DC-12', ['start', 'end', 'asyncStart', 'asyncEnd', 'error'].map((name) => tracing[name].name).join(), tracing.hasSubscribers, tracing.traceSync((x) => x, {}, null, 4), outcome(() => dc.tracingChannel(1)), outcome(() => dc.tracingChannel({})));
  const log = [];
  const handlers = Object.fromEntries(['start', 'end', 'asyncStart', 'asyncEnd', 'error'].map((name) => [name, (context) => log.push(`${name}(${Object.keys(context).join('+')}) in ${als.getStore()}`)]));
  const flush = (clause, label) => say(clause, label, log.splice(0).join(', '));
  tracing.subscribe(handlers);
  tracing.start.bindStore(als, () => 'start store');
  tracing.asyncStart.bindStore(als, () => 'async store');
  say('DC-13', tracing.traceSync(function (...args) { log.push(`body in ${als.getStore()}`); return [this, args]; }, { id: 1 }, 'this', 1, 2));
  flush('DC-13', 'sync');
  say('DC-13', outcome(() => tracing.traceSync(() => { throw new Error('thrown'); }, {})));
  flush('DC-13', 'throws');
  tracing.traceCallback((n, callback) => { log.push(`body in ${als.getStore()}`); setImmediate(callback, null, n); return 'returned'; }, -1, {}, null, 5, (error, n) => log.push(`callback ${n} in ${als.getStore()}`));
  await tick();
  await tick();
  flush('DC-14', 'callback');
  tracing.traceCallback((callback) => callback(new Error('failed')), 0, {}, null, (error) => log.push(`callback ${error.message} in ${als.getStore()}`));
  flush('DC-14', 'fails');
  say('DC-14', outcome(() => tracing.traceCallback(() => {}, 0, {}, null, 'text')), outcome(() => tracing.traceCallback((callback) => { throw new Error('thrown'); }, 0, {}, null, () => {})));
  flush('DC-14', 'throws');
  say('DC-15', await tracing.tracePromise(async (n) => { log.push(`body in ${als.getStore()}`); await null; log.push(`after the await in ${als.getStore()}`); return n; }, {}, null, 6).then((value) => { log.push(`continuation in ${als.getStore()}`); return value; }));
  flush('DC-15', 'promise');
  say('DC-15', await tracing.tracePromise(async () => { throw new Error('rejected'); }, {}).catch(fault));
  flush('DC-15', 'rejects');
  say('DC-15', outcome(() => tracing.tracePromise(() => { throw new Error('thrown'); }, {})));
  flush('DC-15', 'throws');
  say('DC-15', tracing.tracePromise(() => 'no promise', {}));
  flush('DC-15', 'no promise');
  say('DC-15', await tracing.tracePromise(() => ({ then(resolve) { resolve('of a thenable'); } }), {}));
  flush('DC-15', 'thenable');
  als.run('caller', () => tracing.tracePromise(async () => {}, {}).then(() => log.push(`then in ${als.getStore()}`)));
  await tick();
  flush('DC-16', 'caller');
  say('DC-12', tracing.unsubscribe(handlers), tracing.unsubscribe(handlers), tracing.hasSubscribers);
  // Whether it is traced is decided at the start.
  tracing.start.unbindStore(als);
  tracing.asyncStart.unbindStore(als);
  const promise = tracing.tracePromise(async () => { await null; return 1; }, {});
  tracing.subscribe(handlers);
  await promise;
  flush('DC-12', 'subscribed later');
})();
