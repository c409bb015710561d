import fs from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import zlib from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { UnreachableError, UsageError } from '../../../../src/errors.ts';
import { createAddressBook } from '../../../../src/platform/net/addresses.ts';
import { makeCertificates } from '../../../../src/platform/net/certificates.ts';
import { createHttpClient } from '../../../../src/platform/net/http.ts';
import { isLoopback } from '../../../../src/platform/net/service-url.ts';
import { type FakeAnswer, type FakeService, fakeService } from '../../../support/fake-service.ts';
import { createTestIo, makeTempDir } from '../../../support/io.ts';

const services: FakeService[] = [];
afterEach(async () => {
  for (const service of services.splice(0)) await service.close();
});

async function serve(answer: (count: number, url: string) => FakeAnswer): Promise<FakeService> {
  const service = await fakeService((request, count) => answer(count, request.url));
  services.push(service);
  return service;
}

const debug: string[] = [];
const client = (env: Record<string, string> = {}, caFile?: string) => {
  const io = createTestIo({ env });
  return createHttpClient(
    { ...io, sleep: async () => undefined },
    {
      caFile,
      debug: line => debug.push(line),
      addresses: createAddressBook(io, io.home),
      onSlow: () => undefined,
      onSeen: () => undefined,
    },
  );
};
const get = (url: string, more: object = {}) =>
  client().send({ service: 'the service', url, headers: { authorization: 'Bearer canary' }, ...more });

describe('http', () => {
  test.each([429, 502, 503, 504])('a GET is sent again after %i', async status => {
    const service = await serve(count => (count < 3 ? { status } : { json: 'ok' }));
    expect((await get(service.url)).status).toBe(200);
    expect(service.requests).toHaveLength(3);
  });

  test('and after a lost connection, three times at most', async () => {
    const service = await serve(() => ({ hangUp: true }));
    await expect(get(service.url)).rejects.toThrow(UnreachableError);
    expect(service.requests).toHaveLength(3);
  });

  test.each(['POST', 'PUT', 'DELETE'] as const)('a %s is never sent again', async method => {
    const service = await serve(() => ({ status: 503 }));
    expect((await get(service.url, { method, json: {} })).status).toBe(503);
    expect(service.requests).toHaveLength(1);
  });

  test('what a library sends is alike: GETs again, all else once', async () => {
    const service = await serve(count =>
      count === 1 ? { status: 503 } : count === 2 ? { hangUp: true } : { json: 1 },
    );
    const send = client().fetch('the service');
    expect((await send(service.url)).status).toBe(200);
    expect(service.requests).toHaveLength(3);
    const lost = await serve(() => ({ hangUp: true }));
    await expect(send(lost.url, { method: 'POST', body: 'x' })).rejects.toThrow(UnreachableError);
    expect(lost.requests).toHaveLength(1);
  });

  test('the whole call has a deadline', async () => {
    const service = await serve(() => ({ never: true }));
    await expect(get(service.url, { timeoutMs: 150 })).rejects.toThrow('cannot reach the service');
  });

  test('a redirect to another origin is refused and carries nothing there', async () => {
    const evil = await serve(() => ({ json: 1 }));
    const service = await serve(() => ({ status: 302, headers: { location: `${evil.url}/steal` } }));
    await expect(get(service.url)).rejects.toThrow('redirects to another origin');
    expect(evil.requests).toEqual([]);
  });

  test('a download follows it, without credentials', async () => {
    const cdn = await serve(() => ({ body: 'binary' }));
    const service = await serve(() => ({ status: 302, headers: { location: `${cdn.url}/file` } }));
    expect((await get(service.url, { redirects: 'any' })).body.toString()).toBe('binary');
    expect(cdn.requests[0]?.headers.authorization).toBeUndefined();
  });

  test('on its own origin a redirect is followed, but not in circles', async () => {
    const service = await serve((_count, url) =>
      url === '/end' ? { json: 'here' } : { status: 301, headers: { location: url === '/a' ? '/end' : '/loop' } },
    );
    expect((await get(`${service.url}/a`)).status).toBe(200);
    await expect(get(`${service.url}/loop`)).rejects.toThrow('too many redirects');
  });

  test.each(['gzip', 'deflate'] as const)('a body in %s is read, and capped after decompression', async encoding => {
    const pack = encoding === 'gzip' ? zlib.gzipSync : zlib.deflateSync;
    const service = await serve(() => ({
      headers: { 'content-encoding': encoding },
      body: pack(Buffer.alloc(1_000_000, 'x')),
    }));
    expect((await get(service.url)).body).toHaveLength(1_000_000);
    await expect(get(service.url, { maxBytes: 1000 })).rejects.toThrow('more than 1000 bytes');
  });

  test('plain http to another machine is refused before a name is looked up', async () => {
    await expect(get('http://registry.example.org/')).rejects.toThrow(UsageError);
    expect([
      isLoopback('127.0.0.1'),
      isLoopback('127.9.9.9'),
      isLoopback('[::1]'),
      isLoopback('localhost'),
      isLoopback('127.0.0.1.evil.org'),
      isLoopback('localhost.evil.org'),
    ]).toEqual([true, true, true, true, false, false]);
  });

  test('the log has neither credentials nor the values of a query', async () => {
    const service = await serve(() => ({ json: 1 }));
    debug.length = 0;
    await get(`${service.url}/path?code=canary&state=canary`);
    expect(debug.join('\n')).toMatch(/GET http:\/\/127\.0\.0\.1:\d+\/path\?code=…&state=… 200 \d+ ms/);
    expect(debug.join('\n')).not.toContain('canary');
  });

  test('tls.ca_file and SSL_CERT_FILE are trusted; without them a foreign CA is not', async () => {
    const certificates = await makeCertificates(new Date());
    const caFile = path.join(makeTempDir(), 'ca.pem');
    fs.writeFileSync(caFile, certificates.caCert);
    const server = https.createServer({ cert: certificates.serverCert, key: certificates.serverKey }, (_q, r) =>
      r.end('secure'),
    );
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const request = { service: 'the service', url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/` };
    try {
      expect((await client({}, caFile).send(request)).body.toString()).toBe('secure');
      expect((await client({ SSL_CERT_FILE: caFile }).send(request)).body.toString()).toBe('secure');
      await expect(client().send(request)).rejects.toThrow(/TLS failed/);
      await expect(client({}, '/nonexistent').send(request)).rejects.toThrow(UsageError);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
});
