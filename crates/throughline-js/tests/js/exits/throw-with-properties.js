// What an uncaught error carries is printed.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
throw Object.assign(new TypeError('with properties'), { code: 'OWN', detail: { a: [1, 2] } });
