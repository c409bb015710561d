/** A fake Kubernetes API controlled by the test: pods, pod events and logs that break off. For behaviour that the sandbox never shows. */
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { makeTempDir } from './io.ts';

export interface FakeApi {
  readonly url: string;
  readonly env: Record<string, string>;
  readonly requests: string[];
  /** Sends an event to all watches of pods. */
  tell(type: 'ADDED' | 'MODIFIED' | 'DELETED', pod: object): void;
  close(): Promise<void>;
}

export interface FakeApiOptions {
  readonly pods?: readonly object[];
  /** Handles a request for a log. */
  readonly log?: (url: URL, response: http.ServerResponse, count: number) => void;
  /** Handles any other request first. Returns true when it has responded. */
  readonly handle?: (url: URL, response: http.ServerResponse, count: number) => boolean;
}

/** A pod with running containers. `containers` maps names to container IDs. */
export function podOf(name: string, containers: Record<string, string>, state: object = { running: {} }): object {
  return {
    spec: { nodeName: 'node-1' },
    metadata: {
      name,
      namespace: 'shop',
      labels: { app: 'a' },
      uid: `uid-${name}`,
      resourceVersion: String(Math.random()),
    },
    status: {
      containerStatuses: Object.entries(containers).map(([container, containerID]) => ({
        name: container,
        containerID,
        state,
      })),
    },
  };
}

export async function fakeApi(options: FakeApiOptions): Promise<FakeApi> {
  const watchers = new Set<http.ServerResponse>();
  const requests: string[] = [];
  const server = http.createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://api');
    requests.push(decodeURIComponent(`${url.pathname}${url.search}`));
    if (options.handle?.(url, response, requests.length)) return;
    if (url.pathname.endsWith('/log')) {
      response.writeHead(200, { 'content-type': 'text/plain' });
      options.log?.(url, response, requests.filter(r => r.startsWith(`${url.pathname}?`)).length);
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    if (url.searchParams.get('watch') === 'true') {
      response.flushHeaders();
      watchers.add(response);
      return;
    }
    response.end(
      JSON.stringify({
        kind: 'PodList',
        apiVersion: 'v1',
        metadata: { resourceVersion: '1' },
        items: options.pods ?? [],
      }),
    );
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const kubeconfig = path.join(makeTempDir(), 'config');
  fs.writeFileSync(
    kubeconfig,
    `apiVersion: v1
kind: Config
current-context: fake
contexts: [{name: fake, context: {cluster: fake, user: me, namespace: shop}}]
clusters: [{name: fake, cluster: {server: "http://127.0.0.1:${port}", insecure-skip-tls-verify: true}}]
users: [{name: me, user: {token: t}}]
`,
  );
  return {
    url: `http://127.0.0.1:${port}`,
    env: { KUBECONFIG: kubeconfig },
    requests,
    tell: (type, object) => {
      for (const watcher of watchers) watcher.write(`${JSON.stringify({ type, object })}\n`);
    },
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
