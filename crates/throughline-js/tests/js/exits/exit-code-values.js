// What may be a status.
'use strict';
for (const value of ['5', 5.5, 'text', null, undefined, true, {}, NaN, -1, 256, 10n, '0x10', ' 7 ', '', [], Infinity]) {
  try {
    process.exitCode = value;
    console.log(String(value), 'taken', process.exitCode);
  } catch (error) {
    console.log(String(value), error.code, error.message);
  }
}
try { process.exit('no'); } catch (error) { console.log(error.code, error.message); }
try { process.exit(1.5); } catch (error) { console.log(error.code, error.message); }
process.exitCode = 0;
process.on('exit', (code) => console.log('exit', code, process.exitCode));
