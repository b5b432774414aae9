import mysql from 'mysql2/promise';
import { type Database, quoted } from './database.ts';
import { type Column, columnsOf, type Rows, type Shape, sentences } from './shape.ts';

export async function openMariadb(administrator: string): Promise<Database> {
  // mysql2 knows the older name of the scheme only.
  const server = new URL(administrator.replace('mariadb:', 'mysql:'));
  const connection = await mysql.createConnection({ uri: server.href });
  const run = async (sql: string): Promise<void> => void (await connection.query(sql));
  await run('CREATE DATABASE bench CHARACTER SET utf8mb4');
  await run('USE bench');
  // Nobody reads the binary log of these rows, and it is as large as they are.
  await run('SET SESSION sql_log_bin = 0');
  const [rows] = await connection.query<mysql.RowDataPacket[]>('SELECT VERSION() AS version');
  server.pathname = '/bench';
  return {
    kind: 'mariadb',
    title: 'MariaDB',
    version: String(rows[0]?.['version']),
    url: server.href.replace('mysql:', 'mariadb:'),
    run,
    create: async (table, shape) => {
      const columns = select(shape).map(([name, { type }]) => `${name} ${type} NOT NULL`);
      await run(`DROP TABLE IF EXISTS ${table}`);
      await run(`CREATE TABLE ${table} (${columns.join(', ')}, PRIMARY KEY (id), KEY (updated_at, id))`);
    },
    insert: (rows) => run(insert(rows)),
    settle: async (table) => void (await connection.query(`ANALYZE TABLE ${table}`)),
    dump: (table, shape, after) => {
      const pairs = columnsOf[shape].map((name) => `'${name}', ${name}`);
      const sql = `SELECT CONCAT(id, '\\t', JSON_OBJECT(${pairs.join(', ')})) FROM ${table} WHERE id > ${after}`;
      const target = `-h ${server.hostname} -P ${server.port} -u ${decodeURIComponent(server.username)} bench`;
      return {
        command: `mariadb --no-defaults --default-character-set=utf8mb4 --quick --raw -N ${target} -e ${quoted(sql)}`,
        env: { MYSQL_PWD: decodeURIComponent(server.password) },
      };
    },
    [Symbol.asyncDispose]: () => connection.end(),
  };
}

const columns = (notes: number): Readonly<Record<string, Column>> => ({
  id: { type: 'bigint', value: 'seq' },
  // Digits of version and variant in their places: MariaDB takes no other UUID.
  public_id: { type: 'uuid', value: `INSERT(INSERT(MD5(CONCAT('public', seq)), 13, 1, '4'), 17, 1, '8')` },
  email: { type: 'varchar(100)', value: `CONCAT('customer.', seq, '@mail-', seq % 97, '.example.org')` },
  note: {
    type: 'text',
    value: `REPEAT(CONCAT('Order ', seq, ' of Renée: leave it next door, ring twice. ', MD5(CONCAT('note', seq)), ' '), ${notes})`,
  },
  amount: { type: 'decimal(12,2)', value: `(seq * 7919 % 10000000) / 100` },
  quantity: { type: 'int', value: `seq * 31 % 1000` },
  active: { type: 'boolean', value: `seq % 3 <> 0` },
  created_at: { type: 'datetime(6)', value: `TIMESTAMP'2025-01-01 00:00:00' + INTERVAL seq SECOND` },
  day: { type: 'date', value: `DATE'2025-01-01' + INTERVAL seq % 365 DAY` },
  updated_at: {
    type: 'datetime(6)',
    value: `TIMESTAMP'2025-01-01 00:00:00' + INTERVAL seq SECOND + INTERVAL seq * 7919 % 1000000 MICROSECOND`,
  },
});

function select(shape: Shape): readonly (readonly [string, Column])[] {
  const all = columns(sentences[shape]);
  return columnsOf[shape].map((name) => [name, all[name] as Column] as const);
}

function insert({ table, shape, from, to, stamp }: Rows): string {
  const values = select(shape).map(([name, { value }]) => (stamp === 'now' && name === 'updated_at' ? 'NOW(6)' : value));
  return `INSERT INTO ${table} SELECT ${values.join(', ')} FROM seq_${from}_to_${to}`;
}
