import dgram from 'node:dgram';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { createAddressBook, socketLookup } from '../../../../src/platform/net/addresses.ts';
import { dnsError, firstToAnswer, lookupHost, textRecordsOf } from '../../../../src/platform/net/dns.ts';
import { makeTempDir } from '../../../support/io.ts';

const HOST = 'registry.example.org';
let time = Date.parse('2026-01-01T00:00:00Z');

function world(answers: Record<string, string[] | string>, dir = makeTempDir()) {
  const lookup = vi.fn(async (host: string) => {
    const answer = answers[host];
    if (Array.isArray(answer)) return answer;
    throw dnsError(answer ?? 'ENOTFOUND', host);
  });
  return { dir, lookup, book: createAddressBook({ now: () => new Date(time), lookup }, dir) };
}

/** A folder in which a host has been reached. */
async function seenAt(...addresses: string[]): Promise<string> {
  const { book, dir } = world({ [HOST]: addresses });
  await book.locate(HOST);
  book.confirm(HOST);
  return dir;
}

describe('addresses', () => {
  test('a name that resolves is not looked up elsewhere', async () => {
    const dir = await seenAt('192.0.2.1');
    expect(await world({ [HOST]: ['192.0.2.2', 'nonsense'] }, dir).book.locate(HOST)).toEqual({
      addresses: ['192.0.2.2'],
      seenAt: undefined,
    });
  });

  test.each(['ENOTFOUND', 'EAI_AGAIN', 'ETIMEOUT'])('after %s the host is where it was last reached', async code => {
    const dir = await seenAt('192.0.2.1', '2001:db8::1');
    expect(await world({ [HOST]: code }, dir).book.locate(HOST)).toEqual({
      addresses: ['192.0.2.1', '2001:db8::1'],
      seenAt: new Date(time),
    });
  });

  test('a host that was never reached is an error, as is one that was only looked up', async () => {
    const { book, dir } = world({ [HOST]: ['192.0.2.1'] });
    await book.locate(HOST);
    await expect(world({ [HOST]: 'EAI_AGAIN' }, dir).book.locate(HOST)).rejects.toMatchObject({ code: 'EAI_AGAIN' });
  });

  test('where no name server answers, hosts that are known are not asked for again for a while', async () => {
    const dir = await seenAt('192.0.2.1');
    await world({ [HOST]: 'ETIMEOUT' }, dir).book.locate(HOST);
    const again = world({ [HOST]: ['192.0.2.9'] }, dir);
    expect(await again.book.locate(HOST)).toMatchObject({ addresses: ['192.0.2.1'] });
    expect(again.lookup).not.toHaveBeenCalled();
    time += 21_000;
    const later = world({ [HOST]: ['192.0.2.9'] }, dir);
    expect(await later.book.locate(HOST)).toMatchObject({ addresses: ['192.0.2.9'] });
  });

  test('a long command asks again after a minute', async () => {
    const { book, lookup } = world({ [HOST]: ['192.0.2.1'] });
    await book.locate(HOST);
    await book.locate(HOST);
    expect(lookup).toHaveBeenCalledTimes(1);
    time += 61_000;
    await book.locate(HOST);
    expect(lookup).toHaveBeenCalledTimes(2);
  });

  test.each(['127.0.0.1', '::1', 'localhost', 'x.localhost'])('%s is not noted', async host => {
    const { book, dir } = world({ [host]: ['127.0.0.1'] });
    await book.locate(host);
    book.confirm(host);
    expect(fs.existsSync(path.join(dir, 'addresses'))).toBe(false);
  });

  test.each([
    '',
    '{',
    '\0',
    '{"host":"other","addresses":["192.0.2.1"],"seenAt":"2026-01-01T00:00:00Z"}',
    `{"host":"${HOST}","addresses":["x;rm"],"seenAt":"2026-01-01T00:00:00Z"}`,
    `{"host":"${HOST}","addresses":["192.0.2.1"],"seenAt":"soon"}`,
  ])('a damaged note counts as none: %j', async text => {
    const dir = await seenAt('192.0.2.1');
    const [name = ''] = fs.readdirSync(path.join(dir, 'addresses'));
    fs.writeFileSync(path.join(dir, 'addresses', name), text);
    expect(world({}, dir).book.seen(HOST)).toBeUndefined();
  });

  test('a cache that cannot be written is no error', async () => {
    const file = path.join(makeTempDir(), 'file');
    fs.writeFileSync(file, '');
    const { book } = world({ [HOST]: ['192.0.2.1'] }, file);
    await book.locate(HOST);
    expect(() => book.confirm(HOST)).not.toThrow();
  });
});

