// A module that is not there.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
require('./is-not-there.js');
