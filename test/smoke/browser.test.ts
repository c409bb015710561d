/** Logins in a real browser, where the machine has one. */
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { person, testSandbox } from '../support/sandbox.ts';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
if (executablePath === undefined)
  // biome-ignore lint/suspicious/noConsole: a skipped test says why
  console.warn(
    'skipped: the login in a real browser, as there is no Chromium on this machine (apt-get install chromium)',
  );

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await testSandbox();
});
afterAll(() => sandbox.close());

const launch = () =>
  chromium.launch({
    executablePath: executablePath ?? '',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });

test.skipIf(executablePath === undefined)('alice signs in on the page of the sandbox', async () => {
  const browser = await launch();
  try {
    const page = await browser.newPage();
    const alice = person(sandbox, 'alice');
    const { code, io } = await alice.runWith(
      {
        browser: async url => {
          await page.goto(url);
          await page.getByRole('button', { name: 'Alice Adler' }).click();
        },
      },
      'login',
      'foobarlab',
    );
    expect([code, io.opened.length]).toEqual([0, 1]);
    await page.getByRole('heading', { name: 'You are logged in' }).waitFor();
    expect(page.url()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback/);
  } finally {
    await browser.close();
  }
});

test.skipIf(executablePath === undefined)(
  '50 clusters: one tab, one sign-in, and a page that says how far it is',
  async () => {
    const fleet = await testSandbox({ clusters: 50 });
    const browser = await launch();
    try {
      const page = await browser.newPage();
      let pages = 0;
      page.on('response', response => {
        if (response.url().includes('/callback') && response.status() === 200) pages++;
      });
      const alice = person(fleet, 'alice');
      const { code, io } = await alice.runWith(
        {
          browser: async url => {
            await page.goto(url);
            await page.getByRole('button', { name: 'Alice Adler' }).click();
          },
        },
        'login',
        '--all',
      );
      expect([code, io.opened.length]).toEqual([0, 1]);
      expect(io.stderr.text).toContain('50 logged in');
      await page.getByRole('heading', { name: 'You are logged in' }).waitFor();
      // One after the platform's login, one after each cluster's.
      expect(pages).toBe(51);
      expect(browser.contexts().flatMap(context => context.pages())).toHaveLength(1);
    } finally {
      await browser.close();
      await fleet.close();
    }
  },
);
