// EE-18: the next event as a promise.
const { EventEmitter, once } = require('node:events');
const emitter = new EventEmitter();
const counts = () => console.log(emitter.listenerCount('tick'), emitter.listenerCount('error'));
const settle = (promise) => promise.then(([n]) => console.log('answer', n.message ?? n), (e) => console.log('failed', e.message));

(async () => {
  const first = once(emitter, 'tick');
  counts();
  emitter.emit('tick', 1);
  emitter.emit('tick', 2);
  counts();
  await settle(first);

  const second = once(emitter, 'tick');
  console.log(emitter.emit('error', new Error('broken')));
  counts();
  emitter.emit('tick', 3);
  await settle(second);

  const third = once(emitter, 'error');
  counts();
  emitter.emit('error', new Error('asked for'));
  counts();
  await settle(third);

  emitter.on('newListener', (name) => console.log('new', name));
  emitter.on('removeListener', (name) => console.log('removed', name));
  const fourth = once(emitter, 'tick');
  emitter.emit('tick', 4);
  await settle(fourth);
  const fifth = once(emitter, 'tick');
  emitter.emit('error', new Error('again'));
  await settle(fifth);
})();
