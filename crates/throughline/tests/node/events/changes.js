// EE-2, EE-6, EE-7: who hears of listeners that come and go, and when.
const { EventEmitter } = require('node:events');
const emitter = new EventEmitter();
const say = (who) => () => console.log(who);
const seen = (name) => emitter.listenerCount(name);

emitter.on('newListener', (name) => {
  console.log(`new ${name}, of which there are ${seen(name)}`);
});
emitter.once('newListener', () => {});
let nested = false;
emitter.on('newListener', (name) => {
  if (name === 'tick' && !nested) {
    nested = true;
    emitter.on('tick', say('added meanwhile'));
  }
});
const a = say('a');
emitter.on('tick', a);
emitter.once('tick', say('b'));
emitter.emit('tick');

emitter.on('removeListener', (name) => console.log(`removed ${name}, of which there are ${seen(name)}`));
emitter.removeListener('tick', a);
emitter.removeListener('tick', a);
emitter.once('tick', () => console.log('called after it was removed'));
emitter.emit('tick');

for (const who of ['c', 'd', 'e']) emitter.on('many', Object.assign(say(who), { who }));
emitter.on('removeListener', (name, f) => console.log(`  ${name} ${f.who ?? ''}`.trimEnd()));
emitter.removeAllListeners('many');
emitter.on('many', Object.assign(say('f'), { who: 'f' }));
emitter.removeAllListeners('newListener');
emitter.on('many', Object.assign(say('g'), { who: 'g' }));
emitter.removeAllListeners();
console.log(emitter.eventNames().length);
