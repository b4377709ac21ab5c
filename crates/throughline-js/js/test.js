// `node:test`: tests and suites in the file that is run, told of as Node's `spec` reporter does. Not here: watching, coverage, snapshots, mocked timers and
// modules, other reporters, and running many files (`run`).
'use strict';

const { AsyncLocalStorage } = require('node:async_hooks');
const { validate } = require('internal/errors');
const { Test, Suite, Root, optionsOf, HOOKS } = require('internal/test_tree');
const { MockTracker } = require('internal/test_mock');

const current = new AsyncLocalStorage();
const root = new Root(current);

const parentNow = () => current.getStore() ?? root;

// A function with its variants `skip`, `todo` and `only`.
function variants(declare) {
  const plain = (...args) => declare(optionsOf(args));
  for (const keyword of ['expectFailure', 'skip', 'todo', 'only']) {
    plain[keyword] = (...args) => {
      const given = optionsOf(args);
      return declare({ ...given, options: { ...given.options, [keyword]: given.options[keyword] ?? true } });
    };
  }
  return plain;
}

// A test's own parent is whoever runs; where a suite is being declared, the suite.
const test = variants((given) => root.started(parentNow().add(Test, given)));
const suite = variants((given) => root.started(parentNow().add(Suite, given)));

const hook = (name) => (fn, options = undefined) => {
  validate.function(fn, 'fn');
  parentNow().addHook(name, fn, options);
};

module.exports = Object.assign(test, {
  test,
  it: variants((given) => root.started(parentNow().add(Test, given))),
  suite,
  describe: variants((given) => root.started(parentNow().add(Suite, given))),
  ...Object.fromEntries(HOOKS.map((name) => [name, hook(name)])),
  mock: new MockTracker(),
  assert: { register: require('internal/test_tree').registerAssertion },
});
