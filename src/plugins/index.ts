/** The plugins that come with this program: one line each, loaded when it is run. */
import type { Plugin } from './plugin.ts';

export const PLUGINS: Readonly<Record<string, () => Promise<Plugin>>> = {
  logtail: async () => (await import('./logtail.ts')).logtailPlugin,
  tunnel: async () => (await import('./tunnel.ts')).tunnelPlugin,
  edit: async () => (await import('./edit.ts')).editPlugin,
  diffedit: async () => (await import('./diffedit.ts')).diffeditPlugin,
  delete: async () => (await import('./delete.ts')).deletePlugin,
  dashboard: async () => (await import('./dashboard.ts')).dashboardPlugin,
  traffic: async () => (await import('./traffic.ts')).trafficPlugin,
  'restart-pods': async () => (await import('./restart-pods.ts')).restartPodsPlugin,
  generate: async () => (await import('./generate.ts')).generatePlugin,
  init: async () => (await import('./init.ts')).initPlugin,
  encrypt: async () => (await import('./encrypt.ts')).encryptPlugin,
  decrypt: async () => (await import('./encrypt.ts')).decryptPlugin,
};
