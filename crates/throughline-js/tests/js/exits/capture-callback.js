// `setUncaughtExceptionCaptureCallback` comes before the event.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
process.on('uncaughtException', () => console.log('never'));
console.log(process.hasUncaughtExceptionCaptureCallback());
process.setUncaughtExceptionCaptureCallback((error) => { console.log('captured', error.message); process.setUncaughtExceptionCaptureCallback(null); });
console.log(process.hasUncaughtExceptionCaptureCallback());
try { process.setUncaughtExceptionCaptureCallback(() => {}); } catch (error) { console.log(error.code, error.message); }
try { process.setUncaughtExceptionCaptureCallback(1); } catch (error) { console.log(error.code, error.message); }
throw new Error('x');
