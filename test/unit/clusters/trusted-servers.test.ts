import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  createTrustedServers,
  isTrusted,
  type ResourceServer,
  resourceServerIn,
  serverOfUrl,
} from '../../../src/clusters/trusted-servers.ts';
import { makeTempDir } from '../../support/io.ts';

const pem = (...names: string[]) =>
  Buffer.from(names.map(n => `-----BEGIN CERTIFICATE-----\n${n}\n-----END CERTIFICATE-----\n`).join('')).toString(
    'base64',
  );
const CA = pem('QQ==');
const KNOWN = { server: 'https://kube.example.org', certificateAuthorityData: CA };

const asked = (more: Partial<ResourceServer> = {}): ResourceServer => ({
  server: 'https://kube.example.org',
  servername: undefined,
  ca: CA,
  isInsecure: false,
  isProxied: false,
  ...more,
});

describe('is it that server?', () => {
  test.each<[string, Partial<ResourceServer>, boolean]>([
    ['as it is known', {}, true],
    ['a slash at its end', { server: 'https://kube.example.org/' }, true],
    ['another host', { server: 'https://evil.example.org' }, false],
    ['another port', { server: 'https://kube.example.org:8443' }, false],
    ['another scheme', { server: 'http://kube.example.org' }, false],
    ['another path', { server: 'https://kube.example.org/evil' }, false],
    ['a user in the URL', { server: 'https://a:b@kube.example.org' }, false],
    ['without verification', { isInsecure: true }, false],
    ['another CA', { ca: pem('Qg==') }, false],
    ["the system's roots", { ca: undefined }, false],
    ['a CA that cannot be told', { ca: 'unknown' }, false],
    ['one certificate more', { ca: pem('QQ==', 'Qg==') }, false],
    ['an address, under its name', { server: 'https://10.0.0.1', servername: 'kube.example.org' }, true],
    ['an address, under another name', { server: 'https://10.0.0.1', servername: 'evil.example.org' }, false],
    ['an address, under no name', { server: 'https://10.0.0.1' }, false],
    ['through a proxy, which sees TLS alone', { isProxied: true }, true],
    ['through a proxy, under its name', { isProxied: true, servername: 'kube.example.org' }, true],
    ['no URL', { server: 'nonsense' }, false],
  ])('%s: %j: %s', (_, more, expected) => {
    expect(isTrusted(asked(more), KNOWN)).toBe(expected);
  });

  test('a URL that the user names says nothing of its CA', () => {
    expect(isTrusted(serverOfUrl('https://kube.example.org'), KNOWN)).toBe(true);
    expect(isTrusted(serverOfUrl('https://evil.example.org'), KNOWN)).toBe(false);
  });
});

describe('the server of a cluster entry', () => {
  test('a CA beside another, or of another type, cannot be told', () => {
    const both = { server: 'https://x', 'certificate-authority-data': CA, 'certificate-authority': 'ca.pem' };
    expect(resourceServerIn(both, '/f')?.ca).toBe('unknown');
    expect(resourceServerIn({ server: 'https://x', 'certificate-authority-data': 1 })?.ca).toBe('unknown');
    expect(resourceServerIn({ server: 'https://x', 'insecure-skip-tls-verify': 'yes' })?.isInsecure).toBe(true);
    expect(resourceServerIn(undefined)).toBeUndefined();
  });

  test('a file is read beside its kubeconfig', () => {
    const dir = makeTempDir();
    fs.writeFileSync(path.join(dir, 'ca.pem'), Buffer.from(CA, 'base64'));
    const cluster = { server: 'https://x', 'certificate-authority': 'ca.pem' };
    expect(resourceServerIn(cluster, path.join(dir, 'config'))?.ca).toBe(CA);
    expect(resourceServerIn({ ...cluster, 'certificate-authority': 'gone.pem' }, path.join(dir, 'config'))?.ca).toBe(
      'unknown',
    );
  });
});

describe('servers that were noted', () => {
  const origin = { registry: 'https://registry', id: 'a:1:eu:kube' };

  test('are those of a client of an issuer', () => {
    const dir = makeTempDir();
    createTrustedServers(dir, 'https://id').note('client', KNOWN, origin);
    expect(createTrustedServers(dir, 'https://id').of('client')).toMatchObject([KNOWN]);
    expect(createTrustedServers(dir, 'https://id').of('other')).toEqual([]);
    expect(createTrustedServers(dir, 'https://evil').of('client')).toEqual([]);
  });

  test('count as long as the registry says so', () => {
    const servers = createTrustedServers(makeTempDir(), 'https://id');
    servers.note('client', KNOWN, origin);
    servers.correct('https://registry', undefined, () => 'same');
    expect(servers.of('client')).toHaveLength(1);
    servers.correct('https://elsewhere', undefined, () => 'no such record');
    expect(servers.of('client')).toHaveLength(1);
    servers.correct('https://registry', undefined, () => 'no such record');
    expect(servers.of('client')).toEqual([]);
  });

  test('that a user logged in to by URL stay, whatever a registry says', () => {
    const servers = createTrustedServers(makeTempDir(), 'https://id');
    servers.note('client', KNOWN, undefined);
    servers.correct('https://registry', undefined, () => 'other');
    expect(servers.of('client')).toHaveLength(1);
  });

  test('that a file said count for that state of the file', () => {
    const dir = makeTempDir();
    const file = path.join(dir, 'clusters.yaml');
    fs.writeFileSync(file, 'x');
    const { mtimeMs, size, ino } = fs.statSync(file);
    const servers = createTrustedServers(dir, 'https://id');
    servers.note('client', KNOWN, { registry: file, id: 'a', stamp: `${mtimeMs} ${size} ${ino}` });
    expect(servers.of('client')).toHaveLength(1);
    fs.writeFileSync(file, 'xy');
    expect(servers.of('client')).toEqual([]);
  });
});
