// EE-9, EEA-3, EEA-4, and the table of what captures: in which context listeners run.
const { EventEmitter, EventEmitterAsyncResource } = require('node:events');
const { AsyncLocalStorage, AsyncResource } = require('node:async_hooks');
const storage = new AsyncLocalStorage();
const say = (who) => () => console.log(who, storage.getStore() ?? 'nothing');
const run = (store, f) => storage.run(store, f);

const emitter = new EventEmitter();
run('registration', () => {
  emitter.on('tick', say('on'));
  emitter.once('tick', say('once'));
  emitter.on('tick', AsyncResource.bind(say('bound')));
});
run('emission', () => emitter.emit('tick'));
emitter.emit('tick');
run('registration', () => {
  emitter.on('newListener', say('newListener'));
  emitter.on('removeListener', say('removeListener'));
});
const late = say('late');
run('adding', () => emitter.on('tick', late));
run('removing', () => emitter.off('tick', late));
emitter.removeAllListeners('newListener');
emitter.removeAllListeners('removeListener');
run('outer', () => {
  emitter.on('tick', () => {
    if (storage.getStore() === 'outer') run('inner', () => emitter.emit('tick'));
  });
  emitter.emit('tick');
});

const owned = run('construction', () => new EventEmitterAsyncResource({ name: 'OWNED' }));
run('registration', () => {
  owned.on('tick', say('owned on'));
  owned.once('tick', say('owned once'));
  owned.on('newListener', say('owned newListener'));
  owned.on('tick', AsyncResource.bind(say('owned bound')));
});
run('emission', () => owned.emit('tick'));
say('afterwards')();