describe('sockets', () => {
  test('get one address or all, of the wanted family, and onSeen is told', async () => {
    const dir = await seenAt('2001:db8::1', '192.0.2.1');
    const onSeen = vi.fn();
    const lookup = socketLookup(world({}, dir).book, onSeen);
    const ask = (options: object) =>
      new Promise(resolve => lookup(HOST, options, (error, address, family) => resolve([error, address, family])));
    expect(await ask({ all: true })).toEqual([
      null,
      [
        { address: '2001:db8::1', family: 6 },
        { address: '192.0.2.1', family: 4 },
      ],
      undefined,
    ]);
    expect(await ask({ family: 4 })).toEqual([null, '192.0.2.1', 4]);
    expect(onSeen).toHaveBeenCalledWith(HOST, expect.objectContaining({ seenAt: expect.any(Date) }));
  });
});

describe('the system', () => {
  const refuse = () => Promise.reject(new Error('no child'));

  test('resolves localhost without asking a name server', async () => {
    expect(await lookupHost('localhost', refuse, 'linux')).toContain('127.0.0.1');
  });

  test('a name that nobody has is an error with a code', async () => {
    await expect(
      lookupHost('no-such-host.invalid', async () => ({ code: 2, signal: null, stdout: '', stderr: '' }), 'linux'),
    ).rejects.toMatchObject({ code: expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/) });
  });

  test.each([
    ['192.0.2.7 STREAM x\n192.0.2.7 DGRAM\n', ['192.0.2.7']],
    ['', undefined],
  ])('where no name server answers, a child asks that can be left: %j', async (stdout, addresses) => {
    const silent = dgram.createSocket('udp4');
    await new Promise<void>(resolve => silent.bind(0, '127.0.0.1', resolve));
    const spawn = vi.fn(async () => ({ code: 0, signal: null, stdout, stderr: '' }));
    const answer = lookupHost('kube-1.invalid', spawn, 'linux', [`127.0.0.1:${silent.address().port}`]);
    if (addresses) expect(await answer).toEqual(addresses);
    else await expect(answer).rejects.toMatchObject({ code: 'EAI_AGAIN' });
    silent.close();
    expect(spawn.mock.calls).toEqual([
      [
        '/usr/bin/getent',
        ['ahosts', '--', 'kube-1.invalid'],
        expect.objectContaining({ timeoutMs: expect.any(Number) }),
      ],
    ]);
  });

  test('TXT records of a name server; a silent one is an error', async () => {
    const server = dgram.createSocket('udp4');
    await new Promise<void>(resolve => server.bind(0, '127.0.0.1', resolve));
    const servers = [`127.0.0.1:${server.address().port}`];
    server.on('message', (query, peer) => {
      // The answer repeats the question; one TXT record of two strings (RFC 1035).
      const question = query.subarray(12, query.indexOf(0, 12) + 5);
      const head = Buffer.from([query[0] ?? 0, query[1] ?? 0, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
      const data = Buffer.from('\x04a=1 \x03b=2', 'latin1');
      const record = Buffer.from([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 9, 0, data.length]);
      server.send(Buffer.concat([head, question, record, data]), peer.port, peer.address);
    });
    expect(await textRecordsOf('x.example.org', servers)).toEqual(['a=1 b=2']);
    server.removeAllListeners('message');
    await expect(textRecordsOf('y.example.org', servers)).rejects.toMatchObject({ code: 'ETIMEOUT' });
    server.close();
  });

  test('of several addresses the first that answers; undefined when none does', async () => {
    const { default: net } = await import('node:net');
    const server = net.createServer(socket => socket.destroy());
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as import('node:net').AddressInfo;
    expect(await firstToAnswer(['127.0.0.2', '127.0.0.1'], port)).toBe('127.0.0.1');
    server.close();
    expect(await firstToAnswer(['127.0.0.2'], port)).toBeUndefined();
  });
});
