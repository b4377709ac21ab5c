// EEA-2, EEA-3, EEA-5: an emitter that is a resource.
const { EventEmitterAsyncResource, errorMonitor } = require('node:events');
const { createHook, executionAsyncId } = require('node:async_hooks');
const fs = require('node:fs');
const say = (line) => fs.writeSync(1, `${line}\n`);
let id;
createHook({
  init(asyncId, type) { if (type === 'EVENTS_NODE_OWNED') { id = asyncId; say('init'); } },
  before(asyncId) { if (asyncId === id) say('before'); },
  after(asyncId) { if (asyncId === id) say('after'); },
}).enable();
const nameOf = (name) => name.description?.slice(7) ?? name;
const attempt = (f) => { try { say(f()); } catch (error) { say(`threw ${error.message}`); } };

const emitter = new EventEmitterAsyncResource({ name: 'EVENTS_NODE_OWNED' });
say(emitter.asyncId === id && emitter.asyncResource.asyncId() === id);
attempt(() => emitter.emit('nobody'));
emitter.on('tick', () => say(executionAsyncId() === id));
attempt(() => emitter.emit('tick'));
emitter.on('newListener', (name) => say(`new ${nameOf(name)}`));
emitter.on('removeListener', (name) => say(`removed ${nameOf(name)}`));
emitter.once('tick', () => say('once'));
attempt(() => emitter.emit('tick'));
emitter.on('error', () => say('error'));
attempt(() => emitter.emit('error', new Error('handled')));
emitter.on(errorMonitor, () => say('monitor'));
attempt(() => emitter.emit('error', new Error('handled')));
emitter.removeAllListeners('error');
attempt(() => emitter.emit('error', new Error('unhandled')));
emitter.on('throw', () => { throw new Error('up'); });
attempt(() => emitter.emit('throw'));
