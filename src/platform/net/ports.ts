/** Finds a free local port. */
import net from 'node:net';

/** Checks that a port is free; 0 finds any free port. Throws Node's error (EADDRINUSE, EACCES, EADDRNOTAVAIL) when it is not. */
export function freePort(address: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen({ host: address, port, exclusive: true }, () => {
      const bound = server.address();
      server.close(() => resolve(typeof bound === 'object' && bound !== null ? bound.port : port));
    });
  });
}
