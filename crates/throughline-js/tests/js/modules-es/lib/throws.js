globalThis.thrown = (globalThis.thrown ?? 0) + 1;
throw new Error('time ' + globalThis.thrown);
