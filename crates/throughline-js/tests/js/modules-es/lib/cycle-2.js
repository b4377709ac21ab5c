exports.sawDone = require('./cycle-1.js').done;
