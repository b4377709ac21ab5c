// What is printed of tests, as Node's `spec` reporter has it.
//
// Required as `internal/test_report`.
'use strict';

const { inspect } = require('node:util');

const print = (text) => internal.process.stdout.write(text);

const isGiven = (value) => value !== undefined && value !== false;

// Of a parent nobody hears before it is known whether it has children.
const begun = new Set();
function begin(test) {
  if (test === null || test.parent === null || begun.has(test)) return;
  begin(test.parent);
  begun.add(test);
  print(`${'  '.repeat(test.nesting)}▶ ${test.name}\n`);
}

function word(test) {
  if (isGiven(test.skipped)) return ['﹣', typeof test.skipped === 'string' ? ` # ${test.skipped}` : ' # SKIP'];
  const todo = isGiven(test.todo) ? (typeof test.todo === 'string' ? ` # ${test.todo}` : ' # TODO') : '';
  return [test.error === null ? '✔' : todo === '' ? '✖' : '⚠', todo];
}

const tests = [];

function finished(test) {
  if (test.parent === null) return;
  tests.push(test);
  begin(test.parent);
  const [sign, remark] = word(test);
  const indent = '  '.repeat(test.nesting);
  print(`${indent}${sign} ${test.name} (${test.duration.toFixed(6)}ms)${remark}\n`);
  for (const message of test.diagnostics) print(`${indent}ℹ ${message}\n`);
}

function late(test, error) {
  const whose = test === undefined ? 'the file' : `the test "${test.name}"`;
  print(`ℹ Error: something that ${whose} began has thrown after its end: ${inspect(error)}\n`);
}

// Answers whether nothing failed.
function summary(root) {
  const isOf = (check) => tests.filter((test) => !test.isSuite && check(test)).length;
  const isSkipped = (test) => isGiven(test.skipped);
  const isTodo = (test) => !isSkipped(test) && isGiven(test.todo);
  const isPlain = (test) => !isSkipped(test) && !isTodo(test);
  const failed = tests.filter((test) => test.error !== null && isPlain(test));
  const figures = {
    tests: isOf(() => true),
    suites: tests.filter((test) => test.isSuite).length,
    pass: isOf((test) => isPlain(test) && test.error === null),
    fail: isOf((test) => isPlain(test) && test.error !== null && !test.isCancelled),
    cancelled: isOf((test) => isPlain(test) && test.isCancelled),
    skipped: isOf(isSkipped),
    todo: isOf(isTodo),
    duration_ms: performance.now() - root.startTime,
  };
  for (const [name, value] of Object.entries(figures)) print(`ℹ ${name} ${value}\n`);
  const leaves = failed.filter((test) => test.error.failureType !== 'subtestsFailed');
  if (leaves.length > 0) {
    print('\n✖ failing tests:\n');
    for (const test of leaves) {
      const text = inspect(test.error.cause ?? test.error).replaceAll('\n', '\n  ');
      print(`\n✖ ${test.fullName} (${test.duration.toFixed(6)}ms)\n  ${text}\n`);
    }
  }
  return failed.length === 0;
}

module.exports = { finished, late, summary };
