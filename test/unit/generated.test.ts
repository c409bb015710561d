import fs from 'node:fs';
import { expect, test } from 'vitest';
import { generatedFiles } from '../../scripts/generate/generate.ts';

test('what is made from the commands is up to date: npm run completions makes it', async () => {
  const files = await generatedFiles();
  expect(files.size).toBeGreaterThan(4);
  for (const [file, text] of files) {
    expect(fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : `there is no ${file}`).toBe(text);
  }
});

test('package.json names every manual page', () => {
  const { man } = JSON.parse(fs.readFileSync('package.json', 'utf8')) as { man: string[] };
  expect(man).toEqual(
    fs
      .readdirSync('docs/man')
      .sort()
      .map(file => `./docs/man/${file}`),
  );
});
