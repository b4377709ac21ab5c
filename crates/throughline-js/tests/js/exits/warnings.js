// Warnings.
'use strict';
process.on('warning', (warning) => console.log(warning.name, warning.code, warning.message, warning.detail));
process.emitWarning('plain');
process.emitWarning('typed', 'Own');
process.emitWarning('coded', 'Own', 'C1');
process.emitWarning('detailed', { type: 'Own', code: 'C2', detail: 'some detail' });
process.emitWarning(new Error('an error'));
for (const bad of [1, undefined, null, {}]) try { process.emitWarning(bad); } catch (error) { console.log(error.code, error.message); }
process.emitWarning('old', 'DeprecationWarning', 'D1');
process.emitWarning('old', 'DeprecationWarning', 'D1');
