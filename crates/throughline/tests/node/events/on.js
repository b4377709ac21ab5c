// EE-18: events as an async iterator.
const { EventEmitter, on } = require('node:events');
const emitter = new EventEmitter();
const counts = () => console.log(['tick', 'error', 'end'].map((name) => emitter.listenerCount(name)).join());
const read = async (ticks) => {
  try {
    for await (const [n] of ticks) console.log(n.message ?? n);
    console.log('end');
  } catch (error) {
    console.log('failed', error.message);
  }
};

(async () => {
  let ticks = on(emitter, 'tick', { close: ['end'] });
  counts();
  emitter.emit('tick', 1);
  emitter.emit('tick', 2);
  emitter.emit('end');
  counts();
  emitter.emit('tick', 3);
  await read(ticks);

  ticks = on(emitter, 'tick');
  emitter.emit('tick', 4);
  console.log(emitter.emit('error', new Error('broken')));
  counts();
  emitter.emit('tick', 5);
  await read(ticks);
  console.log((await ticks.next()).done);

  ticks = on(emitter, 'error', { close: ['end'] });
  counts();
  emitter.emit('error', new Error('asked for'));
  emitter.emit('end');
  await read(ticks);

  ticks = on(emitter, 'tick');
  emitter.emit('tick', 6);
  console.log((await ticks.next()).value[0]);
  await ticks.return();
  counts();
})();
