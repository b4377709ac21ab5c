// RES-6, HK-11, HK-15, ID-7: before and after nest, also when a callback throws.
const { AsyncResource } = require('node:async_hooks');
const { say, hook, executing } = require('./common.js');
hook('hook', ['init', 'before', 'after']).enable();

const [one, two] = ['HN_ONE', 'HN_TWO'].map((type) => new AsyncResource(type));
say(one.runInAsyncScope((a, b) => a + b, null, 1, 2));
one.runInAsyncScope(() => {
  two.runInAsyncScope(() => {
    one.runInAsyncScope(() => say(`in ${executing()}`));
    say(`in ${executing()}`);
  });
  one.runInAsyncScope(() => say(`in ${executing()}`));
});
try {
  one.runInAsyncScope(() => {
    try {
      two.runInAsyncScope(() => one.runInAsyncScope(() => { throw new Error('innermost'); }));
    } catch (error) {
      say(`caught ${error.message} in ${executing()}`);
    }
    throw new Error('again');
  });
} catch (error) {
  say(`caught ${error.message} in ${executing()}`);
}
const nest = (depth) => (depth === 0 ? 0 : 1 + new AsyncResource('DEEP').runInAsyncScope(nest, null, depth - 1));
say(`${nest(1000)} deep, then in ${executing()}`);
