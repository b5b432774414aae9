// node sqlite-dump.cjs FILE SQL: each row as its first column, tab, JSON. Nothing else: the most that Node can read.
const { writeSync } = require('node:fs');
const Sqlite = require('better-sqlite3');

const [file, sql] = process.argv.slice(2);
const database = new Sqlite(file, { readonly: true });

let lines = [];
function flush() {
  const bytes = Buffer.from(lines.join(''));
  lines = [];
  for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at);
}

for (const row of database.prepare(sql).iterate()) {
  lines.push(`${Object.values(row)[0]}\t${JSON.stringify(row)}\n`);
  if (lines.length === 1000) flush();
}
flush();
