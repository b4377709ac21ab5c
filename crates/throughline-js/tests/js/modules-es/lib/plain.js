globalThis.plain = (globalThis.plain ?? 0) + 1; module.exports = 'plain ' + globalThis.plain;
