// CommonJS packages that are loaded late go through a module of ours: a bundler gives a chunk of CommonJS no named exports.
export { EnvHttpProxyAgent, fetch, request } from 'undici';
