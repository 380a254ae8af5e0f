import { globSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** Puts so many rows into the audit index of a ward, older than all of it: a list as long as years make it. */
export function fillIndex(folder: string, rows: number): void {
  const [file] = globSync(`${folder}/**/audit-index.db`);
  if (file === undefined) throw new Error('the ward has no audit index yet');
  const db = new DatabaseSync(file, { timeout: 10_000 });
  db.prepare(
    `WITH RECURSIVE made (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM made WHERE n < ?)
     INSERT INTO story SELECT -n, -n, time - n * 60000, ended, randomblob(32), device, type, action, tier,
       CASE n % 10 WHEN 0 THEN 'refused' ELSE 'applied' END, CASE n % 10 WHEN 0 THEN 'E_LIMIT' END, second, link, place,
       patient, NULL, people, 0, NULL, NULL, NULL
     FROM made, (SELECT * FROM story WHERE command IS NOT NULL ORDER BY id LIMIT 1)`,
  ).run(rows);
  db.close();
}
