// Plays programs: one a line on stdin, as JSON; answers what each says, and a line with a dot.
const { writeSync } = require('node:fs');
const readline = require('node:readline');

// `play(program, say)`; it says no more than it has steps for, as we do.
exports.serve = (play) => {
  const lines = readline.createInterface({ input: process.stdin });
  (async () => {
    for await (const line of lines) {
      const said = [];
      await play(JSON.parse(line), (what) => said.push(what));
      writeSync(1, [...said, '.', ''].join('\n'));
    }
  })();
};
