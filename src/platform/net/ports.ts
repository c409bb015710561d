/** Ports of this machine. */
import net from 'node:net';

/** The port, if it can be listened on, or with 0 any that can. Throws Node's error (EADDRINUSE, EACCES, EADDRNOTAVAIL) when it cannot. */
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
