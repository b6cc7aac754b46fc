// Runs statements on DuckDB: a line of JSON with the statement in, a line with the milliseconds until its answer was read, or the error, out.
const { DuckDBInstance } = require('@duckdb/node-api');

(async () => {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  // Made here: lines that come before the loop waits for them would be lost.
  for await (const line of require('readline').createInterface({ input: process.stdin })) {
    let answer;
    try {
      const begin = process.hrtime.bigint();
      (await connection.runAndReadAll(JSON.parse(line).sql)).getRows();
      answer = { ms: Number(process.hrtime.bigint() - begin) / 1e6 };
    } catch (e) {
      answer = { error: String(e.message || e) };
    }
    process.stdout.write(JSON.stringify(answer) + '\n');
  }
})();
