// Random programs on emitters: see `tests/it/random/emitter.rs`, which says the same.
const { EventEmitter, EventEmitterAsyncResource } = require('node:events');
const { AsyncLocalStorage, createHook, executionAsyncId } = require('node:async_hooks');
const { serve } = require('./play.js');

const storage = new AsyncLocalStorage();
const EVENTS = ['a', 'b', 'error', 'newListener', EventEmitter.errorMonitor, 'removeListener'];
const METHODS = { Last: 'on', First: 'prependListener', OnceLast: 'once', OnceFirst: 'prependOnceListener' };
const nameOf = (event) => (event === EventEmitter.errorMonitor ? 'errorMonitor' : event);

serve(({ resource, others, ops }, say) => {
  let steps = 0;
  const goesOn = () => steps++ < 120;
  let numbers = 0;
  const emitter = resource ? new EventEmitterAsyncResource('RANDOM') : new EventEmitter();
  emitter.setMaxListeners(0);
  const hook = createHook({
    before(id) { if (id === emitter.asyncId) say('before'); },
    after(id) { if (id === emitter.asyncId) say('after'); },
  });
  const added = [];
  // Up to Node 22 a resource would keep what is run in its scope.
  const where = resource
    ? () => (executionAsyncId() === emitter.asyncId ? 'the resource' : 'none')
    : () => storage.getStore() ?? '-';
  const shown = (event, [first, second]) => {
    if (event === 'newListener') return nameOf(first);
    if (event === 'removeListener') return `${nameOf(first)} ${(second.listener ?? second).number}`;
    return first.message ?? first;
  };
  const run = (ops) => {
    for (const op of ops) {
      if (!goesOn()) return;
      does[op.do](op);
    }
  };
  const does = {
    On({ event, how, body }) {
      const number = numbers++;
      const listener = (...args) => {
        say(`call ${number} with ${shown(EVENTS[event], args)} in ${where()}`);
        run(body);
        say(`end ${number}`);
      };
      listener.number = number;
      emitter[METHODS[how]](EVENTS[event], listener);
      added.push([EVENTS[event], listener]);
    },
    Off({ pick }) {
      if (added.length > 0) emitter.off(...added[pick % added.length]);
    },
    RemoveAll({ event }) {
      if (event === null) emitter.removeAllListeners();
      else emitter.removeAllListeners(EVENTS[event]);
    },
    Emit({ event }) {
      const number = numbers++;
      say(`emit ${number}`);
      say(`emitted ${number} ${emitter.emit(EVENTS[event], number)}`);
    },
    Error() {
      const number = numbers++;
      say(`error ${number}`);
      emitter.emit('error', new Error(`e${number}`));
      say(`handled ${number}`);
    },
    Throw() { throw new Error(`t${numbers++}`); },
    Catch({ body }) {
      try {
        run(body);
      } catch (error) {
        say(`caught ${error.message} in ${where()}`);
      }
    },
    Run({ body }) { storage.run(numbers++, () => run(body)); },
    Tell() {
      say(`${emitter.eventNames().map((name) => `${nameOf(name)} ${emitter.listenerCount(name)}`).join(', ')} in ${where()}`);
    },
  };
  hook.enable();
  for (let n = 0; n < others; n++) {
    const listener = () => {};
    emitter.on(`other ${n}`, listener);
    listener.number = numbers++;
    added.push([`other ${n}`, listener]);
  }
  does.Catch({ body: ops });
  does.Tell();
  hook.disable();
});
