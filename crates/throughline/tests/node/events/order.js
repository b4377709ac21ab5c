// EE-3, EE-4, EE-9, EE-16: who is called, in which order, and who is there.
const { EventEmitter } = require('node:events');
const emitter = new EventEmitter();
const say = (who) => (n) => console.log(`${who} ${n}`);

console.log(emitter.emit('tick', 0));
const twice = say('twice');
emitter.on('tick', twice);
emitter.addListener('tick', twice);
emitter.prependListener('tick', say('first'));
emitter.once('tick', say('once'));
emitter.prependOnceListener('tick', say('first of all, once'));
console.log(emitter.listenerCount('tick'), emitter.listenerCount('other'));
console.log(emitter.emit('tick', 1));
console.log(emitter.listenerCount('tick'));
console.log(emitter.emit('tick', 2));
emitter.on('b', () => {});
emitter.on('a', () => {});
emitter.on(EventEmitter.errorMonitor, () => {});
emitter.on('c', () => {});
console.log(emitter.eventNames().map((name) => name.description?.slice(7) ?? name).join());
emitter.removeAllListeners('b');
emitter.on('b', () => {});
console.log(emitter.eventNames().map((name) => name.description?.slice(7) ?? name).join());
emitter.removeAllListeners();
console.log(emitter.eventNames().length, emitter.emit('tick', 3));
