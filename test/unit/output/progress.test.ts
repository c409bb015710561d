import { expect, test } from 'vitest';
import { Messages } from '../../../src/output/messages.ts';
import { createTestIo } from '../../support/io.ts';

test('a progress line is cleared before stdout is written on the same terminal', () => {
  const io = createTestIo({ tty: true });
  const messages = new Messages(io, { debug: false, color: 'never' });
  messages.progress('waiting');
  io.stdout.write('data\n');
  expect(io.stderr.text).toBe('\r\x1b[Kwaiting\r\x1b[K');
  io.stdout.write('more\n');
  expect(io.stderr.text).toBe('\r\x1b[Kwaiting\r\x1b[K');
});
