// EE-10, EE-11, EE-12: the set of listeners is frozen, a throw ends it, once is once.
const { EventEmitter } = require('node:events');
const attempt = (f) => { try { return f(); } catch (error) { return `threw ${error.message}`; } };

{
  const emitter = new EventEmitter();
  const late = () => console.log('late');
  const gone = () => console.log('gone, and called');
  emitter.on('tick', () => {
    console.log('changes');
    emitter.on('tick', late);
    emitter.removeListener('tick', gone);
  });
  emitter.on('tick', gone);
  emitter.emit('tick');
  console.log('--');
  emitter.emit('tick');
}
{
  const emitter = new EventEmitter();
  emitter.on('tick', () => emitter.removeAllListeners());
  emitter.on('tick', () => console.log('called, though all were removed'));
  console.log(emitter.emit('tick'), emitter.emit('tick'));
}
{
  const emitter = new EventEmitter();
  emitter.on('tick', () => console.log('before'));
  emitter.once('tick', () => { throw new Error('up'); });
  emitter.on('tick', () => console.log('after'));
  console.log(attempt(() => emitter.emit('tick')));
  console.log(attempt(() => emitter.emit('tick')));
}
{
  const emitter = new EventEmitter();
  let depth = 0;
  emitter.once('tick', () => {
    console.log('once', emitter.listenerCount('tick'));
    if (depth++ < 3) console.log(emitter.emit('tick'));
  });
  console.log(emitter.emit('tick'), emitter.emit('tick'));
}
{
  const emitter = new EventEmitter();
  let depth = 0;
  emitter.on('tick', () => {
    console.log('depth', depth);
    if (depth++ < 2) {
      emitter.on('tick', () => console.log('added'));
      emitter.emit('tick');
    }
  });
  emitter.emit('tick');
}
