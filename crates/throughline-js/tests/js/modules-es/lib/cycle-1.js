exports.done = false;
const two = require('./cycle-2.js');
exports.done = two.sawDone === false;
