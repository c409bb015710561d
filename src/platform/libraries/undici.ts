// Lazily loaded CommonJS packages are re-exported by a module here, because the bundler gives a CommonJS chunk no named exports.
export { EnvHttpProxyAgent, fetch, request } from 'undici';
