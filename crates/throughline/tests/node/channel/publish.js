// DC-1 to DC-4: publishing and subscribing.
const { channel, hasSubscribers } = require('node:diagnostics_channel');
const { AsyncLocalStorage } = require('node:async_hooks');

const uncaught = [];
process.on('uncaughtException', (error) => uncaught.push(error.message));
process.on('exit', () => {
  for (const message of uncaught) console.log('uncaught', message);
});

const user = new AsyncLocalStorage();
const ch = channel('like_node.publish');
console.log('same', ch === channel('like_node.publish'));
console.log('used', ch.hasSubscribers, hasSubscribers('like_node.publish'), hasSubscribers('like_node.nobody'));
ch.publish('unheard');

const first = (message) => {
  console.log('first', message, user.getStore());
  ch.unsubscribe(first);
};
const second = (message) => {
  console.log('second', message, user.getStore());
  throw new Error(`of ${message}`);
};
const third = (message) => {
  console.log('third', message, user.getStore());
  if (message === 'one') ch.subscribe(late);
};
const late = (message) => console.log('late', message, user.getStore());
ch.subscribe(first);
ch.subscribe(second);
ch.subscribe(third);
console.log('used', ch.hasSubscribers, hasSubscribers('like_node.publish'), hasSubscribers('like_node.nobody'));

user.run('ada', () => ch.publish('one'));
console.log('published one');
ch.publish('two');
console.log('published two');

ch.unsubscribe(second);
ch.unsubscribe(third);
console.log('used', ch.hasSubscribers);
ch.unsubscribe(late);
console.log('used', ch.hasSubscribers);
ch.publish('three');
