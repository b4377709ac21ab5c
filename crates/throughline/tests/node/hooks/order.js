// HK-4, HK-5, HK-9: hooks are told in the order of enabling.
const { AsyncResource, createHook } = require('node:async_hooks');
const { say, hook } = require('./common.js');
const [one, two, three] = ['one', 'two', 'three'].map((label) => hook(label, ['init', 'before', 'after']));
let made = 0;
const play = (title) => {
  say(title);
  new AsyncResource(`HN_ORDER_${++made}`).runInAsyncScope(() => say('callback'));
};

play('none is enabled');
two.enable();
one.enable();
three.enable();
play('two, one, three');
one.enable();
play('enabled again');
two.disable();
two.enable();
play('disabled, and enabled again');
three.disable();
three.disable();
play('disabled twice');
createHook({}).enable();
play('with an empty one');
one.disable().enable();
play('in a chain');
one.disable();
two.disable();
play('none is enabled');
