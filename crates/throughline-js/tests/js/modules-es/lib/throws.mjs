throw new Error('while it is evaluated');
