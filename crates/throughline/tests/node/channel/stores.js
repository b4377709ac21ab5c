// DC-2, DC-5, DC-6, DC-8, DC-10, and DC-7 as far as Node 20 and 26 agree: bound stores.
const { channel } = require('node:diagnostics_channel');
const { AsyncLocalStorage } = require('node:async_hooks');

const uncaught = [];
process.on('uncaughtException', (error) => uncaught.push(error.message));
process.on('exit', () => {
  for (const message of uncaught) console.log('uncaught', message);
});

const span = new AsyncLocalStorage();
const other = new AsyncLocalStorage();
const ch = channel('like_node.stores');
console.log('plain', ch.runStores('x', () => 7), ch.unbindStore(span));

// Once for each store: the second transform is the one.
ch.bindStore(span, () => 'replaced');
ch.bindStore(span, (name) => (span.getStore() ? `${span.getStore()}/${name}` : name));
console.log('used', ch.hasSubscribers);
ch.subscribe((name) => console.log('heard', name, span.getStore(), other.getStore()));

const answer = ch.runStores('a', () => {
  console.log('in a', span.getStore());
  const inner = ch.runStores('b', () => {
    console.log('in b', span.getStore());
    return 'inner';
  });
  console.log('after b', inner, span.getStore());
  return 'outer';
});
console.log('after a', answer, span.getStore());

try {
  ch.runStores('c', () => {
    console.log('in c', span.getStore());
    throw new Error('of the function');
  });
} catch (error) {
  console.log('caught', error.message, span.getStore());
}

// A transform that throws leaves its store alone, and nobody else's.
ch.bindStore(span, () => {
  throw new Error('of the transform');
});
ch.bindStore(other, (name) => `other ${name}`);
span.run('before', () => ch.runStores('d', () => console.log('in d', span.getStore(), other.getStore())));

console.log('unbound', ch.unbindStore(span), ch.unbindStore(span), ch.unbindStore(other));
console.log('used', ch.hasSubscribers);
ch.runStores('e', () => console.log('in e', span.getStore(), other.getStore()));
